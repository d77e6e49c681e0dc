// Package filter is the screen on which one chooses what the tree lets through.
package filter

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
	"mkeaudit/tui/screen"
	"mkeaudit/tui/theme"
)

// Model is the screen.
type Model struct {
	book   *book.Book
	theme  theme.Theme
	keys   keyMap
	width  int
	height int
	filter book.Filter
	lines  []line
	win    part.Window
}

var _ screen.Screen[Model] = Model{}

// line is a heading, or a value that can be chosen.
type line struct {
	heading string
	needsMe bool
	facet   book.Facet
	value   string
}

type keyMap struct {
	screen.Move
	Toggle, Clear, Leave key.Binding
}

// New makes the screen.
func New(b *book.Book, t theme.Theme) Model {
	m := Model{book: b, theme: t, keys: keyMap{
		Move:   screen.Moves(),
		Toggle: key.NewBinding(key.WithKeys(" ", "enter"), key.WithHelp("space enter", "choose, or no longer")),
		Clear:  key.NewBinding(key.WithKeys("x"), key.WithHelp("x", "choose nothing: everything is let through")),
		Leave:  key.NewBinding(key.WithKeys("esc", "f", "q", "left", "h"), key.WithHelp("esc f", "back to the tree")),
	}}
	m.lines = append(m.lines, line{needsMe: true})
	for _, f := range book.Facets() {
		m.lines = append(m.lines, line{heading: f.String()})
		for _, v := range f.Values() {
			m.lines = append(m.lines, line{facet: f, value: v})
		}
	}
	return m
}

// Show starts from a filter.
func (m Model) Show(f book.Filter) Model {
	m.filter = f
	return m
}

// Resize tells how much room there is.
func (m Model) Resize(width, height int) Model {
	m.width, m.height = width, height
	m.win = m.win.In(len(m.lines), m.room())
	return m
}

func (m Model) room() int { return m.height - 1 }

// Typing is false: nothing is typed here.
func (m Model) Typing() bool { return false }

// Keys lists the bindings.
func (m Model) Keys() []key.Binding {
	return append(m.keys.Move.Keys(), m.keys.Toggle, m.keys.Clear, m.keys.Leave)
}

// Update takes a key.
func (m Model) Update(msg tea.Msg) (Model, screen.Action, tea.Cmd) {
	k, ok := msg.(tea.KeyMsg)
	if !ok {
		return m, nil, nil
	}
	if win, moved := m.keys.Cursor(k, m.win, len(m.lines), m.room()); moved {
		if m.lines[win.Cursor].heading != "" { // headings are stepped over
			by := 1
			if win.Cursor < m.win.Cursor {
				by = -1
			}
			win.Cursor += by
			win = win.In(len(m.lines), m.room())
		}
		m.win = win
		return m, nil, nil
	}
	switch {
	case key.Matches(k, m.keys.Toggle):
		switch l := m.lines[m.win.Cursor]; {
		case l.needsMe:
			m.filter.NeedsMe = !m.filter.NeedsMe
		case l.heading == "":
			m.filter = m.filter.Toggle(l.facet, l.value)
		}
		return m, screen.SetFilter{Filter: m.filter}, nil
	case key.Matches(k, m.keys.Clear):
		m.filter = book.Filter{}
		return m, screen.SetFilter{Filter: m.filter}, nil
	case key.Matches(k, m.keys.Leave):
		return m, screen.Back{}, nil
	}
	return m, nil, nil
}

// View draws the lines that show.
func (m Model) View() []string {
	if m.height < 1 {
		return nil
	}
	out := make([]string, 0, m.height)
	count := fmt.Sprintf("%d of %d controls pass  %s ", m.book.Passing(m.filter), m.book.Benchmark.Len(), m.win.Position(len(m.lines)))
	out = append(out, m.theme.Selected.Render(part.Between(m.theme, " Filter", count, m.width)))
	for i := m.win.Top; len(out) < m.height; i++ {
		if i >= len(m.lines) {
			out = append(out, part.Blank(m.width))
			continue
		}
		out = append(out, m.draw(i))
	}
	return out
}

func (m Model) draw(i int) string {
	l, here := m.lines[i], i == m.win.Cursor
	pointer := " "
	if here {
		pointer = m.theme.Pointer()
	}
	if l.heading != "" {
		return pointer + m.theme.Title.Render(part.Fit(m.theme, l.heading, m.width-1))
	}
	text, n, on := l.value, 0, false
	if l.needsMe {
		text, on, n = "only what needs me", m.filter.NeedsMe, m.book.Passing(book.Filter{NeedsMe: true})
	} else {
		on, n = m.filter.Has(l.facet, l.value), m.book.Count(l.facet, l.value)
	}
	s := part.Fit(m.theme, fmt.Sprintf("  %s %-20s %4d", m.theme.Check(on), text, n), m.width-1)
	if here {
		return pointer + m.theme.Selected.Render(s)
	}
	return pointer + s
}
