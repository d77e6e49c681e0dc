package tui

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"mkeaudit/catalog"
	"mkeaudit/tui/book"
	"mkeaudit/tui/screen"
	"mkeaudit/tui/screen/controls"
	"mkeaudit/tui/screen/doc"
	"mkeaudit/tui/screen/filter"
	"mkeaudit/tui/screen/review"
	"mkeaudit/tui/theme"
)

// place is the part of the screen that takes the keys.
type place uint8

const (
	onTree place = iota
	onPane
	onForm
	onFilter
	onHelp
	onInfo
)

// Model is the root: it owns the book, routes messages, and does what the screens
// ask. Nothing in it reads or writes anything outside; commands.go does.
type Model struct {
	env   env
	ctx   context.Context // ends with the screen; audits run under it
	book  *book.Book
	theme theme.Theme
	keys  keyMap
	rules review.Rules

	width, height int
	at            place
	behind        place // what the form goes back to
	under         place // what help and node go back to
	zoom          bool  // the pane takes the whole width
	tree          controls.Model
	pane          doc.Model
	page          doc.Model // help and node
	filter        filter.Model
	form          review.Model

	run     running
	loading bool
	save    int // number of the save under way or last answered

	message  string // what the last key did, until the next one
	question question
	failure  string // why the last audit could not run
}

// running is an audit under way.
type running struct {
	n        int // its number; replies to another are dropped
	on       bool
	ending   bool // it was cancelled and its channel is not closed yet
	slow     bool
	done, of int
	what     string // "1.2.9", "1.2 API Server", "everything"
	first    bool   // nothing was settled before
	heard    int
	changed  []catalog.ID
	cancel   context.CancelFunc
	err      error
}

// question is what the person must answer before anything else.
type question uint8

const (
	noQuestion question = iota
	discardForm
)

// New makes the root. It reads nothing and starts nothing.
func New(ctx context.Context, o Options, out io.Writer, t theme.Theme) Model {
	b := book.New(o.Benchmark, o.Profile, o.Header, o.Reviews, o.Risks)
	m := Model{
		env:   env{out, o.Backend, o.Texts, o.Advice, o.ControlDigest, o.Now, new(sync.WaitGroup), later},
		ctx:   ctx,
		book:  b,
		theme: t,
		keys:  newKeyMap(),
		rules: review.Rules{Author: o.Author, DefaultExpiry: o.DefaultExpiry, MaxExpiry: o.MaxExpiry},
		tree:  controls.New(b, t),
		pane:  doc.New(t),
		page:  doc.New(t).Focus(true),
	}
	m.filter = filter.New(b, t)
	return m.shown()
}

// Init asks for the time; everything else follows from it.
func (m Model) Init() tea.Cmd { return m.env.start() }

// Update routes a message.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		return m.resized(msg)
	case startMsg:
		return m.started(msg)
	case tickMsg:
		return m.ticked(msg)
	case slowMsg:
		return m.slowed(msg), nil
	case heardMsg:
		return m.heard(msg)
	case loadedMsg:
		return m.loaded(msg), nil
	case savedMsg:
		return m.saved(msg), nil
	case copiedMsg:
		return m.copied(msg), nil
	case tea.KeyMsg:
		return m.keyed(msg)
	}
	return m, nil
}

func (m Model) resized(msg tea.WindowSizeMsg) (Model, tea.Cmd) {
	m.width, m.height = msg.Width, msg.Height
	m = m.arranged()
	if m.loading || m.book.Loaded {
		return m, nil
	}
	m.loading = true // there is a frame now: what is not needed for it can be read
	var ids []catalog.ID
	for c := range m.book.Benchmark.Controls() {
		ids = append(ids, c.ID)
	}
	return m, m.env.load(ids)
}

func (m Model) started(msg startMsg) (Model, tea.Cmd) {
	m.book.Tick(msg.now)
	m, run := m.begin(nil, "everything")
	return m.refreshed(), tea.Batch(run, m.env.tick())
}

func (m Model) ticked(msg tickMsg) (Model, tea.Cmd) {
	m.book.Tick(msg.now)
	m.form = m.form.Now(msg.now)
	return m.refreshed(), m.env.tick()
}

func (m Model) slowed(msg slowMsg) Model {
	if msg.run == m.run.n && m.run.on {
		m.run.slow = true
	}
	return m
}

// begin starts an audit of some controls, all without ids.
func (m Model) begin(ids []catalog.ID, what string) (Model, tea.Cmd) {
	ctx, cancel := context.WithCancel(m.ctx)
	first := m.book.Total().Open == m.book.Benchmark.Len()
	of := len(ids)
	if of == 0 {
		of = m.book.Benchmark.Len()
	}
	m.run = running{n: m.run.n + 1, on: true, of: of, what: what, first: first, cancel: cancel}
	m.failure = ""
	m.book.Begin(ids)
	return m.refreshed(), tea.Batch(m.env.audit(ctx, m.run.n, ids), m.env.slow(m.run.n))
}

// heard takes in what an audit reported.
func (m Model) heard(msg heardMsg) (Model, tea.Cmd) {
	if msg.run != m.run.n {
		if msg.ended {
			return m, nil
		}
		return m, m.env.listen(msg.run, msg.events) // read to its end, so that it can end
	}
	if !m.run.ending {
		for i, ev := range msg.heard {
			m = m.took(ev, msg.bases[i], msg.at)
		}
	}
	if !msg.ended {
		return m.refreshed(), m.env.listen(msg.run, msg.events)
	}
	return m.ended(msg.at).refreshed(), nil
}

func (m Model) took(ev Event, basis string, at time.Time) Model {
	if ev.Header != nil {
		m.book.Header = *ev.Header
	}
	if ev.Of > 0 {
		m.run.done, m.run.of = ev.Done, ev.Of
	}
	if ev.Err != nil {
		m.run.err = ev.Err
	}
	if f := ev.Finding; f != nil {
		m.run.heard++
		if ev.Of == 0 {
			m.run.done = m.run.heard
		}
		if m.book.Settle(*f, basis, at) {
			m.run.changed = append(m.run.changed, f.Control)
		}
	}
	return m
}

// ended says what an audit came to.
func (m Model) ended(at time.Time) Model {
	r := m.run
	m.run.on, m.run.slow, m.run.ending = false, false, false
	m.run.cancel()
	m.book.End()
	if !r.ending && r.err == nil {
		m.book.AuditedAt = at
	}
	switch {
	case r.ending:
		m.message = fmt.Sprintf("cancelled: %d of %d were audited; ctrl+r audits everything", r.done, r.of)
	case r.err != nil:
		m.failure = "the audit ended early: " + book.Line(r.err.Error())
	case r.first:
	case len(r.changed) == 0:
		m.message = r.what + " re-run: nothing changed"
	case len(r.changed) == 1:
		row := m.book.Row(r.changed[0])
		m.message = fmt.Sprintf("%s changed: %s -> %s; before and after stand in its pane", r.changed[0],
			book.StatusWord(row.Change.Before.Status), book.StatusWord(row.Finding.Status))
	default:
		m.message = fmt.Sprintf("%s re-run: %d changed (marked *): %s", r.what, len(r.changed), ids(r.changed, 6))
	}
	return m
}

func ids(all []catalog.ID, most int) string {
	words := make([]string, 0, most)
	for i, id := range all {
		if i == most {
			return strings.Join(words, ", ") + ", ..."
		}
		words = append(words, string(id))
	}
	return strings.Join(words, ", ")
}

func (m Model) loaded(msg loadedMsg) Model {
	m.loading = false
	m.book.Load(msg.texts, msg.advice, msg.digests, msg.textsErr, msg.adviceErr)
	return m.refreshed()
}

// saved takes in the answer to a save: the form closes only now, and only if it
// succeeded.
func (m Model) saved(msg savedMsg) Model {
	if msg.save != m.save {
		return m
	}
	if msg.err != nil {
		m.form = m.form.Failed(fmt.Errorf("not saved: %w", msg.err))
		m.message = "not saved; everything you typed is still here, ctrl+s tries again"
		return m
	}
	m.book.Save(msg.review)
	switch {
	case m.at == onForm:
		m.at = m.behind
	case m.under == onForm: // help stands over it
		m.under = m.behind
	}
	m.question = noQuestion
	until := ""
	if !msg.review.ExpiresAt.IsZero() {
		until = " until " + book.Date(msg.review.ExpiresAt)
	}
	m.message = fmt.Sprintf("saved: %s reviewed as %s%s", msg.review.Control, book.VerdictWord(msg.review.Verdict), until)
	return m.refreshed().arranged()
}

func (m Model) copied(msg copiedMsg) Model {
	if msg.err != nil {
		m.message = "not copied: " + book.Clean(msg.err.Error())
	} else {
		m.message = "sent to the terminal's clipboard: " + msg.what
	}
	return m
}

// refreshed takes the book's changes over to what is shown.
func (m Model) refreshed() Model {
	m.tree = m.tree.Refresh()
	if m.at == onForm {
		if r := m.book.Row(catalog.ID(m.form.Control())); r != nil {
			m.form = m.form.Seen(*r, m.book.Digest(r.Control.ID))
		}
	}
	if m.at == onInfo {
		m.page = m.page.Show("node", "This node and this session", m.book.DescribeNode(), 12)
	}
	return m.arranged().shown() // a warning more or less moves everything
}

// labelWidth is the width of the labels of the pane.
const labelWidth = 9

// shown shows what the tree's cursor is on in the pane.
func (m Model) shown() Model {
	row, group := m.tree.Selected()
	switch {
	case row != nil:
		title := string(row.Control.ID) + "  " + row.Verdict()
		m.pane = m.pane.Show("c"+string(row.Control.ID), title, m.book.Describe(row.Control.ID), labelWidth)
	case group != nil:
		groups, _ := m.book.Groups(m.tree.Order(), m.tree.Filter(), true)
		title := book.Clean(group.Title)
		if group.ID != "" {
			title = group.ID + "  " + title
		}
		m.pane = m.pane.Show("g"+group.Key, title, m.book.DescribeGroup(group, groups), labelWidth)
	default:
		var items []book.Item
		title := "Nothing selected"
		if n, ok := m.tree.OnOffNode(); ok {
			title = "Other nodes"
			items = []book.Item{{Kind: book.Para, Text: fmt.Sprintf("%d controls are about components that this kind of node does not run. They are not counted. enter shows or hides them.", n)}}
		}
		m.pane = m.pane.Show("none", title, items, labelWidth)
	}
	return m
}

// do does what a screen asked.
func (m Model) do(a screen.Action) (Model, tea.Cmd) {
	switch a := a.(type) {
	case screen.Select:
		return m.arranged().shown(), nil
	case screen.Open:
		m.at = onPane
		return m.arranged(), nil
	case screen.Back:
		return m.back()
	case screen.Step:
		tree, ok := m.tree.Step(a.By)
		if !ok {
			m.message = "there is no further control that way"
			return m, nil
		}
		m.tree = tree
		return m.shown(), nil
	case screen.SetFilter:
		m.tree = m.tree.WithFilter(a.Filter)
		return m.arranged().shown(), nil
	case screen.Copy:
		return m, m.env.copy(a.Text, a.What)
	case screen.Save:
		m.save++
		return m, m.env.save(m.save, a.Review)
	case screen.Rebind:
		if r := m.book.Row(catalog.ID(m.form.Control())); r != nil {
			m.form = m.form.Rebind(*r, m.book.Digest(r.Control.ID))
			m.message = "bound to the finding as it is now"
		}
	case screen.Say:
		m.message = a.Text
	}
	return m, nil
}

// back leaves what is in front.
func (m Model) back() (Model, tea.Cmd) {
	switch m.at {
	case onForm:
		if m.form.Dirty() {
			m.question = discardForm
			return m, nil
		}
		m.at = m.behind
	case onFilter:
		m.at = onTree
	case onHelp, onInfo:
		m.at = m.under
	case onPane:
		m.at, m.zoom = onTree, false
	}
	return m.arranged().shown(), nil
}

// reviewable says why the control cannot be reviewed now, or "".
func (m Model) reviewable(r *book.Row) string {
	switch {
	case r == nil:
		return "a reviews a control: put the cursor on one"
	case m.book.Header.NoReview != "":
		return "reviews cannot be saved here: " + book.Clean(m.book.Header.NoReview)
	case r.Finding == nil && m.run.on:
		return string(r.Control.ID) + " is still being audited: a review is bound to what was seen"
	case r.Finding == nil:
		return string(r.Control.ID) + " was not audited: r audits it, a review is bound to what was seen"
	case !m.book.Loaded:
		return "the texts are still being read: a review is bound to what the control asks"
	}
	return ""
}

// runnable says why no audit can be started now, or "".
func (m Model) runnable() string {
	switch {
	case m.run.ending:
		return "the cancelled audit has not ended yet"
	case m.run.on:
		return "an audit is under way: esc cancels it"
	}
	return ""
}
