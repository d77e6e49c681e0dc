package book

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks bounds the marks on one letter: more of them are not writing, and some
// terminals draw them over the lines above.
const maxMarks = 3

// Clean makes text from a node, a session or a backend fit for one line of the
// screen. What could drive a terminal or reorder its text goes: control characters,
// escape sequences, directions, joiners and everything else that is not printed;
// white space of any kind becomes a blank. What is left has the same width for every
// terminal that knows Unicode's widths.
func Clean(s string) string {
	if printable(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	marks := maxMarks // nothing to put a mark on yet
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == 0x1b {
			if n = escapeLen(s); n == 0 {
				break
			}
			s = s[n:]
			continue
		}
		s = s[n:]
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteRune(utf8.RuneError)
			marks = 0
		case unicode.IsSpace(r):
			b.WriteByte(' ')
			marks = maxMarks
		case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef, r == 0x034f, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0:
			// variation selectors and fillers: they change a width, or have none to see
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks < maxMarks {
				b.WriteRune(r)
				marks++
			}
		case r >= 0x1f3fb && r <= 0x1f3ff: // skin tones join the sign before them
		case r >= 0x1f1e6 && r <= 0x1f1ff: // letters that pair up to flags
			b.WriteRune('A' + r - 0x1f1e6)
			marks = 0
		case unicode.IsPrint(r):
			b.WriteRune(r)
			marks = 0
		}
	}
	return b.String()
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

// escapeLen is the length of the escape sequence that s begins with: the whole of
// a control sequence, and a string sequence with its payload where it is closed.
// One that is not closed loses only its introducer, so that hostile text cannot
// hide what follows it.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 1
	}
	switch s[1] {
	case '[':
		for i := 2; i < len(s); i++ {
			switch c := s[i]; {
			case c >= 0x40 && c <= 0x7e:
				return i + 1
			case c < 0x20 || c > 0x3f:
				return i
			}
		}
		return len(s)
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b {
				if i+1 < len(s) && s[i+1] == '\\' {
					return i + 2
				}
				return 2
			}
		}
		return 2
	}
	return 1
}
