// Package screen is the contract between the root and its screens. A screen is a
// value; it gets messages and answers with a new value, an Action for its parent,
// and rarely a command. It reads the book and never changes it.
package screen

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"mkeaudit/audit"
	"mkeaudit/catalog"
	"mkeaudit/tui/book"
)

// Screen is the shape of every screen; M is its own type, so that the root needs
// no type assertion.
type Screen[M any] interface {
	// Update takes a message that is meant for this screen.
	Update(msg tea.Msg) (M, Action, tea.Cmd)
	// Resize tells how much room there is.
	Resize(width, height int) M
	// View is exactly as many lines as there is room for, each exactly as wide.
	View() []string
	// Typing reports that keys are text, so that "q" is a letter.
	Typing() bool
	// Keys are the bindings that this screen knows, for footer and help.
	Keys() []key.Binding
}

// Action is what a screen asks of its parent; nil asks nothing.
type Action interface{ action() }

type (
	// Select says that the cursor is on another thing.
	Select struct{}
	// Open asks for the control's pane.
	Open struct{ ID catalog.ID }
	// Back asks to leave this screen.
	Back struct{}
	// Step asks for the next (1) or the previous (-1) control.
	Step struct{ By int }
	// Search is the search text as typed so far.
	Search struct{ Text string }
	// SetFilter asks for another filter.
	SetFilter struct{ Filter book.Filter }
	// Copy asks for text in the clipboard. What names it.
	Copy struct{ Text, What string }
	// Save asks that a review is written down.
	Save struct{ Review audit.Review }
	// Rebind asks for the finding as it is now, to bind the open review to it.
	Rebind struct{}
	// Say asks for a line at the foot of the screen.
	Say struct{ Text string }
)

func (Select) action()    {}
func (Open) action()      {}
func (Back) action()      {}
func (Step) action()      {}
func (Search) action()    {}
func (SetFilter) action() {}
func (Copy) action()      {}
func (Save) action()      {}
func (Rebind) action()    {}
func (Say) action()       {}
