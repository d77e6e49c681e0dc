package part

import (
	"strings"

	"mkeaudit/tui/theme"
)

// Bar is a progress bar of width cells, brackets included.
func Bar(t theme.Theme, done, of, width int) string {
	if width < 3 {
		return ""
	}
	inner := width - 2
	full := 0
	if of > 0 {
		full = min(max(done*inner/of, 0), inner)
	}
	return "[" + strings.Repeat(t.Full(), full) + strings.Repeat(t.Empty(), inner-full) + "]"
}
