// Package review is the form in which a person says what they concluded about a
// control. What the review will be bound to stays on the screen while it is written.
package review

import (
	"errors"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"mkeaudit/audit"
	"mkeaudit/tui/book"
	"mkeaudit/tui/screen"
	"mkeaudit/tui/screen/edit"
	"mkeaudit/tui/theme"
)

// Bounds of what is typed, in runes.
const (
	maxRationale = 4000
	maxNote      = 1000
	maxAuthor    = 200
	dateLayout   = "2006-01-02"
)

// field is a part of the form that takes keys.
type field uint8

const (
	verdict field = iota
	rationale
	note
	expires
	author
	fields
)

var verdicts = []audit.Verdict{audit.VerdictPass, audit.VerdictFail, audit.VerdictNotApplicable}

// Rules bound what the form takes.
type Rules struct {
	Author        string
	DefaultExpiry time.Duration // 0: none is proposed
	MaxExpiry     time.Duration // 0: no bound, and none is needed
}

// Model is the form.
type Model struct {
	theme  theme.Theme
	keys   keyMap
	rules  Rules
	width  int
	height int

	row    book.Row // as it was when the form opened: what the review is bound to
	digest string
	now    time.Time
	moved  bool // the finding has changed since

	at      field
	verdict audit.Verdict
	text    [fields]edit.Model
	start   state
	top     int

	saving bool
	err    error
}

// state is what the person has entered.
type state struct {
	verdict audit.Verdict
	text    [fields]string
}

var _ screen.Screen[Model] = Model{}

type keyMap struct {
	Save, Next, Prev, Pass, Fail, NotApplicable, Left, Right, Enter, Rebind, Leave, LeaveToo key.Binding
}

func newKeys() keyMap {
	return keyMap{
		Save:          key.NewBinding(key.WithKeys("ctrl+s"), key.WithHelp("ctrl+s", "save the review")),
		Next:          key.NewBinding(key.WithKeys("tab", "down"), key.WithHelp("tab down", "the next field")),
		Prev:          key.NewBinding(key.WithKeys("shift+tab", "up"), key.WithHelp("shift+tab up", "the previous field")),
		Pass:          key.NewBinding(key.WithKeys("p"), key.WithHelp("p", "on the verdict: pass")),
		Fail:          key.NewBinding(key.WithKeys("f"), key.WithHelp("f", "on the verdict: fail")),
		NotApplicable: key.NewBinding(key.WithKeys("n"), key.WithHelp("n", "on the verdict: not applicable")),
		Left:          key.NewBinding(key.WithKeys("left", "h"), key.WithHelp("left h", "on the verdict: the previous one")),
		Right:         key.NewBinding(key.WithKeys("right", "l", " "), key.WithHelp("right l space", "on the verdict: the next one")),
		Enter:         key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "the next field; a new line in the rationale")),
		Rebind:        key.NewBinding(key.WithKeys("ctrl+r"), key.WithHelp("ctrl+r", "bind to the finding as it is now, if it changed meanwhile")),
		Leave:         key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "leave the form (asks if there is unsaved text)")),
		LeaveToo:      key.NewBinding(key.WithKeys("q"), key.WithHelp("q", "on the verdict: leave the form")),
	}
}

// New opens the form for a control. now gives the dates their start.
func New(t theme.Theme, r book.Row, digest string, rules Rules, now time.Time) Model {
	m := Model{theme: t, keys: newKeys(), rules: rules, row: r, digest: digest, now: now}
	m.text[rationale] = edit.New(maxRationale, true).Hint("why, in your words (required)")
	m.text[note] = edit.New(maxNote, false).Hint("what else you looked at: a ticket, a document")
	m.text[expires] = edit.New(len(dateLayout), false).Hint("never")
	m.text[author] = edit.New(maxAuthor, false).Hint("who you are (required)").Set(rules.Author)
	m.text[expires] = m.text[expires].Set(rules.Proposed(now))
	if v := r.Review; v != nil { // an earlier rationale is a start; the verdict must be given anew
		m.text[rationale] = m.text[rationale].Set(v.Rationale)
		m.text[note] = m.text[note].Set(v.Evidence)
	}
	m.start = m.state()
	return m.focus(verdict)
}

// Control is the control that is reviewed.
func (m Model) Control() string { return string(m.row.Control.ID) }

func (m Model) state() state {
	s := state{verdict: m.verdict}
	for i := range m.text {
		s.text[i] = m.text[i].Value()
	}
	return s
}

// Dirty reports that something was entered that is not saved.
func (m Model) Dirty() bool { return m.state() != m.start }

// Typing reports that keys are text: in every field but the verdict.
func (m Model) Typing() bool { return m.at != verdict }

// Saving reports that a save is under way; the form takes no keys until it is
// answered.
func (m Model) Saving() bool { return m.saving }

// Keys lists the bindings.
func (m Model) Keys() []key.Binding {
	k := m.keys
	return []key.Binding{k.Save, k.Leave, k.Next, k.Prev, k.Pass, k.Fail, k.NotApplicable, k.Left, k.Right, k.Enter, k.Rebind, k.LeaveToo}
}

// Resize tells how much room there is.
func (m Model) Resize(width, height int) Model {
	m.width, m.height = width, height
	room := max(width-labelWidth-2, 1)
	m.text[rationale] = m.text[rationale].Resize(room, min(max(height-17, 3), 10))
	m.text[note] = m.text[note].Resize(room, min(max(height-18, 1), 3))
	m.text[expires] = m.text[expires].Resize(min(room, len(dateLayout)+1), 1)
	m.text[author] = m.text[author].Resize(room, 1)
	return m.follow()
}

// Now tells the time of the last tick.
func (m Model) Now(now time.Time) Model {
	m.now = now
	return m
}

// Seen tells what is known of the control now. The form stays bound to what was on
// the screen when it opened, and says when that is no longer so.
func (m Model) Seen(r book.Row, digest string) Model {
	m.moved = r.Basis != m.row.Basis || r.Finding != nil && m.row.Finding != nil && r.Finding.Status != m.row.Finding.Status || digest != m.digest
	return m
}

// Rebind binds the form to what is known now.
func (m Model) Rebind(r book.Row, digest string) Model {
	m.row, m.digest, m.moved = r, digest, false
	return m.follow()
}

// Failed says that the save did not succeed. Everything typed stays.
func (m Model) Failed(err error) Model {
	m.saving, m.err = false, err
	return m.follow()
}

func (m Model) focus(f field) Model {
	m.at = f
	for i := range m.text {
		m.text[i] = m.text[i].Focus(field(i) == f)
	}
	return m.follow()
}

// Update takes a key.
func (m Model) Update(msg tea.Msg) (Model, screen.Action, tea.Cmd) {
	k, ok := msg.(tea.KeyMsg)
	if !ok {
		return m, nil, nil
	}
	if m.saving {
		return m, screen.Say{Text: "the review is being saved"}, nil
	}
	switch {
	case key.Matches(k, m.keys.Save):
		return m.save()
	case key.Matches(k, m.keys.Leave), m.at == verdict && key.Matches(k, m.keys.LeaveToo):
		return m, screen.Back{}, nil
	case key.Matches(k, m.keys.Rebind):
		if !m.moved {
			return m, screen.Say{Text: "the finding has not changed since the form opened"}, nil
		}
		return m, screen.Rebind{}, nil
	}
	if m.at == verdict {
		return m.verdictKey(k)
	}
	var used bool
	if k.Type != tea.KeyTab && k.Type != tea.KeyShiftTab {
		m.text[m.at], used = m.text[m.at].Update(k)
	}
	switch {
	case used:
	case key.Matches(k, m.keys.Next), key.Matches(k, m.keys.Enter):
		return m.focus((m.at + 1) % fields), nil, nil
	case key.Matches(k, m.keys.Prev):
		return m.focus((m.at + fields - 1) % fields), nil, nil
	}
	return m.follow(), nil, nil
}

func (m Model) verdictKey(k tea.KeyMsg) (Model, screen.Action, tea.Cmd) {
	switch {
	case key.Matches(k, m.keys.Next), key.Matches(k, m.keys.Enter):
		return m.focus(rationale), nil, nil
	case key.Matches(k, m.keys.Prev):
		return m.focus(author), nil, nil
	case key.Matches(k, m.keys.Pass):
		m.verdict = audit.VerdictPass
	case key.Matches(k, m.keys.Fail):
		m.verdict = audit.VerdictFail
	case key.Matches(k, m.keys.NotApplicable):
		m.verdict = audit.VerdictNotApplicable
	case key.Matches(k, m.keys.Left):
		m.verdict = m.neighbour(-1)
	case key.Matches(k, m.keys.Right):
		m.verdict = m.neighbour(1)
	}
	return m, nil, nil
}

func (m Model) neighbour(by int) audit.Verdict {
	for i, v := range verdicts {
		if v == m.verdict {
			return verdicts[(i+by+len(verdicts))%len(verdicts)]
		}
	}
	return verdicts[0]
}

// save checks the form and asks that it is written down.
func (m Model) save() (Model, screen.Action, tea.Cmd) {
	r, f, err := m.result()
	if err != nil {
		m.err = err
		return m.focus(f), nil, nil
	}
	m.err, m.saving = nil, true
	return m.follow(), screen.Save{Review: r}, nil
}

// result is what was entered, or what is wrong and where.
func (m Model) result() (audit.Review, field, error) {
	value := func(f field) string { return strings.TrimSpace(m.text[f].Value()) }
	r := audit.Review{Control: m.row.Control.ID, Verdict: m.verdict, Rationale: value(rationale), Evidence: value(note),
		Author: value(author), Basis: m.row.Basis, ControlDigest: m.digest}
	switch {
	case r.Verdict == audit.NotReviewed:
		return r, verdict, errors.New("choose a verdict: p pass, f fail, n not applicable")
	case r.Rationale == "":
		return r, rationale, errors.New("a rationale is required: say why")
	case r.Author == "":
		return r, author, errors.New("an author is required: say who")
	}
	var err error
	if r.ExpiresAt, err = m.rules.Expiry(value(expires), m.now); err != nil {
		return r, expires, err
	}
	return r, 0, nil
}

// Expiry reads the date on which a review ends: when that day begins, in UTC.
func (r Rules) Expiry(text string, now time.Time) (time.Time, error) {
	limit := now.Add(r.MaxExpiry)
	if text == "" {
		if r.MaxExpiry > 0 {
			return time.Time{}, errors.New("a date is required: reviews expire, at the latest on " + limit.UTC().Format(dateLayout))
		}
		return time.Time{}, nil
	}
	t, err := time.Parse(dateLayout, text)
	switch {
	case err != nil:
		return time.Time{}, errors.New("the date is not of the form 2027-02-20")
	case !t.After(now):
		return time.Time{}, errors.New("the date has passed already: give a day after " + now.UTC().Format(dateLayout))
	case r.MaxExpiry > 0 && t.After(limit):
		return time.Time{}, errors.New("the date is too far: at the latest " + limit.UTC().Format(dateLayout))
	}
	return t, nil
}

// Proposed is the date that is proposed, or "".
func (r Rules) Proposed(now time.Time) string {
	if r.DefaultExpiry <= 0 {
		return ""
	}
	return now.Add(r.DefaultExpiry).UTC().Format(dateLayout)
}
