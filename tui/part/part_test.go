package part_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
	"mkeaudit/tui/theme"
)

var (
	ascii = theme.With(termenv.Ascii, false, true)
	plain = theme.With(termenv.Ascii, false, false)
)

func TestWrap(t *testing.T) {
	tests := []struct {
		in    string
		width int
		want  string
	}{
		{"", 5, ""},
		{"one two", 7, "one two"},
		{"one two three", 7, "one two|three"},
		{"one  two", 4, "one|two"},
		{"a verylongword b", 6, "a very|longwo|rd b"},
		{"--enable=NodeRestriction,PodSecurity", 20, "--enable=|NodeRestriction,|PodSecurity"},
		{"/var/lib/docker/volumes/x", 12, "/var/lib/|docker/|volumes/x"},
		{"宽宽宽", 4, "宽宽|宽"},
		{"宽", 1, ""},
		{"x", 0, ""},
	}
	for _, tt := range tests {
		if got := strings.Join(part.Wrap(tt.in, tt.width), "|"); got != tt.want {
			t.Errorf("Wrap(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
}

// FuzzWrap: no line is wider than it may be, and no letter is lost where each fits.
func FuzzWrap(f *testing.F) {
	f.Add("one two three", 5)
	f.Add("宽宽宽 e\u0301 abc/def", 3)
	f.Add(strings.Repeat("a", 300)+" b", 7)
	f.Fuzz(func(t *testing.T, s string, width int) {
		width %= 200
		s = book.Clean(s)
		lines := part.Wrap(s, width)
		if len(lines) == 0 {
			t.Fatal("no line")
		}
		for _, l := range lines {
			if w := ansi.StringWidth(l); w > max(width, 0) {
				t.Errorf("Wrap(%q, %d) has a line of %d cells: %q", s, width, w, l)
			}
		}
		if width < 4 {
			return
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got, want := squeeze(strings.Join(lines, "")), squeeze(s); got != want {
			t.Errorf("Wrap(%q, %d) lost something: %q", s, width, got)
		}
	})
}

// FuzzFit: what is fitted is exactly as wide as asked.
func FuzzFit(f *testing.F) {
	f.Add("abc", 2)
	f.Add("宽宽", 3)
	f.Fuzz(func(t *testing.T, s string, width int) {
		width %= 300
		s = book.Clean(s)
		for _, th := range []theme.Theme{plain, ascii} {
			if w := ansi.StringWidth(part.Fit(th, s, width)); w != max(width, 0) {
				t.Errorf("Fit(%q, %d) is %d wide", s, width, w)
			}
			if w := ansi.StringWidth(part.Between(th, s, "right", width)); width > 0 && w != width {
				t.Errorf("Between(%q, %d) is %d wide", s, width, w)
			}
		}
	})
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		in    string
		width int
		want  string
	}{{"abcdef", 4, "abc…"}, {"abc", 3, "abc"}, {"abc", 0, ""}, {"abc", -1, ""}, {"abc", 1, "…"}, {"宽宽宽", 4, "宽…"}} {
		if got := part.Cut(plain, tt.in, tt.width); got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
	if got := part.Cut(ascii, "abcdef", 4); got != "abc~" {
		t.Errorf("in ASCII: %q", got)
	}
}

func TestBar(t *testing.T) {
	for _, tt := range []struct {
		done, of, width int
		want            string
	}{{0, 10, 12, "[----------]"}, {5, 10, 12, "[#####-----]"}, {10, 10, 12, "[##########]"}, {20, 10, 7, "[#####]"}, {-1, 10, 5, "[---]"}, {1, 0, 5, "[---]"}, {1, 1, 2, ""}} {
		if got := part.Bar(ascii, tt.done, tt.of, tt.width); got != tt.want {
			t.Errorf("Bar(%d, %d, %d) = %q, want %q", tt.done, tt.of, tt.width, got, tt.want)
		}
	}
}

// The cursor of a window is always inside the list and in view.
func TestWindow(t *testing.T) {
	for n := range 8 {
		for height := range 6 {
			for cursor := -2; cursor < 10; cursor++ {
				for top := -2; top < 10; top++ {
					w := part.Window{Cursor: cursor, Top: top}.In(n, height)
					if w.Cursor < 0 || w.Cursor > max(n-1, 0) || w.Top < 0 || w.Top > w.Cursor || height > 0 && w.Cursor >= w.Top+height {
						t.Fatalf("n %d, height %d: %+v", n, height, w)
					}
					if height > 0 && w.Top+height > n && w.Top > 0 && n >= height {
						t.Fatalf("n %d, height %d: room is left below: %+v", n, height, w)
					}
				}
			}
		}
	}
	if got := (part.Window{Cursor: 4}).Position(10); got != "5/10" {
		t.Error(got)
	}
	if got := (part.Window{}).Position(0); got != "0/0" {
		t.Error(got)
	}
}
