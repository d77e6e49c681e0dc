package doc

import (
	"github.com/charmbracelet/bubbles/key"

	"mkeaudit/tui/screen"
)

type keyMap struct {
	screen.Move
	Fold, Copy, Next, Prev, Leave key.Binding
}

func newKeys() keyMap {
	return keyMap{
		Move:  screen.Moves(),
		Fold:  key.NewBinding(key.WithKeys(" ", "enter"), key.WithHelp("space enter", "unfold or fold a long value or listing")),
		Copy:  key.NewBinding(key.WithKeys("y"), key.WithHelp("y", "copy the value on this line (OSC 52)")),
		Next:  key.NewBinding(key.WithKeys("]", "J"), key.WithHelp("] J", "the next control")),
		Prev:  key.NewBinding(key.WithKeys("[", "K"), key.WithHelp("[ K", "the previous control")),
		Leave: key.NewBinding(key.WithKeys("left", "h", "backspace"), key.WithHelp("left h", "back to the tree")),
	}
}

func (k keyMap) all() []key.Binding {
	return append(k.Move.Keys(), k.Fold, k.Copy, k.Next, k.Prev, k.Leave)
}

// Fold is the key that unfolds, Copy the one that copies.
func (m Model) Fold() key.Binding { return m.keys.Fold }

// Copy is the key that copies.
func (m Model) Copy() key.Binding { return m.keys.Copy }
