package cli

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWrap(t *testing.T) {
	long := strings.Repeat("word ", 40)
	for name, tc := range map[string]struct{ text, indent, want string }{
		"empty":              {"", "  ", "\n"},
		"one line":           {"a  b", "  ", "  a b\n"},
		"lines are joined":   {"a\nb\n", "", "a b\n"},
		"paragraphs are not": {"a\n\nb", " ", " a\n\n b\n"},
		"examples stay":      {"do\n  kubectl  get\nnow", "> ", "> do\n>   kubectl  get\n> now\n"},
		"items stay":         {"- a\n- b\nc", "", "- a\n- b c\n"},
		"a long word":        {"a " + strings.Repeat("x", 100) + " b", "", "a\n" + strings.Repeat("x", 100) + "\nb\n"},
	} {
		if got := wrap(tc.text, tc.indent); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	for _, line := range strings.Split(wrap(long, "    "), "\n") {
		if n := utf8.RuneCountInString(line); n > textWidth {
			t.Errorf("%d characters: %q", n, line)
		}
	}
}
