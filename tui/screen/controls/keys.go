package controls

import (
	"github.com/charmbracelet/bubbles/key"

	"mkeaudit/tui/screen"
)

type keyMap struct {
	screen.Move
	Open, Close, OpenAll, CloseAll, Others, Copy key.Binding
	Accept, Drop                                 key.Binding // while searching
}

func newKeys() keyMap {
	return keyMap{
		Move:     screen.Moves(),
		Open:     key.NewBinding(key.WithKeys("enter", "right", "l", " "), key.WithHelp("enter", "open the heading, or read the control (also right l space)")),
		Close:    key.NewBinding(key.WithKeys("left", "h"), key.WithHelp("left h", "close the heading, or go to it")),
		OpenAll:  key.NewBinding(key.WithKeys("+", "="), key.WithHelp("+", "open all headings")),
		CloseAll: key.NewBinding(key.WithKeys("-"), key.WithHelp("-", "close all headings")),
		Others:   key.NewBinding(key.WithKeys("o"), key.WithHelp("o", "show or hide the controls about other kinds of node")),
		Copy:     key.NewBinding(key.WithKeys("y"), key.WithHelp("y", "copy number and title (OSC 52)")),
		Accept:   key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "while searching: keep the search")),
		Drop:     key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "while searching: drop the search")),
	}
}

func (k keyMap) all() []key.Binding {
	return append(k.Move.Keys(), k.Open, k.Close, k.OpenAll, k.CloseAll, k.Others, k.Copy, k.Accept, k.Drop)
}

// Accept is the key that keeps a search.
func (m Model) Accept() key.Binding { return m.keys.Accept }

// Drop is the key that drops a search.
func (m Model) Drop() key.Binding { return m.keys.Drop }
