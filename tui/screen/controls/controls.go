// Package controls is the tree: the controls by section, by theme or as the queue,
// with counts, incremental search and a line that says what is filtered.
package controls

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"mkeaudit/catalog"
	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
	"mkeaudit/tui/screen"
	"mkeaudit/tui/screen/edit"
	"mkeaudit/tui/theme"
)

// maxSearch bounds the search text, in runes.
const maxSearch = 200

// Model is the tree.
type Model struct {
	book   *book.Book
	theme  theme.Theme
	keys   keyMap
	width  int
	height int
	focus  bool

	order   book.Order
	filter  book.Filter
	showOff bool // show the controls about other kinds of node

	groups []book.Group
	lines  []line
	off    int // controls that are hidden because they are about another kind of node
	passed int // controls that the filter lets through
	folded map[string]bool
	win    part.Window

	searching bool
	input     edit.Model
}

var _ screen.Screen[Model] = Model{}

// line is one line of the tree.
type line struct {
	kind  lineKind
	group int // index of the heading, also of a row
	row   *book.Row
}

type lineKind uint8

const (
	heading lineKind = iota
	control
	offNode // stands for the controls about other kinds of node
)

// New makes the tree.
func New(b *book.Book, t theme.Theme) Model {
	m := Model{book: b, theme: t, keys: newKeys(), focus: true, folded: map[string]bool{}, input: edit.New(maxSearch, false).Focus(true)}
	return m.Refresh()
}

// Resize tells how much room there is.
func (m Model) Resize(width, height int) Model {
	m.width, m.height = width, height
	m.input = m.input.Resize(max(width-14, 4), 1)
	m.win = m.win.In(len(m.lines), m.room())
	return m
}

// room is how many lines of the tree show.
func (m Model) room() int { return m.height - m.pinned() }

// pinned is how many lines stand above the tree.
func (m Model) pinned() int {
	if m.searching || m.filter.Active() || m.order != book.BySection {
		return 1
	}
	return 0
}

// Focus says whether keys go to the tree.
func (m Model) Focus(on bool) Model {
	m.focus = on
	return m
}

// Typing reports that the search text is being typed.
func (m Model) Typing() bool { return m.searching }

// Filter is what is let through.
func (m Model) Filter() book.Filter { return m.filter }

// Order is how the tree is read.
func (m Model) Order() book.Order { return m.order }

// Passed is how many controls the filter lets through.
func (m Model) Passed() int { return m.passed }

// WithFilter sets the filter.
func (m Model) WithFilter(f book.Filter) Model {
	m.filter = f
	if !m.searching {
		m.input = m.input.Set(f.Search)
	}
	return m.Refresh()
}

// WithOrder sets how the tree is read.
func (m Model) WithOrder(o book.Order) Model {
	m.order = o
	return m.Refresh()
}

// Refresh takes in what changed in the book. The cursor stays on what it was on.
func (m Model) Refresh() Model {
	at := m.here()
	m.groups, m.off = m.book.Groups(m.order, m.filter, !m.showOff)
	m.lines = m.lines[:0:0]
	m.passed = m.off
	closed := map[string]bool{}
	for i, g := range m.groups {
		m.passed += len(g.Rows)
		if g.Parent != "" && closed[g.Parent] {
			closed[g.Key] = true
			continue
		}
		if g.Shown == 0 && (m.filter.Active() || m.order == book.ByNeed || g.Tally.Of > 0) {
			continue // nothing is let through, or all of it is about another kind of node
		}
		m.lines = append(m.lines, line{kind: heading, group: i})
		if !m.open(g) {
			closed[g.Key] = true
			continue
		}
		for _, r := range g.Rows {
			m.lines = append(m.lines, line{kind: control, group: i, row: r})
		}
	}
	if m.off > 0 || m.showOff && m.book.Total().Off > 0 {
		m.lines = append(m.lines, line{kind: offNode})
	}
	if i, ok := m.find(at); ok {
		m.win.Cursor = i
	}
	m.win = m.win.In(len(m.lines), m.room())
	return m
}

// open reports whether a heading shows what is under it. Chapters are open and
// sections closed until somebody says otherwise; with a filter everything is open.
func (m Model) open(g book.Group) bool {
	def := m.filter.Active() || g.Tally.Of > 0 && g.Shown > len(g.Rows) || m.order == book.ByNeed && g.Key != nothing
	return def != m.folded[m.foldKey(g)]
}

// nothing is the key of the group that needs nobody.
var nothing = book.NeedKey(book.NeedNothing)

// foldKey tells folding with a filter from folding without.
func (m Model) foldKey(g book.Group) string {
	if m.filter.Active() {
		return "/" + g.Key
	}
	return g.Key
}

// fold opens or closes a heading.
func (m Model) fold(g book.Group, open bool) Model {
	if m.open(g) == open {
		return m
	}
	folded := make(map[string]bool, len(m.folded)+1)
	for k, v := range m.folded {
		folded[k] = v
	}
	k := m.foldKey(g)
	folded[k] = !folded[k]
	m.folded = folded
	return m.Refresh()
}

// foldAll opens or closes every heading that holds controls itself.
func (m Model) foldAll(open bool) Model {
	for _, g := range m.groups {
		if g.Depth > 0 || g.Parent == "" && g.Shown == len(g.Rows) {
			m = m.fold(g, open)
		}
	}
	return m
}

// place names a line so that it is found again after a change.
type place struct {
	kind lineKind
	key  string
}

func (m Model) here() place {
	if m.win.Cursor >= len(m.lines) {
		return place{}
	}
	return m.place(m.lines[m.win.Cursor])
}

func (m Model) place(l line) place {
	switch l.kind {
	case control:
		return place{control, string(l.row.Control.ID)}
	case heading:
		return place{heading, m.groups[l.group].Key}
	}
	return place{kind: offNode}
}

func (m Model) find(p place) (int, bool) {
	for i, l := range m.lines {
		if m.place(l) == p {
			return i, true
		}
	}
	return 0, false
}

// Selected returns the control under the cursor, or else the group; both are nil
// on the line that stands for other nodes' controls.
func (m Model) Selected() (*book.Row, *book.Group) {
	if m.win.Cursor >= len(m.lines) {
		return nil, nil
	}
	switch l := m.lines[m.win.Cursor]; l.kind {
	case control:
		return l.row, nil
	case heading:
		return nil, &m.groups[l.group]
	}
	return nil, nil
}

// OnOffNode reports that the cursor is on the line that stands for the controls
// about other kinds of node, and how many they are.
func (m Model) OnOffNode() (int, bool) {
	if m.win.Cursor < len(m.lines) && m.lines[m.win.Cursor].kind == offNode {
		return m.book.Total().Off, true
	}
	return 0, false
}

// Around returns the ids of the group in which the cursor is: what R re-runs.
func (m Model) Around() (title string, ids []catalog.ID) {
	if m.win.Cursor >= len(m.lines) || m.lines[m.win.Cursor].kind == offNode {
		return "", nil
	}
	g := m.groups[m.lines[m.win.Cursor].group]
	for _, x := range m.groups {
		if x.Key == g.Key || x.Parent == g.Key {
			for _, r := range x.Rows {
				ids = append(ids, r.Control.ID)
			}
		}
	}
	title = g.Title
	if g.ID != "" {
		title = g.ID + " " + title
	}
	return title, ids
}

// Step moves to the next or the previous control, over headings, opening what is
// closed.
func (m Model) Step(by int) (Model, bool) {
	for i := m.win.Cursor + by; i >= 0 && i < len(m.lines); i += by {
		if l := m.lines[i]; l.kind == heading && by > 0 && !m.open(m.groups[l.group]) && m.groups[l.group].Shown > 0 {
			m = m.fold(m.groups[l.group], true)
			i = m.indexOf(l.group)
			continue
		}
		if m.lines[i].kind == control {
			m.win.Cursor = i
			m.win = m.win.In(len(m.lines), m.room())
			return m, true
		}
	}
	return m, false
}

func (m Model) indexOf(group int) int {
	for i, l := range m.lines {
		if l.kind == heading && l.group == group {
			return i
		}
	}
	return 0
}

// Keys lists the bindings.
func (m Model) Keys() []key.Binding { return m.keys.all() }

// StartSearch opens the search line.
func (m Model) StartSearch() Model {
	m.searching = true
	m.input = m.input.Set(m.filter.Search)
	return m.Refresh()
}

// Update takes a key.
func (m Model) Update(msg tea.Msg) (Model, screen.Action, tea.Cmd) {
	k, ok := msg.(tea.KeyMsg)
	if !ok {
		return m, nil, nil
	}
	if m.searching {
		return m.typed(k)
	}
	if win, moved := m.keys.Cursor(k, m.win, len(m.lines), m.room()); moved {
		m.win = win
		return m, screen.Select{}, nil
	}
	row, group := m.Selected()
	switch {
	case key.Matches(k, m.keys.Open):
		return m.opened(row, group)
	case key.Matches(k, m.keys.Close):
		return m.shut(row, group)
	case key.Matches(k, m.keys.OpenAll):
		return m.foldAll(true), screen.Select{}, nil
	case key.Matches(k, m.keys.CloseAll):
		return m.foldAll(false), screen.Select{}, nil
	case key.Matches(k, m.keys.Others):
		if m.book.Total().Off == 0 {
			return m, screen.Say{Text: "no control here is about another kind of node"}, nil
		}
		m.showOff = !m.showOff
		return m.Refresh(), screen.Select{}, nil
	case key.Matches(k, m.keys.Copy):
		return m.copied(row, group)
	}
	return m, nil, nil
}

func (m Model) opened(row *book.Row, group *book.Group) (Model, screen.Action, tea.Cmd) {
	switch {
	case row != nil:
		return m, screen.Open{ID: row.Control.ID}, nil
	case group != nil && group.Shown == 0:
		return m, screen.Say{Text: "there is nothing under this heading"}, nil
	case group != nil:
		return m.fold(*group, !m.open(*group)), screen.Select{}, nil
	}
	if _, ok := m.OnOffNode(); ok {
		m.showOff = !m.showOff
		return m.Refresh(), screen.Select{}, nil
	}
	return m, nil, nil
}

// shut closes the heading under the cursor, or goes to the one above.
func (m Model) shut(row *book.Row, group *book.Group) (Model, screen.Action, tea.Cmd) {
	switch {
	case row != nil:
		m.win.Cursor = m.indexOf(m.lines[m.win.Cursor].group)
	case group != nil && m.open(*group):
		m = m.fold(*group, false)
	case group != nil && group.Parent != "":
		for i, g := range m.groups {
			if g.Key == group.Parent {
				m.win.Cursor = m.indexOf(i)
			}
		}
	}
	m.win = m.win.In(len(m.lines), m.room())
	return m, screen.Select{}, nil
}

func (m Model) copied(row *book.Row, group *book.Group) (Model, screen.Action, tea.Cmd) {
	switch {
	case row != nil:
		text := string(row.Control.ID) + " " + book.Clean(row.Control.Title)
		return m, screen.Copy{Text: text, What: "number and title"}, nil
	case group != nil:
		return m, screen.Copy{Text: book.Clean(group.Title), What: "the heading"}, nil
	}
	return m, screen.Say{Text: "there is nothing to copy on this line"}, nil
}

func (m Model) typed(k tea.KeyMsg) (Model, screen.Action, tea.Cmd) {
	switch {
	case key.Matches(k, m.keys.Accept):
		m.searching = false
		return m.Refresh(), screen.Select{}, nil
	case key.Matches(k, m.keys.Drop):
		m.searching = false
		f := m.filter
		f.Search = ""
		return m.WithFilter(f), screen.Select{}, nil
	case k.Type == tea.KeyUp, k.Type == tea.KeyDown, k.Type == tea.KeyPgUp, k.Type == tea.KeyPgDown:
		m.win, _ = m.keys.Cursor(k, m.win, len(m.lines), m.room())
		return m, screen.Select{}, nil
	}
	m.input, _ = m.input.Update(k)
	f := m.filter
	f.Search = m.input.Value()
	m.filter = f
	m = m.Refresh()
	if row, _ := m.Selected(); row == nil {
		m.win.Cursor = m.firstControl()
		m.win = m.win.In(len(m.lines), m.room())
	}
	return m, screen.Select{}, nil
}

// firstControl is the first line that is a control: where a search goes.
func (m Model) firstControl() int {
	for i, l := range m.lines {
		if l.kind == control {
			return i
		}
	}
	return m.win.Cursor
}
