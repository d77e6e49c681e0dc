package facts

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text of the node or the cluster safe to show: every character that
// could drive a terminal or deceive a reader is written out, "\x1b" or "\u202e".
// That is the control characters (C0, DEL, C1), bidirectional controls, invisible
// and other format characters, line and paragraph separators, and bytes that are
// not UTF-8. A backslash stays as it is: the result is for eyes, not for parsers.
func Clean(s string) string {
	i := 0
	for i < len(s) && s[i] >= 0x20 && s[i] < 0x7f {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r < 0x100 && unsafeRune(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000 && unsafeRune(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		case unsafeRune(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// unsafeRune reports whether a character is not shown as itself. Source: the
// Unicode categories Cc, Cf, Cs, Co, Zl and Zp, the variation selectors and fillers
// that take no room, and characters that no version of Unicode assigns.
func unsafeRune(r rune) bool {
	switch {
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Zl, unicode.Zp):
		return true
	case unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return true
	}
	return r > 0xff && !unicode.IsGraphic(r)
}

// hidden reports whether a character must stand escaped in a snapshot: it would
// show, or turn around, something else than what is there.
func hidden(r rune) bool { return r >= 0x7f && unsafeRune(r) }
