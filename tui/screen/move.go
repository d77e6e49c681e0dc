package screen

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"mkeaudit/tui/part"
)

// Move are the keys that move through a list, the same on every screen.
type Move struct {
	Up, Down, PageUp, PageDown, HalfUp, HalfDown, Top, Bottom key.Binding
}

// Moves returns the keys of moving.
func Moves() Move {
	return Move{
		Up:       key.NewBinding(key.WithKeys("up", "k"), key.WithHelp("up k", "up")),
		Down:     key.NewBinding(key.WithKeys("down", "j"), key.WithHelp("down j", "down")),
		PageUp:   key.NewBinding(key.WithKeys("pgup", "ctrl+b"), key.WithHelp("pgup ctrl+b", "a page up")),
		PageDown: key.NewBinding(key.WithKeys("pgdown", "ctrl+f"), key.WithHelp("pgdown ctrl+f", "a page down")),
		HalfUp:   key.NewBinding(key.WithKeys("ctrl+u"), key.WithHelp("ctrl+u", "half a page up")),
		HalfDown: key.NewBinding(key.WithKeys("ctrl+d"), key.WithHelp("ctrl+d", "half a page down")),
		Top:      key.NewBinding(key.WithKeys("home", "g"), key.WithHelp("home g", "to the first line")),
		Bottom:   key.NewBinding(key.WithKeys("end", "G"), key.WithHelp("end G", "to the last line")),
	}
}

// Keys lists the bindings.
func (m Move) Keys() []key.Binding {
	return []key.Binding{m.Up, m.Down, m.PageUp, m.PageDown, m.HalfUp, m.HalfDown, m.Top, m.Bottom}
}

// Cursor moves a window by a key; ok is false for a key that does not move.
func (m Move) Cursor(msg tea.KeyMsg, w part.Window, n, height int) (moved part.Window, ok bool) {
	switch {
	case key.Matches(msg, m.Up):
		w.Cursor--
	case key.Matches(msg, m.Down):
		w.Cursor++
	case key.Matches(msg, m.PageUp):
		return w.Scroll(-max(height-1, 1), n, height), true
	case key.Matches(msg, m.PageDown):
		return w.Scroll(max(height-1, 1), n, height), true
	case key.Matches(msg, m.HalfUp):
		return w.Scroll(-max(height/2, 1), n, height), true
	case key.Matches(msg, m.HalfDown):
		return w.Scroll(max(height/2, 1), n, height), true
	case key.Matches(msg, m.Top):
		w.Cursor = 0
	case key.Matches(msg, m.Bottom):
		w.Cursor = n - 1
	default:
		return w, false
	}
	return w.In(n, height), true
}
