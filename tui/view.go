package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
)

// The smallest screen that is used, and the width from which tree and pane stand
// beside each other.
const (
	minWidth   = 60
	minHeight  = 15
	splitWidth = 76
)

func (m Model) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

// wide reports that tree and pane fit beside each other.
func (m Model) wide() bool { return m.width >= splitWidth }

// treeWidth is the width of the tree beside the pane.
func (m Model) treeWidth() int { return min(max(m.width*45/100, 38), 64) }

// header is how many lines stand above the body.
func (m Model) header() int {
	if m.warning() != "" {
		return 3
	}
	return 2
}

// bodyHeight is what is left between the header and the two lines at the foot.
func (m Model) bodyHeight() int { return m.height - m.header() - 2 }

// arranged gives every screen its room.
func (m Model) arranged() Model {
	if m.tooSmall() {
		return m
	}
	h := m.bodyHeight()
	treeWidth, paneWidth := m.width, m.width
	if m.wide() && !m.zoom {
		treeWidth = m.treeWidth()
		paneWidth = m.width - treeWidth - 1
	}
	m.tree = m.tree.Resize(treeWidth, h).Focus(m.at == onTree)
	m.pane = m.pane.Resize(paneWidth, h).Focus(m.at == onPane)
	m.page = m.page.Resize(m.width, h)
	m.filter = m.filter.Resize(m.width, h)
	m.form = m.form.Resize(m.width, h)
	return m
}

// View draws the whole screen: exactly as many lines as the terminal has, none
// wider than it.
func (m Model) View() string {
	switch {
	case m.width == 0 || m.height == 0:
		return ""
	case m.tooSmall():
		return m.notice()
	}
	lines := make([]string, 0, m.height)
	lines = append(lines, m.titleLine(), m.countLine())
	if w := m.warning(); w != "" {
		lines = append(lines, m.theme.Tone(book.Warn).Render(part.Fit(m.theme, w, m.width)))
	}
	lines = append(lines, m.body()...)
	lines = append(lines, m.statusLine(), m.footLine())
	return frame(lines, m.width, m.height)
}

// frame makes sure of the size, whatever the parts did.
func frame(lines []string, width, height int) string {
	if len(lines) > height {
		lines = lines[:height]
	}
	for i, l := range lines {
		if part.Width(l) > width {
			lines[i] = ansi.Truncate(l, width, "")
		}
	}
	return strings.Join(lines, "\n")
}

// notice stands where the terminal is too small.
func (m Model) notice() string {
	text := fmt.Sprintf("mkeaudit needs %dx%d; this terminal is %dx%d. Make it larger, or use --plain. ctrl+c quits.", minWidth, minHeight, m.width, m.height)
	return frame(part.Wrap(text, m.width), m.width, m.height)
}

func (m Model) titleLine() string {
	t := m.book.Total()
	where := m.book.Where()
	badge := m.theme.Tone(book.Normal)
	if m.book.Header.Kind != book.Live {
		badge = m.theme.Badge
	}
	where = part.Cut(m.theme, where, m.width-20)
	right := fmt.Sprintf("%d of %d determined  ", t.Determined(), t.Of)
	if part.Width(right)+part.Width(where)+22 > m.width {
		right = ""
	}
	room := m.width - part.Width(right) - part.Width(where) - 3
	return m.theme.Title.Render(part.Fit(m.theme, m.subject(room), room)) + " " + right + badge.Render(" "+where) + " "
}

// subject names what is audited, as fully as there is room for.
func (m Model) subject(room int) string {
	h := m.book.Header
	name := book.Line(h.Node)
	if name == "" {
		name = "this node"
	}
	name = " mkeaudit  " + name
	roles := book.Line(strings.Join(h.Roles, " "))
	what := "  " + m.book.Benchmark.ID
	if m.book.Profile != nil {
		what += " / " + m.book.Profile.ID
	}
	what = book.Line(what)
	for _, s := range []string{name + " " + roles + what, name + what} {
		if part.Width(s) <= room {
			return s
		}
	}
	return name
}

func (m Model) countLine() string {
	t := m.book.Total()
	right := ""
	if t.Open > 0 {
		right = fmt.Sprintf("not yet %d ", t.Open)
	}
	return m.theme.Tone(book.Normal).Render(part.Between(m.theme, " "+t.Counts(m.width-part.Width(right)-2), right, m.width))
}

// warning is the line under the counts: why the last audit ended, or what to know
// about this node.
func (m Model) warning() string {
	if m.failure != "" {
		return " ! " + m.failure
	}
	switch w := m.book.Header.Warnings; len(w) {
	case 0:
		return ""
	case 1:
		return " ! " + book.Line(w[0])
	default:
		return fmt.Sprintf(" ! %d warnings (i shows all): %s", len(w), book.Line(w[0]))
	}
}

func (m Model) body() []string {
	switch m.at {
	case onForm:
		return m.form.View()
	case onFilter:
		return m.filter.View()
	case onHelp, onInfo:
		return m.page.View()
	}
	if m.zoom || !m.wide() {
		if m.at == onPane {
			return m.pane.View()
		}
		return m.tree.View()
	}
	tree, pane := m.tree.View(), m.pane.View()
	bar := m.theme.Rule.Render(m.theme.Bar())
	lines := make([]string, len(tree))
	for i := range tree {
		lines[i] = tree[i] + bar + pane[i]
	}
	return lines
}

// statusLine says what the last key did, and how far an audit is.
func (m Model) statusLine() string {
	if m.question == discardForm {
		return m.theme.Tone(book.Warn).Render(part.Fit(m.theme, " Discard what you typed? y discards it, n goes back to it", m.width))
	}
	progress := ""
	if m.run.on && m.run.slow {
		progress = fmt.Sprintf("auditing %d of %d %s esc cancels ", m.run.done, m.run.of, part.Bar(m.theme, m.run.done, m.run.of, 12))
		if m.run.ending {
			progress = fmt.Sprintf("cancelling at %d of %d ", m.run.done, m.run.of)
		}
	}
	return part.Between(m.theme, " "+m.message, progress, m.width)
}

// footLine names the keys that matter here, as many as there is room for.
func (m Model) footLine() string {
	hints := m.hints()
	room := m.width - 1
	for _, h := range hints { // the ways out and the help come first, wherever they stand
		if h.must {
			room -= h.width()
		}
	}
	line, used := " ", 1
	for _, h := range hints {
		if !h.must {
			if h.width() > room {
				continue
			}
			room -= h.width()
		}
		line += m.theme.Key.Render(h.key.Help().Key) + " " + h.word + "  "
		used += h.width()
	}
	return line + part.Blank(m.width-used)
}
