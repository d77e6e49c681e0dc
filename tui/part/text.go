// Package part draws the small pieces of the screen: pure functions from values to
// text of a known width. Text that comes from outside must be clean (book.Clean)
// before it gets here.
package part

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"mkeaudit/tui/theme"
)

// Width is the number of cells that s takes, styles left out.
func Width(s string) int {
	if plain(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// Cut shortens s to at most width cells, with a sign where something was left out.
func Cut(t theme.Theme, s string, width int) string {
	if width <= 0 {
		return ""
	}
	if Width(s) <= width {
		return s
	}
	if plain(s) {
		return s[:width-1] + t.Cut()
	}
	return ansi.Truncate(s, width, t.Cut())
}

// Fit cuts or fills s to exactly width cells.
func Fit(t theme.Theme, s string, width int) string {
	s = Cut(t, s, width)
	return s + Blank(width-Width(s))
}

// Blank is that many blanks, none for a negative number.
func Blank(n int) string {
	if n <= 0 {
		return ""
	}
	if n < len(blanks) {
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

const blanks = "                                                                                                                                                                "

// Wrap breaks clean text into lines of at most width cells, at blanks where that is
// possible. It returns at least one line.
func Wrap(s string, width int) []string {
	if width < 1 {
		return []string{""}
	}
	if Width(s) <= width {
		return []string{s}
	}
	lines := strings.Split(ansi.Wrap(s, width, " /,"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
		if i > 0 {
			lines[i] = strings.TrimLeft(lines[i], " ")
		}
		if Width(lines[i]) > width { // a rune that is wider than the line
			lines[i] = ansi.Truncate(lines[i], width, "")
		}
	}
	return lines
}

// Between puts left and right at the two ends of a line of width cells. What does
// not fit is cut from the left part.
func Between(t theme.Theme, left, right string, width int) string {
	rw := Width(right)
	if rw+2 > width {
		return Fit(t, right, width)
	}
	return Fit(t, left, width-rw-1) + " " + right
}
