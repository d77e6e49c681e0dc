package controls

import (
	"fmt"

	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
	"mkeaudit/tui/theme"
)

// View draws the lines that show.
func (m Model) View() []string {
	out := make([]string, 0, m.height)
	if m.pinned() > 0 && m.height > 0 {
		out = append(out, m.top())
	}
	room := m.room()
	for i := m.win.Top; i < m.win.Top+room && len(out) < m.height; i++ {
		switch {
		case i < len(m.lines):
			out = append(out, m.draw(i))
		case i == 0 && len(m.lines) == 0:
			text := " No control matches: x clears"
			if m.searching {
				text = " No control matches: esc drops it"
			}
			out = append(out, part.Fit(m.theme, text, m.width))
		default:
			out = append(out, part.Blank(m.width))
		}
	}
	return out
}

// top says how the tree is read and what is let through.
func (m Model) top() string {
	count := fmt.Sprintf("%d of %d", m.passed, m.book.Benchmark.Len())
	if m.searching {
		return part.Between(m.theme, "/"+m.input.View(m.theme)[0], count+" ", m.width)
	}
	text := " " + m.order.String()
	if m.filter.Active() {
		text = " " + book.Clean(m.filter.String())
		if m.order != book.BySection {
			text = " " + m.order.String() + ": " + book.Clean(m.filter.String())
		}
	}
	return m.theme.Tone(book.Strong).Render(part.Between(m.theme, text, count+" ", m.width))
}

func (m Model) draw(i int) string {
	l, here := m.lines[i], i == m.win.Cursor
	pointer := " "
	if here {
		pointer = m.theme.Pointer()
	}
	var plain string // the line without colours, for the one under the cursor
	var pieces []piece
	switch l.kind {
	case heading:
		pieces = m.heading(m.groups[l.group])
	case control:
		pieces = m.control(l.row)
	default:
		pieces = m.others()
	}
	if !here {
		s := pointer
		for _, p := range pieces {
			s += p.ink.Render(p.text)
		}
		return s
	}
	plain = pointer
	for _, p := range pieces {
		plain += p.text
	}
	if m.focus {
		return m.theme.Selected.Render(plain)
	}
	return m.theme.Marked.Render(plain)
}

type piece struct {
	text string
	ink  theme.Ink
}

// heading is a heading with the controls in order of those that apply, and how many
// need a person.
func (m Model) heading(g book.Group) []piece {
	sign := m.theme.Fold(m.open(g))
	if g.Tally.Of == 0 {
		sign = " "
	}
	left := part.Blank(g.Depth) + sign + " "
	if g.ID != "" {
		left += g.ID + " "
	}
	left += book.Clean(g.Title)
	right := ""
	switch {
	case g.Tally.Of == 0:
		right = ""
	case m.order == book.ByNeed:
		right = fmt.Sprint(g.Shown)
	case g.Tally.Applicable() == 0:
		right = "n/a"
	default:
		right = fmt.Sprintf("%d/%d", g.Tally.Good(), g.Tally.Applicable())
	}
	need := ""
	if g.Tally.Needs > 0 && m.order != book.ByNeed {
		need = fmt.Sprintf(" !%d ", g.Tally.Needs)
	}
	width := m.width - 1
	tail := part.Width(need) + max(part.Width(right), 5) + 1
	ink := m.theme.Tone(book.Strong)
	if g.Depth > 0 {
		ink = m.theme.Tone(book.Normal)
	}
	return []piece{
		{part.Fit(m.theme, left, width-tail), ink},
		{need, m.theme.Tone(book.Warn)},
		{part.Blank(5-part.Width(right)) + right + " ", m.theme.Tone(book.Dim)},
	}
}

// statusWidth is the width of sign and word of a status.
func (m Model) statusWidth() int {
	if m.theme.ASCII {
		return 5
	}
	return 7
}

func (m Model) control(r *book.Row) []piece {
	word, glyph, tone := "...", " ", book.Dim
	if f := r.Finding; f != nil {
		word, glyph, tone = book.StatusWord(f.Status), book.StatusGlyph(f.Status, m.theme.ASCII), book.StatusTone(f.Status, r.Standing)
		if r.Pending {
			word = "..."
		}
	}
	status := word
	if !m.theme.ASCII {
		status = glyph + " " + word
	}
	id := fmt.Sprintf("%-7s", r.Control.ID)
	title := book.Clean(r.Short())
	room := m.width - 2 - m.statusWidth() - len(id) - 1
	tag, tagTone := tagged(r, r.LongTag)
	if part.Width(title)+part.Width(tag) > room {
		tag, tagTone = tagged(r, r.Tag)
	}
	width := room - part.Width(tag)
	if width < 0 {
		tag, width = "", max(room, 0)
	}
	pieces := []piece{
		{" ", m.theme.Tone(book.Normal)},
		{part.Fit(m.theme, status, m.statusWidth()), m.theme.Tone(tone)},
		{id, m.theme.Tone(book.Strong)},
		{part.Fit(m.theme, title, width), m.theme.Tone(book.Normal)},
		{tag, m.theme.Tone(tagTone)},
		{" ", m.theme.Tone(book.Normal)},
	}
	return pieces
}

// tagged is the tag of a row with a blank before it, and the mark of a change.
func tagged(r *book.Row, of func() (string, book.Tone)) (string, book.Tone) {
	tag, tone := of()
	if tag != "" {
		tag = " " + tag
	}
	if r.Change != nil {
		tag = " *" + tag
		if tone == book.Normal || tone == book.Dim {
			tone = book.Warn
		}
	}
	return tag, tone
}

// others is the line that stands for the controls about other kinds of node.
func (m Model) others() []piece {
	text := fmt.Sprintf("%s %d controls are about other nodes", m.theme.Fold(m.showOff), m.book.Total().Off)
	return []piece{{part.Fit(m.theme, text, m.width-1), m.theme.Tone(book.Off)}}
}
