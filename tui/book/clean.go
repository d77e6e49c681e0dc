package book

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"mkeaudit/audit/facts"
)

// maxMarks bounds the marks on one letter: more of them are not writing, and some
// terminals draw them over the lines above.
const maxMarks = 3

// Clean makes text from a node, a session or a backend fit for one line of the
// screen. What could drive a terminal or deceive a reader is written out
// (facts.Clean); what terminals give different widths is replaced by what they
// agree on, so that a line is as wide as it is counted.
func Clean(s string) string {
	if printable(s) {
		return s
	}
	s = facts.Clean(s)
	if printable(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	marks := maxMarks // there is no letter yet to put a mark on
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks == maxMarks {
				continue
			}
			marks++
			b.WriteRune(r)
			continue
		case unicode.IsSpace(r):
			b.WriteByte(' ')
			marks = maxMarks
			continue
		case r >= 0x1f3fb && r <= 0x1f3ff: // skin tones: one sign with the sign before them, or a sign of their own
			continue
		case r >= 0x1f1e6 && r <= 0x1f1ff: // letters that pair up to flags
			r = 'A' + r - 0x1f1e6
		}
		b.WriteRune(r)
		marks = 0
	}
	return b.String()
}

// maxLine bounds what one line of the screen is made of, in bytes: no terminal is
// as wide as that, and cleaning takes time.
const maxLine = 1024

// Line is Clean for text of which one line shows at most.
func Line(s string) string {
	if len(s) > maxLine {
		n := maxLine
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return Clean(s)
}

// CleanLines cleans text of several lines and keeps the lines.
func CleanLines(s string) []string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = Clean(strings.ReplaceAll(l, "\t", "    "))
	}
	return lines
}

func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
