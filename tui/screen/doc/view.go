package doc

import (
	"fmt"

	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
)

// View draws the title and the lines that show.
func (m Model) View() []string {
	if m.height < 1 {
		return nil
	}
	out := make([]string, 0, m.height)
	out = append(out, m.head())
	for i := m.win.Top; len(out) < m.height; i++ {
		if i >= m.total {
			out = append(out, part.Blank(m.width))
			continue
		}
		out = append(out, m.line(i))
	}
	return out
}

func (m Model) head() string {
	place := ""
	switch {
	case m.total > m.room():
		place = m.win.Position(m.total) + " "
	case m.total > 0 && m.focus:
		place = "all "
	}
	title := " " + m.title
	ink := m.theme.Title
	if m.focus {
		ink = m.theme.Selected
	}
	return ink.Render(part.Between(m.theme, title, place, m.width))
}

func (m Model) line(i int) string {
	b, n := m.at(i)
	here := m.focus && i == m.win.Cursor
	pointer := " "
	if here {
		pointer = m.theme.Pointer()
	}
	d := m.drawn(b, n)
	label := ""
	width := m.width - 1
	if !d.full {
		label = part.Fit(m.theme, d.label, min(m.labels, width))
		width -= part.Width(label)
	}
	text := part.Fit(m.theme, d.text, width)
	if here {
		return pointer + m.theme.Selected.Render(label+text)
	}
	return pointer + m.theme.Label.Render(label) + d.ink.Render(text)
}

// drawn is line n of a block.
func (m Model) drawn(b, n int) drawn {
	k := m.blocks[b]
	if n < len(k.lines) {
		return k.lines[n]
	}
	it := m.items[k.item]
	if n == foldedRows && k.rows == foldedRows+1 && it.N > k.rows {
		return drawn{text: fmt.Sprintf("  (%d more of %d: space unfolds)", it.N-foldedRows, it.N), ink: m.theme.Tone(book.Dim), full: true}
	}
	return drawn{text: "  " + it.Row(n), ink: m.theme.Tone(it.Tone), full: true}
}
