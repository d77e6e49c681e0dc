package doc_test

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"mkeaudit/tui/book"
	"mkeaudit/tui/screen"
	"mkeaudit/tui/screen/doc"
	"mkeaudit/tui/theme"
)

var plain = theme.With(termenv.Ascii, false, false)

func press(t *testing.T, m doc.Model, keys string) (doc.Model, screen.Action) {
	t.Helper()
	var a screen.Action
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{k}}
		if k == ' ' {
			msg.Type = tea.KeySpace
		}
		m, a, _ = m.Update(msg)
	}
	return m, a
}

func listing(n int, drawn *int) book.Item {
	row := func(i int) string { *drawn++; return fmt.Sprintf("row %d", i) }
	return book.Item{Kind: book.Listing, N: n, Row: row, Full: row}
}

// A listing is folded, unfolds to all its rows, and only those that show are drawn.
func TestListing(t *testing.T) {
	drawn := 0
	m := doc.New(plain).Resize(40, 11).Focus(true).Show("k", "Title", []book.Item{listing(10_000, &drawn)}, 9)
	text := strings.Join(m.View(), "\n")
	if !strings.Contains(text, "row 5") || strings.Contains(text, "row 6") || !strings.Contains(text, "(9994 more of 10000: space unfolds)") {
		t.Errorf("folded:\n%s", text)
	}
	m, _ = press(t, m, " ")
	drawn = 0
	m, _ = press(t, m, "G")
	text = strings.Join(m.View(), "\n")
	if !strings.Contains(text, "row 9999") || !strings.Contains(text, "10000/10000") {
		t.Errorf("unfolded:\n%s", text)
	}
	if drawn > 10 {
		t.Errorf("%d rows were drawn for 10 lines", drawn)
	}
	_, a := press(t, m, "ky")
	if c, ok := a.(screen.Copy); !ok || c.Text != "row 9998" {
		t.Errorf("copied %+v", a)
	}
	m, _ = press(t, m, " ")
	if text := strings.Join(m.View(), "\n"); !strings.Contains(text, "more of 10000") {
		t.Errorf("folded again:\n%s", text)
	}
}

// A long value is folded and unfolds; a copy takes all of it.
func TestLongValue(t *testing.T) {
	value := strings.Repeat("plugin,", 500)
	items := []book.Item{{Kind: book.Field, Label: "Seen", Text: "--plugins = " + value, Copy: value}}
	m := doc.New(plain).Resize(50, 30).Focus(true).Show("k", "Title", items, 9)
	text := strings.Join(m.View(), "\n")
	if !strings.Contains(text, "more lines: space unfolds") {
		t.Errorf("folded:\n%s", text)
	}
	m, _ = press(t, m, " G")
	if text := strings.Join(m.View(), "\n"); strings.Contains(text, "space unfolds") || !strings.Contains(text, "/") {
		t.Errorf("unfolded:\n%s", text)
	}
	_, a := press(t, m, "y")
	if c, ok := a.(screen.Copy); !ok || c.Text != value || c.What != "Seen" {
		t.Errorf("copied %T", a)
	}
}

// The place in the text stays when the same thing is shown anew, and starts at the
// top for another.
func TestPlaceStays(t *testing.T) {
	items := func(n int) (all []book.Item) {
		for i := range n {
			all = append(all, book.Item{Kind: book.Para, Text: fmt.Sprintf("line %d", i)})
		}
		return all
	}
	m := doc.New(plain).Resize(40, 10).Focus(true).Show("a", "A", items(50), 9)
	m, _ = press(t, m, "G")
	m = m.Show("a", "A", items(50), 9)
	if text := strings.Join(m.View(), "\n"); !strings.Contains(text, "line 49") {
		t.Errorf("the place was lost:\n%s", text)
	}
	m = m.Show("a", "A", items(5), 9)
	if text := strings.Join(m.View(), "\n"); !strings.Contains(text, "line 4") {
		t.Errorf("nothing shows of a shorter text:\n%s", text)
	}
	m = m.Show("b", "B", items(50), 9)
	if text := strings.Join(m.View(), "\n"); !strings.Contains(text, "line 0") {
		t.Errorf("another text does not start at its top:\n%s", text)
	}
}

// A key that cannot act says why; an empty text does not break anything.
func TestReasons(t *testing.T) {
	m := doc.New(plain).Resize(40, 10).Focus(true)
	if _, a := press(t, m, "y"); a == nil {
		t.Error("y on nothing says nothing")
	}
	m, _ = press(t, m, " Gjk")
	if len(m.View()) != 10 {
		t.Error("an empty text is not drawn")
	}
	m = m.Show("k", "T", []book.Item{{Kind: book.Heading, Text: "H"}, {Kind: book.Field, Label: "L", Text: ""}}, 9)
	if _, a := press(t, m, " "); a == nil {
		t.Error("space on a line without fold says nothing")
	}
	if _, a := press(t, m, "jjy"); a != (screen.Say{Text: "there is nothing to copy on this line"}) {
		t.Errorf("y on an empty line: %+v", a)
	}
}

// FuzzShow: every line has its width, whatever the text and the size.
func FuzzShow(f *testing.F) {
	f.Add("label", "some text to be wrapped", 30, 5)
	f.Add("a very long label indeed", strings.Repeat("宽", 100), 7, 3)
	f.Fuzz(func(t *testing.T, label, text string, width, height int) {
		if width < 0 || height < 0 {
			return
		}
		width, height = width%200, height%60
		label, text = book.Clean(label), book.Clean(text)
		items := []book.Item{{Kind: book.Heading, Text: text}, {Kind: book.Para, Text: text}, {Kind: book.Field, Label: label, Text: text},
			{Kind: book.Block, Label: label, Lines: []string{text, ""}}, {Kind: book.Listing, N: 20, Row: func(int) string { return text }, Full: func(int) string { return text }}}
		m := doc.New(plain).Resize(width, height).Focus(true).Show("k", label, items, 9)
		for _, keys := range []string{"", "G", "kkk ", "g", "jjj"} {
			m, _ = press(t, m, keys)
			view := m.View()
			if len(view) != height {
				t.Fatalf("%d lines, want %d", len(view), height)
			}
			for _, l := range view {
				if w := ansi.StringWidth(l); width > 1 && w != width {
					t.Fatalf("%d cells, want %d: %q", w, width, l)
				}
			}
		}
	})
}
