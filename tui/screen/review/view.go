package review

import (
	"fmt"
	"strings"
	"time"

	"mkeaudit/audit"
	"mkeaudit/tui/book"
	"mkeaudit/tui/part"
	"mkeaudit/tui/theme"
)

// labelWidth is the width of the column of labels.
const labelWidth = 13

// shownEvidence is the least number of items of evidence that the form shows; the
// pane shows all.
const shownEvidence = 3

// View draws the form: what it is bound to above, the fields below. On a small
// screen the fields scroll so that the one in use shows; what the review is bound
// to stays.
func (m Model) View() []string {
	if m.height < 1 {
		return nil
	}
	lines, _, _ := m.draw()
	out := make([]string, 0, m.height)
	out = append(out, m.pinned()...)
	for i := m.top; len(out) < m.height; i++ {
		if i >= len(lines) {
			out = append(out, part.Blank(m.width))
			continue
		}
		out = append(out, lines[i])
	}
	return out[:m.height]
}

// pinned are the lines that never scroll.
func (m Model) pinned() []string {
	title := " Review " + string(m.row.Control.ID) + " " + book.Clean(m.row.Short())
	state := "not saved "
	switch {
	case m.saving:
		state = "saving... "
	case !m.Dirty():
		state = ""
	}
	p := painter{m.theme, m.width, []string{m.theme.Selected.Render(part.Between(m.theme, title, state, m.width))}}
	if f := m.row.Finding; f != nil {
		p.put("  Finding", m.finding(), book.StatusTone(f.Status, m.row.Standing))
	}
	bound := fmt.Sprintf("evidence %s, control %s", start(m.row.Basis), start(m.digest))
	tone := book.Dim
	if m.moved {
		bound, tone = "an EARLIER finding: it has changed since (ctrl+r binds to the new one)", book.Warn
	}
	p.put("  Bound to", bound, tone)
	return p.lines
}

// follow scrolls so that the field in use shows.
func (m Model) follow() Model {
	room := m.height - len(m.pinned())
	if m.width < 1 || room < 1 {
		return m
	}
	lines, from, to := m.draw()
	m.top = max(min(m.top, from), to-room)
	m.top = max(min(m.top, len(lines)-room), 0)
	return m
}

// draw returns every line of the form, and which of them the field in use takes.
func (m Model) draw() (lines []string, from, to int) {
	p := painter{m.theme, m.width, nil}
	m.bound(&p)
	p.rule()
	mark := func(f field, draw func()) {
		start := len(p.lines)
		draw()
		if f == m.at {
			if m.err != nil { // the error stands under the field in use
				p.text("", "ERROR: "+m.err.Error(), book.Bad)
			}
			from, to = start, len(p.lines)
		}
	}
	label := func(f field, s string) string {
		if f == m.at {
			return m.theme.Pointer() + " " + s
		}
		return "  " + s
	}
	mark(verdict, func() {
		var parts []string
		for _, v := range verdicts {
			parts = append(parts, m.theme.Radio(v == m.verdict)+" "+book.VerdictWord(v))
		}
		p.text(label(verdict, "Verdict"), strings.Join(parts, "  "), book.Strong)
	})
	mark(rationale, func() { p.field(label(rationale, "Rationale"), m.text[rationale].View(m.theme)) })
	mark(note, func() { p.field(label(note, "Looked at"), m.text[note].View(m.theme)) })
	mark(expires, func() {
		line := m.text[expires].View(m.theme)
		line[0] += "  " + m.expiryHint()
		p.field(label(expires, "Expires"), line)
	})
	mark(author, func() { p.field(label(author, "Author"), m.text[author].View(m.theme)) })
	return p.lines, from, to
}

func (m Model) expiryHint() string {
	s := "at 00:00 UTC"
	if t, err := time.Parse(dateLayout, m.text[expires].Value()); err == nil && t.After(m.now) {
		s += fmt.Sprintf(", in %d days", int(t.Sub(m.now).Hours()/24))
	}
	if m.rules.MaxExpiry > 0 {
		return s + "; at the latest " + m.now.Add(m.rules.MaxExpiry).UTC().Format(dateLayout)
	}
	return s + "; empty: never"
}

// finding is the machine's word with its reason.
func (m Model) finding() string { return m.row.Verdict() + ": " + book.Line(m.row.Finding.Reason) }

// bound tells more of what the review will be bound to.
func (m Model) bound(p *painter) {
	r := m.row
	if f := r.Finding; f != nil {
		if part.Width(m.finding()) > m.width-labelWidth { // it did not fit above
			p.text("", book.Line(f.Reason), book.Normal)
		}
		for i, e := range evidence(f, max(shownEvidence, m.height-24)) {
			label := ""
			if i == 0 {
				label = "  Evidence"
			}
			p.one(label, e)
		}
	}
	if v := r.Review; v != nil && v.Verdict != audit.NotReviewed {
		p.text("  Earlier", book.VerdictWord(v.Verdict)+" by "+v.Author+" on "+book.Date(v.At)+book.ReviewClause(v, r.State), book.Normal)
	}
}

// evidence are the items that matter most, one line each.
func evidence(f *audit.Finding, most int) []string {
	var out []string
	for _, e := range book.Pressing(f.Evidence, most) {
		out = append(out, book.Compact(e))
	}
	if n := len(f.Evidence) - len(out); n > 0 {
		out = append(out, fmt.Sprintf("and %d more (the control's pane shows all)", n))
	}
	if len(out) == 0 {
		out = []string{"none"}
	}
	return out
}

// start is the start of a digest, enough to compare by eye.
func start(s string) string {
	switch {
	case s == "":
		return "(none)"
	case len(s) > 12:
		return s[:12]
	}
	return s
}

// painter collects lines of one width.
type painter struct {
	theme theme.Theme
	width int
	lines []string
}

// text is a label and wrapped text.
func (p *painter) text(label, s string, tone book.Tone) {
	for _, l := range part.Wrap(book.Line(s), max(p.width-labelWidth-1, 1)) {
		p.put(label, l, tone)
		label = ""
	}
}

// one is a label and one line.
func (p *painter) one(label, s string) { p.put(label, book.Line(s), book.Normal) }

func (p *painter) put(label, s string, tone book.Tone) {
	l := part.Fit(p.theme, label, min(labelWidth, p.width))
	p.lines = append(p.lines, p.theme.Label.Render(l)+p.theme.Tone(tone).Render(part.Fit(p.theme, s, p.width-part.Width(l))))
}

// field is a label beside the lines of a field.
func (p *painter) field(label string, view []string) {
	for _, v := range view {
		l := part.Fit(p.theme, label, min(labelWidth, p.width))
		p.lines = append(p.lines, p.theme.Label.Render(l)+part.Fit(p.theme, v, p.width-part.Width(l)))
		label = ""
	}
}

func (p *painter) rule() {
	p.lines = append(p.lines, p.theme.Rule.Render(strings.Repeat(p.theme.Dash(), p.width)))
}
