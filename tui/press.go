package tui

import (
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"mkeaudit/catalog"
	"mkeaudit/tui/book"
	"mkeaudit/tui/screen"
	"mkeaudit/tui/screen/review"
)

// keyed takes what the terminal sent. Keys that were pressed faster than they were
// read arrive as one message; outside of text each of them is a key of its own.
func (m Model) keyed(k tea.KeyMsg) (Model, tea.Cmd) {
	if k.Type != tea.KeyRunes || len(k.Runes) < 2 || k.Paste || k.Alt {
		return m.pressed(k)
	}
	var cmds []tea.Cmd
	for i, r := range k.Runes {
		var cmd tea.Cmd
		if m.typing() { // the first keys opened a field: the rest is its text
			m, cmd = m.pressed(tea.KeyMsg{Type: tea.KeyRunes, Runes: k.Runes[i:]})
			return m, tea.Batch(append(cmds, cmd)...)
		}
		m, cmd = m.pressed(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		cmds = append(cmds, cmd)
	}
	return m, tea.Batch(cmds...)
}

// pressed routes a key: what ends everything, what a question waits for, text, keys
// that work everywhere, and the rest to the screen in front.
func (m Model) pressed(k tea.KeyMsg) (Model, tea.Cmd) {
	if key.Matches(k, m.keys.Stop) {
		return m.quit()
	}
	if m.question != noQuestion {
		return m.answered(k), nil
	}
	m.message = ""
	if key.Matches(k, m.keys.Suspend) {
		return m, tea.Suspend
	}
	if m.tooSmall() {
		if key.Matches(k, m.keys.Quit) && m.at != onForm {
			return m.quit()
		}
		return m, nil
	}
	if m.typing() {
		return m.forward(k)
	}
	switch m.at {
	case onForm:
		if key.Matches(k, m.keys.Help) {
			return m.help(), nil
		}
		return m.forward(k)
	case onFilter:
		if key.Matches(k, m.keys.Help) {
			return m.help(), nil
		}
		return m.forward(k)
	case onHelp, onInfo:
		if key.Matches(k, m.keys.Quit, m.keys.Cancel, m.keys.Help, m.keys.Info) {
			return m.back()
		}
		return m.forward(k)
	}
	if next, cmd, done := m.global(k); done {
		return next, cmd
	}
	return m.forward(k)
}

func (m Model) quit() (Model, tea.Cmd) {
	if m.run.on {
		m.run.cancel()
	}
	return m, tea.Quit
}

// answered takes the answer to a question.
func (m Model) answered(k tea.KeyMsg) Model {
	switch k.String() {
	case "y", "Y":
		m.question = noQuestion
		m.at = m.behind
		m.message = "the review was discarded"
		return m.arranged().shown()
	case "n", "N", "esc":
		m.question = noQuestion
		m.message = ""
	}
	return m
}

// typing reports that keys are text.
func (m Model) typing() bool {
	switch m.at {
	case onTree:
		return m.tree.Typing()
	case onForm:
		return m.form.Typing()
	}
	return false
}

// global does what works in the tree and in the pane.
func (m Model) global(k tea.KeyMsg) (Model, tea.Cmd, bool) {
	switch {
	case key.Matches(k, m.keys.Quit):
		m, cmd := m.quit()
		return m, cmd, true
	case key.Matches(k, m.keys.Cancel):
		m, cmd := m.cancelled()
		return m, cmd, true
	case key.Matches(k, m.keys.Help):
		return m.help(), nil, true
	case key.Matches(k, m.keys.Info):
		m.under, m.at = m.at, onInfo
		m.page = m.page.Show("node", "This node and this session", m.book.DescribeNode(), 12)
		return m.arranged(), nil, true
	case key.Matches(k, m.keys.Rerun, m.keys.RerunGroup, m.keys.RerunAll):
		m, cmd := m.rerun(k)
		return m, cmd, true
	case key.Matches(k, m.keys.Review):
		return m.reviewing(), nil, true
	case key.Matches(k, m.keys.Search):
		m.at, m.zoom = onTree, false
		m.tree = m.tree.StartSearch()
		return m.arranged(), nil, true
	case key.Matches(k, m.keys.Filter):
		m.at = onFilter
		m.filter = m.filter.Show(m.tree.Filter())
		return m.arranged(), nil, true
	case key.Matches(k, m.keys.NeedsMe):
		f := m.tree.Filter()
		f.NeedsMe = !f.NeedsMe
		return m.filtered(f), nil, true
	case key.Matches(k, m.keys.Clear):
		if !m.tree.Filter().Active() {
			m.message = "there is no search and no filter to clear"
			return m, nil, true
		}
		return m.filtered(book.Filter{}), nil, true
	case key.Matches(k, m.keys.Themes):
		return m.ordered(book.ByTheme), nil, true
	case key.Matches(k, m.keys.Queue):
		return m.ordered(book.ByNeed), nil, true
	case key.Matches(k, m.keys.Focus):
		if m.at == onTree {
			m.at = onPane
		} else {
			m.at, m.zoom = onTree, false
		}
		return m.arranged(), nil, true
	case key.Matches(k, m.keys.Zoom):
		if !m.wide() {
			m.message = "the screen is too narrow for two panes: tab goes between them"
			return m, nil, true
		}
		m.zoom = !m.zoom
		if m.zoom {
			m.at = onPane
		}
		return m.arranged(), nil, true
	case m.at == onTree && key.Matches(k, m.keys.Down, m.keys.Up):
		if !m.wide() {
			m.message = "the pane does not show: enter or tab goes there"
			return m, nil, true
		}
		by := 1
		if key.Matches(k, m.keys.Up) {
			by = -1
		}
		m.pane = m.pane.Scroll(by)
		return m, nil, true
	}
	return m, nil, false
}

// cancelled does what esc means: the nearest thing that can end.
func (m Model) cancelled() (Model, tea.Cmd) {
	switch {
	case m.run.on && !m.run.ending:
		m.run.ending = true
		m.run.cancel()
		m.message = "cancelling..."
	case m.at == onPane:
		return m.back()
	case m.tree.Filter().Active():
		return m.filtered(book.Filter{}), nil
	case m.tree.Order() != book.BySection:
		return m.ordered(m.tree.Order()), nil
	default:
		m.message = "there is nothing to cancel or to clear; q quits"
	}
	return m, nil
}

func (m Model) filtered(f book.Filter) Model {
	m.tree = m.tree.WithFilter(f)
	return m.arranged().shown()
}

// ordered reads the tree in another order, or by section again.
func (m Model) ordered(o book.Order) Model {
	if m.tree.Order() == o {
		o = book.BySection
	}
	m.at, m.zoom = onTree, false
	m.tree = m.tree.WithOrder(o)
	return m.arranged().shown()
}

// rerun audits again: the control, the group or everything.
func (m Model) rerun(k tea.KeyMsg) (Model, tea.Cmd) {
	if why := m.runnable(); why != "" {
		m.message = why
		return m, nil
	}
	row, _ := m.tree.Selected()
	switch {
	case key.Matches(k, m.keys.RerunAll):
		return m.begin(nil, "everything")
	case key.Matches(k, m.keys.RerunGroup):
		title, ids := m.tree.Around()
		if len(ids) == 0 {
			m.message = "R re-runs a section: put the cursor into one that has controls"
			return m, nil
		}
		return m.begin(ids, book.Clean(title))
	case row == nil:
		m.message = "r re-runs one control: put the cursor on one (R re-runs the section)"
		return m, nil
	}
	return m.begin([]catalog.ID{row.Control.ID}, string(row.Control.ID))
}

// reviewing opens the form.
func (m Model) reviewing() Model {
	row, _ := m.tree.Selected()
	if why := m.reviewable(row); why != "" {
		m.message = why
		return m
	}
	m.behind, m.at = m.at, onForm
	m.form = review.New(m.theme, *row, m.book.Digest(row.Control.ID), m.rules, m.book.Now)
	return m.arranged()
}

// help shows every key.
func (m Model) help() Model {
	m.under, m.at = m.at, onHelp
	m.page = m.page.Show("help", "Help", m.helpItems(), 17)
	return m.arranged()
}

// forward gives a key to the screen in front.
func (m Model) forward(k tea.KeyMsg) (Model, tea.Cmd) {
	var a screen.Action
	var cmd tea.Cmd
	switch m.at {
	case onTree:
		m.tree, a, cmd = m.tree.Update(k)
	case onPane:
		m.pane, a, cmd = m.pane.Update(k)
	case onForm:
		m.form, a, cmd = m.form.Update(k)
	case onFilter:
		m.filter, a, cmd = m.filter.Update(k)
	default:
		m.page, a, cmd = m.page.Update(k)
		if _, step := a.(screen.Step); step {
			a = screen.Say{Text: "there is only this page"}
		}
	}
	if a == nil {
		if _, moved := m.moves(k); !moved && m.message == "" && !m.typing() && m.at != onForm {
			m.message = m.unknown(k)
		}
		return m, cmd
	}
	m, more := m.do(a)
	return m, tea.Batch(cmd, more)
}

// unknown says that a key means nothing here.
func (m Model) unknown(k tea.KeyMsg) string {
	return fmt.Sprintf("%s does nothing here: ? lists the keys", book.Clean(k.String()))
}
