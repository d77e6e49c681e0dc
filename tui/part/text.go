// Package part draws the small pieces of the screen: pure functions from values to
// text of a known width. Text that comes from outside must be clean (book.Clean)
// before it gets here.
package part

import (
	"strings"
	"unicode/utf8"

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

// Wrap breaks clean text into lines of at most width cells, at blanks; a word that
// is longer than a line is broken after a sign, or anywhere. It returns at least one
// line.
func Wrap(s string, width int) []string {
	if width < 1 {
		return []string{""}
	}
	if Width(s) <= width {
		return []string{s}
	}
	var lines []string
	line, used := "", 0
	for word := range strings.FieldsSeq(s) {
		w, fits := upTo(word, width)
		if used > 0 && fits && used+1+w <= width {
			line, used = line+" "+word, used+1+w
			continue
		}
		if used > 0 && (fits || used > width/2) {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 { // a long word starts on what is left of the line
			var first string
			if first, word = head(word, width-used-1); first != "" {
				line += " " + first
			}
			lines = append(lines, line)
			w, fits = upTo(word, width)
		}
		for !fits {
			var first string
			first, word = head(word, width)
			lines = append(lines, first)
			w, fits = upTo(word, width)
		}
		line, used = word, w
	}
	if used > 0 || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// cellBytes is the most bytes that a cell of clean text takes: a rune and its marks.
const cellBytes = 16

// upTo is the width of a word; fits is false where it is wider than width, which is
// found out without reading all of a long one.
func upTo(word string, width int) (w int, fits bool) {
	if len(word) > (width+1)*cellBytes {
		return 0, false
	}
	w = Width(word)
	return w, w <= width
}

// head splits a word that is wider than width: after the last sign that fits where
// there is one in its second half, else where the line ends. Of a single rune that
// is wider than the line nothing is left.
func head(word string, width int) (first, rest string) {
	if width < 1 {
		return "", word
	}
	start := word
	if len(start) > (width+1)*cellBytes {
		start = start[:(width+1)*cellBytes]
	}
	cut := min(width, len(word))
	if !plain(start) {
		cut = len(ansi.Truncate(start, width, ""))
	}
	if cut == 0 {
		_, n := utf8.DecodeRuneInString(word)
		return "", word[n:]
	}
	if i := strings.LastIndexAny(word[:cut], "/,.=_:;-"); i >= cut/3 {
		cut = i + 1
	}
	return word[:cut], word[cut:]
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
