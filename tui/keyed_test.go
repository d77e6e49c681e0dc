package tui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// Keys that come faster than they are read arrive in one message. Each of them
// counts, and what follows a key that opens a field is its text.
func TestKeysInOneMessage(t *testing.T) {
	one := open(t, options(newFake()), 80, 24)
	one.press("j", "j", "j")
	burst := open(t, options(newFake()), 80, 24)
	burst.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jjj")})
	if one.frame() != burst.frame() {
		t.Errorf("jjj at once is not j, j, j:\n%s\n%s", one.frame(), burst.frame())
	}
	burst.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("/anonymous")})
	burst.has("anonymous")
}
