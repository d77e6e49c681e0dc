// Package edit is a field in which a person types: one line, or several that wrap.
// It never runs another program (no paste through a clipboard tool); a paste of the
// terminal arrives as text and is cleaned like text from anywhere else.
package edit

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
	"mkeaudit/tui/theme"
)

// Model is a field. The zero value is an empty one-line field without room.
type Model struct {
	text   []rune
	pos    int // of the cursor, 0 to len(text)
	lines  bool
	limit  int
	width  int
	height int
	top    int
	focus  bool
	hint   string
}

// New makes a field that takes at most limit runes; lines allows line breaks.
func New(limit int, lines bool) Model { return Model{limit: limit, lines: lines, height: 1, width: 20} }

// Hint is what an empty field says.
func (m Model) Hint(s string) Model {
	m.hint = s
	return m
}

// Resize tells how much room there is.
func (m Model) Resize(width, height int) Model {
	m.width, m.height = max(width, 1), max(height, 1)
	return m.follow()
}

// Height is how many lines the field takes.
func (m Model) Height() int { return m.height }

// Focus says whether the cursor shows.
func (m Model) Focus(on bool) Model {
	m.focus = on
	return m
}

// Value is the text.
func (m Model) Value() string { return string(m.text) }

// Set replaces the text and puts the cursor at its end.
func (m Model) Set(s string) Model {
	m.text = m.clean(s)
	m.pos = len(m.text)
	return m.follow()
}

// clean cleans text for this field and bounds it.
func (m Model) clean(s string) []rune {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if !m.lines {
		s = strings.ReplaceAll(s, "\n", " ")
	}
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1 // nobody means to type these
		}
		return r
	}, s)
	r := []rune(strings.Join(book.CleanLines(s), "\n"))
	if len(r) > m.limit {
		r = r[:m.limit]
	}
	return r
}

type keyMap struct {
	left, right, wordLeft, wordRight, home, end, top, bottom, up, down key.Binding
	back, del, delWord, delHome, delEnd, enter                         key.Binding
}

var keys = keyMap{
	left:      key.NewBinding(key.WithKeys("left", "ctrl+b")),
	right:     key.NewBinding(key.WithKeys("right", "ctrl+f")),
	wordLeft:  key.NewBinding(key.WithKeys("ctrl+left", "alt+left", "alt+b")),
	wordRight: key.NewBinding(key.WithKeys("ctrl+right", "alt+right", "alt+f")),
	home:      key.NewBinding(key.WithKeys("home", "ctrl+a")),
	end:       key.NewBinding(key.WithKeys("end", "ctrl+e")),
	top:       key.NewBinding(key.WithKeys("ctrl+home")),
	bottom:    key.NewBinding(key.WithKeys("ctrl+end")),
	up:        key.NewBinding(key.WithKeys("up", "ctrl+p")),
	down:      key.NewBinding(key.WithKeys("down", "ctrl+n")),
	back:      key.NewBinding(key.WithKeys("backspace", "ctrl+h")),
	del:       key.NewBinding(key.WithKeys("delete", "ctrl+d")),
	delWord:   key.NewBinding(key.WithKeys("ctrl+w", "alt+backspace")),
	delHome:   key.NewBinding(key.WithKeys("ctrl+u")),
	delEnd:    key.NewBinding(key.WithKeys("ctrl+k")),
	enter:     key.NewBinding(key.WithKeys("enter")),
}

// Update takes a key. used is false for one that means nothing here, also for the
// arrows that would leave the field.
func (m Model) Update(k tea.KeyMsg) (next Model, used bool) {
	if k.Type == tea.KeyRunes && !k.Alt || k.Type == tea.KeySpace {
		return m.insert(string(k.Runes)), true
	}
	switch {
	case key.Matches(k, keys.left):
		m.pos = max(m.pos-1, 0)
	case key.Matches(k, keys.right):
		m.pos = min(m.pos+1, len(m.text))
	case key.Matches(k, keys.wordLeft):
		m.pos = m.wordStart()
	case key.Matches(k, keys.wordRight):
		m.pos = m.wordEnd()
	case key.Matches(k, keys.home):
		m.pos = m.lineStart()
	case key.Matches(k, keys.end):
		m.pos = m.lineEnd()
	case key.Matches(k, keys.top):
		m.pos = 0
	case key.Matches(k, keys.bottom):
		m.pos = len(m.text)
	case key.Matches(k, keys.up):
		return m.vertical(-1)
	case key.Matches(k, keys.down):
		return m.vertical(1)
	case key.Matches(k, keys.back):
		m = m.cut(max(m.pos-1, 0), m.pos)
	case key.Matches(k, keys.del):
		m = m.cut(m.pos, min(m.pos+1, len(m.text)))
	case key.Matches(k, keys.delWord):
		m = m.cut(m.wordStart(), m.pos)
	case key.Matches(k, keys.delHome):
		m = m.cut(m.lineStart(), m.pos)
	case key.Matches(k, keys.delEnd):
		m = m.cut(m.pos, m.lineEnd())
	case key.Matches(k, keys.enter) && m.lines:
		return m.insert("\n"), true
	default:
		return m, false
	}
	return m.follow(), true
}

func (m Model) insert(s string) Model {
	r := m.clean(s)
	if free := m.limit - len(m.text); len(r) > free {
		r = r[:max(free, 0)]
	}
	text := make([]rune, 0, len(m.text)+len(r))
	text = append(append(append(text, m.text[:m.pos]...), r...), m.text[m.pos:]...)
	m.text, m.pos = text, m.pos+len(r)
	return m.follow()
}

// cut removes text[from:to] and leaves the cursor there.
func (m Model) cut(from, to int) Model {
	text := make([]rune, 0, len(m.text))
	text = append(append(text, m.text[:from]...), m.text[to:]...)
	m.text, m.pos = text, from
	return m
}

func (m Model) lineStart() int {
	i := m.pos
	for i > 0 && m.text[i-1] != '\n' {
		i--
	}
	return i
}

func (m Model) lineEnd() int {
	i := m.pos
	for i < len(m.text) && m.text[i] != '\n' {
		i++
	}
	return i
}

func blank(r rune) bool { return r == ' ' || r == '\n' }

func (m Model) wordStart() int {
	i := m.pos
	for i > 0 && blank(m.text[i-1]) {
		i--
	}
	for i > 0 && !blank(m.text[i-1]) {
		i--
	}
	return i
}

func (m Model) wordEnd() int {
	i := m.pos
	for i < len(m.text) && blank(m.text[i]) {
		i++
	}
	for i < len(m.text) && !blank(m.text[i]) {
		i++
	}
	return i
}

// span is a line as it is drawn: text[from:to].
type span struct{ from, to int }

// layout breaks the text into lines. One cell is kept free for the cursor.
func (m Model) layout() []span {
	width := max(m.width-1, 1)
	var spans []span
	from, used, lastBlank := 0, 0, -1
	for i := 0; i < len(m.text); i++ {
		r := m.text[i]
		if r == '\n' {
			spans = append(spans, span{from, i})
			from, used, lastBlank = i+1, 0, -1
			continue
		}
		w := ansi.StringWidth(string(r))
		if used+w > width && i > from {
			to := i
			if lastBlank >= from && lastBlank+1 < i {
				to = lastBlank + 1
			}
			spans = append(spans, span{from, to})
			from, lastBlank = to, -1
			used = ansi.StringWidth(string(m.text[from:i]))
		}
		used += w
		if r == ' ' {
			lastBlank = i
		}
	}
	return append(spans, span{from, len(m.text)})
}

// row is the line in which the cursor is.
func (m Model) row(spans []span) int {
	for i := len(spans) - 1; i > 0; i-- {
		if m.pos >= spans[i].from {
			return i
		}
	}
	return 0
}

// vertical moves by a line; at the first and the last one the key is not used.
func (m Model) vertical(by int) (Model, bool) {
	spans := m.layout()
	row := m.row(spans)
	to := row + by
	if to < 0 || to >= len(spans) {
		return m, false
	}
	column := ansi.StringWidth(string(m.text[spans[row].from:m.pos]))
	pos, used := spans[to].from, 0
	for pos < spans[to].to {
		w := ansi.StringWidth(string(m.text[pos]))
		if used+w > column {
			break
		}
		used += w
		pos++
	}
	if pos == spans[to].to && to+1 < len(spans) && spans[to+1].from == pos && pos > spans[to].from {
		pos-- // the end of a line that wraps is the start of the next one
	}
	m.pos = pos
	return m.follow(), true
}

// follow keeps the cursor in view.
func (m Model) follow() Model {
	if m.height < 1 {
		return m
	}
	spans := m.layout()
	row := m.row(spans)
	m.top = min(max(m.top, row-m.height+1), row)
	m.top = max(min(m.top, len(spans)-m.height), 0)
	return m
}

// View draws the field: as many lines as it has height, each as wide as it has
// width.
func (m Model) View(t theme.Theme) []string {
	spans := m.layout()
	row := m.row(spans)
	out := make([]string, 0, m.height)
	if len(m.text) == 0 && m.hint != "" {
		if m.focus {
			out = append(out, t.Selected.Render(" ")+t.Tone(book.Dim).Render(part.Fit(t, m.hint, m.width-1)))
		} else {
			out = append(out, t.Tone(book.Dim).Render(part.Fit(t, " "+m.hint, m.width)))
		}
	}
	for i := m.top + len(out); i < m.top+m.height; i++ {
		switch {
		case i >= len(spans):
			out = append(out, part.Blank(m.width))
		case i == row && m.focus:
			out = append(out, m.cursorLine(t, spans[i]))
		default:
			out = append(out, part.Fit(t, string(m.text[spans[i].from:spans[i].to]), m.width))
		}
	}
	return out
}

func (m Model) cursorLine(t theme.Theme, s span) string {
	before := string(m.text[s.from:m.pos])
	under, after := " ", ""
	if m.pos < s.to {
		end := m.pos + 1
		for end < s.to && ansi.StringWidth(string(m.text[end])) == 0 { // marks stay with their letter
			end++
		}
		under, after = string(m.text[m.pos:end]), string(m.text[end:s.to])
	}
	if w := part.Width(before) + part.Width(under); w > m.width { // only where the field is too narrow for a wide rune
		return part.Fit(t, before, m.width)
	}
	after = part.Cut(t, after, m.width-part.Width(before)-part.Width(under))
	fill := m.width - part.Width(before) - part.Width(under) - part.Width(after)
	return before + t.Selected.Render(under) + after + part.Blank(fill)
}
