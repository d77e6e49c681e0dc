package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
	"mkeaudit/tui/screen"
	"mkeaudit/tui/screen/review"
)

// helpItems lists every key, from the bindings themselves, and the words and signs
// of the screen.
func (m Model) helpItems() []book.Item {
	var items []book.Item
	heading := func(s string) { items = append(items, book.Item{Kind: book.Heading, Text: s}) }
	list := func(keys []key.Binding) {
		for _, k := range keys {
			items = append(items, book.Item{Kind: book.Field, Label: k.Help().Key, Text: k.Help().Desc})
		}
	}
	moves := len(screen.Moves().Keys())
	heading("Everywhere but in the form")
	list(m.keys.all())
	heading("Moving, in every list")
	list(screen.Moves().Keys())
	heading("In the tree")
	list(m.tree.Keys()[moves:])
	heading("In the pane")
	list(m.pane.Keys()[moves:])
	heading("In the filter")
	list(m.filter.Keys()[moves:])
	heading("In the review form")
	list(review.New(m.theme, book.Row{}, "", m.rules, m.book.Now).Keys())
	heading("Words and signs")
	for _, w := range words {
		items = append(items, book.Item{Kind: book.Field, Label: w[0], Text: w[1]})
	}
	return items
}

var words = [][2]string{
	{"ok", "pass: the machine found what the control asks for"},
	{"FAIL", "fail: it did not"},
	{"man", "manual: the evidence is computed, a person must judge it (a opens the form)"},
	{"?", "unknown: it could not be determined; the pane says what it would take"},
	{"n/a", "does not apply here, with the reason; left out of the counts"},
	{"...", "being audited"},
	{"REGR", "regression: the vendor published pass, and it fails here"},
	{"known", "known exception: the vendor published fail, and it fails here"},
	{"harder", "hardened: the vendor published fail, and it passes here"},
	{"as published", "the vendor published pass, and it passes here (where there is room)"},
	{"unpublished", "the vendor published nothing"},
	{"rev ok, rev FAI", "a current review says pass, fail or (rev n/a) not applicable"},
	{"stale", "the evidence or the control changed since the review; it counts as none"},
	{"expired", "the review's date has passed; it counts as none"},
	{"*", "a re-run changed it: before and after stand in the pane"},
	{"27/31", "in order (passed, or reviewed as pass) of those that apply"},
	{"!2", "two controls under this heading need a person"},
}

// moves reports whether a key moves a cursor: then it needs no answer.
func (m Model) moves(k tea.KeyMsg) (part.Window, bool) {
	return screen.Moves().Cursor(k, part.Window{}, 1, 1)
}
