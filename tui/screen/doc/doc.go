// Package doc shows a description line by line: the pane of a control, a section,
// the help. Only the lines that show are drawn, so a listing of ten thousand rows
// costs no more than one of ten.
package doc

import (
	"fmt"
	"sort"
	"unicode/utf8"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
	"mkeaudit/tui/screen"
	"mkeaudit/tui/theme"
)

const (
	foldedLines = 8   // a longer value is folded to this many lines
	foldedRows  = 6   // a longer listing is folded to this many rows
	maxValue    = 256 // KiB of one value that are laid out; a copy takes all of it
)

// Model is a viewer.
type Model struct {
	theme  theme.Theme
	keys   keyMap
	width  int
	height int
	focus  bool

	key    string // what is shown
	title  string
	items  []book.Item
	labels int // width of the column of labels
	open   map[int]bool
	blocks []block
	starts []int // first line of each block
	total  int
	win    part.Window
}

var _ screen.Screen[Model] = Model{}

// block is an item laid out for a width.
type block struct {
	item  int
	lines []drawn
	rows  int // lines that a listing draws on demand, after lines
}

type drawn struct {
	label string
	text  string
	ink   theme.Ink
	full  bool // text takes the whole width; there is no column of labels
}

// New makes an empty viewer.
func New(t theme.Theme) Model { return Model{theme: t, keys: newKeys()} }

// Resize tells how much room there is.
func (m Model) Resize(width, height int) Model {
	changed := width != m.width
	m.width, m.height = width, height
	if changed {
		return m.lay()
	}
	m.win = m.win.In(m.total, m.room())
	return m
}

// room is how many lines of the description show: one is for the title.
func (m Model) room() int { return m.height - 1 }

// Focus says whether keys go here.
func (m Model) Focus(on bool) Model {
	m.focus = on
	return m
}

// Typing is false: nothing is typed here.
func (m Model) Typing() bool { return false }

// Keys lists the bindings.
func (m Model) Keys() []key.Binding { return m.keys.all() }

// Show shows items under a title. For the same key the place in the text stays.
func (m Model) Show(key, title string, items []book.Item, labels int) Model {
	if key != m.key {
		m.win, m.open = part.Window{}, map[int]bool{}
	}
	m.key, m.title, m.items, m.labels = key, title, items, labels
	return m.lay()
}

// lay breaks the items into lines.
func (m Model) lay() Model {
	m.blocks, m.starts, m.total = nil, nil, 0
	if m.width < 1 {
		return m
	}
	for i := range m.items {
		b := m.block(i)
		m.starts = append(m.starts, m.total)
		m.blocks = append(m.blocks, b)
		m.total += len(b.lines) + b.rows
	}
	m.win = m.win.In(m.total, m.room())
	return m
}

func (m Model) block(i int) block {
	it := m.items[i]
	b := block{item: i}
	ink := m.theme.Tone(it.Tone)
	switch it.Kind {
	case book.Heading:
		if i > 0 {
			b.lines = append(b.lines, drawn{full: true})
		}
		b.lines = append(b.lines, drawn{text: it.Text, ink: m.theme.Title, full: true})
	case book.Para:
		for _, l := range part.Wrap(bounded(it.Text), m.inner()) {
			b.lines = append(b.lines, drawn{text: l, ink: ink, full: true})
		}
	case book.Field:
		b.lines = m.fieldLines(i, it, ink)
	case book.Block:
		b.lines = m.blockLines(it, ink)
	case book.Listing:
		b.rows = it.N
		if it.N > foldedRows+1 && !m.open[i] {
			b.rows = foldedRows + 1 // the last line says how many more there are
		}
	}
	return b
}

// inner is the width of running text: one cell is kept free on the left for the
// pointer, and one on the right.
func (m Model) inner() int { return max(m.width-2, 1) }

func (m Model) fieldLines(i int, it book.Item, ink theme.Ink) []drawn {
	label, text := m.fieldText(it)
	width := max(m.inner()-m.labels, 1)
	all := bounded(text)
	if !m.open[i] {
		all = upTo(all, (foldedLines+2)*width*4) // more than folds away: the rest need not be laid out
	}
	lines := part.Wrap(all, width)
	more := 0
	if len(lines) > foldedLines+1 && !m.open[i] {
		more = max(part.Width(text)/width-foldedLines, len(lines)-foldedLines)
		lines = lines[:foldedLines]
	}
	out := make([]drawn, 0, len(lines)+1)
	for n, l := range lines {
		d := drawn{text: l, ink: ink}
		if n == 0 {
			d.label = label
		}
		out = append(out, d)
	}
	if more > 0 {
		out = append(out, drawn{text: fmt.Sprintf("(about %d more lines: space unfolds)", more), ink: m.theme.Tone(book.Dim)})
	}
	return out
}

// fieldText is the label and the text of a field; a long label stands in the text.
func (m Model) fieldText(it book.Item) (label, text string) {
	if part.Width(it.Label) > m.labels-1 {
		return "", it.Label + ": " + it.Text
	}
	return it.Label, it.Text
}

func (m Model) blockLines(it book.Item, ink theme.Ink) []drawn {
	var out []drawn
	for n, l := range it.Lines {
		d := drawn{ink: ink}
		if n == 0 {
			d.label = it.Label
		}
		for k, w := range part.Wrap(l, max(m.inner()-m.labels, 1)) {
			d.text = w
			if k > 0 {
				d.label = ""
			}
			out = append(out, d)
		}
	}
	return out
}

func bounded(s string) string { return upTo(s, maxValue<<10) }

// upTo is the start of s, of at most n bytes, without half a rune at its end.
func upTo(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// at finds the block of a line, and the line's place in it.
func (m Model) at(line int) (b, n int) {
	b = sort.Search(len(m.starts), func(i int) bool { return m.starts[i] > line }) - 1
	return b, line - m.starts[b]
}

// Update takes a key.
func (m Model) Update(msg tea.Msg) (Model, screen.Action, tea.Cmd) {
	k, ok := msg.(tea.KeyMsg)
	if !ok {
		return m, nil, nil
	}
	if win, moved := m.keys.Cursor(k, m.win, m.total, m.room()); moved {
		m.win = win
		return m, nil, nil
	}
	switch {
	case key.Matches(k, m.keys.Fold):
		return m.folded()
	case key.Matches(k, m.keys.Copy):
		return m.copied()
	case key.Matches(k, m.keys.Next):
		return m, screen.Step{By: 1}, nil
	case key.Matches(k, m.keys.Prev):
		return m, screen.Step{By: -1}, nil
	case key.Matches(k, m.keys.Leave):
		return m, screen.Back{}, nil
	}
	return m, nil, nil
}

// Scroll moves the text while the keys go elsewhere.
func (m Model) Scroll(by int) Model {
	m.win = m.win.Scroll(by, m.total, m.room())
	return m
}

func (m Model) folded() (Model, screen.Action, tea.Cmd) {
	if m.total == 0 {
		return m, nil, nil
	}
	b, _ := m.at(m.win.Cursor)
	i := m.blocks[b].item
	if !m.folds(i) {
		return m, screen.Say{Text: "this line has nothing to unfold"}, nil
	}
	open := make(map[int]bool, len(m.open)+1)
	for k, v := range m.open {
		open[k] = v
	}
	open[i] = !open[i]
	m.open = open
	m = m.lay()
	if !open[i] {
		m.win.Cursor = m.starts[b]
		m.win = m.win.In(m.total, m.room())
	}
	return m, screen.Say{}, nil // done, and nothing to say
}

// folds reports whether an item is longer than it is shown folded.
func (m Model) folds(i int) bool {
	switch it := m.items[i]; it.Kind {
	case book.Listing:
		return it.N > foldedRows+1
	case book.Field:
		_, text := m.fieldText(it)
		width := max(m.inner()-m.labels, 1)
		return len(part.Wrap(upTo(bounded(text), (foldedLines+2)*width*4), width)) > foldedLines+1
	}
	return false
}

func (m Model) copied() (Model, screen.Action, tea.Cmd) {
	if m.total == 0 {
		return m, screen.Say{Text: "there is nothing to copy"}, nil
	}
	b, n := m.at(m.win.Cursor)
	it := m.items[m.blocks[b].item]
	text, what := it.Copy, it.Label
	switch {
	case it.Kind == book.Listing:
		text, what = it.Full(min(n, it.N-1)), "the row"
	case text == "":
		text = it.Text
	}
	if what == "" {
		what = "the text"
	}
	if text == "" {
		return m, screen.Say{Text: "there is nothing to copy on this line"}, nil
	}
	return m, screen.Copy{Text: text, What: what}, nil
}
