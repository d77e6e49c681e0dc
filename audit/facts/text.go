package facts

import (
	"strings"
	"unicode/utf8"
)

// mark stands before the two hexadecimal digits of a byte that is not UTF-8.
const mark = "\uFFFD"

// textOf turns bytes of the node (a file name, an argument) into valid UTF-8, so
// that a snapshot holds what was seen: a byte that is not UTF-8 becomes the
// replacement character and its two hexadecimal digits, and a replacement character
// that really stands there is doubled. bytesOf turns it back.
func textOf(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, mark) {
		return s
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			b.WriteString(mark)
			b.WriteByte(digits[s[i]>>4])
			b.WriteByte(digits[s[i]&15])
		case r == utf8.RuneError:
			b.WriteString(mark + mark)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// bytesOf is the reverse of textOf.
func bytesOf(s string) string {
	if !strings.Contains(s, mark) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if !strings.HasPrefix(s[i:], mark) {
			b.WriteByte(s[i])
			i++
			continue
		}
		rest := s[i+len(mark):]
		switch {
		case strings.HasPrefix(rest, mark):
			b.WriteString(mark)
			i += 2 * len(mark)
		case len(rest) >= 2 && hexDigit(rest[0]) >= 0 && hexDigit(rest[1]) >= 0:
			b.WriteByte(byte(hexDigit(rest[0])<<4 | hexDigit(rest[1])))
			i += len(mark) + 2
		default:
			b.WriteString(mark)
			i += len(mark)
		}
	}
	return b.String()
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
