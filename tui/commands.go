package tui

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// Everything that touches the outside is in this file, as commands. A command is a
// function of values: it reads no field of the model while it runs. Every reply
// says whom it answers.

const (
	slowAfter = 200 * time.Millisecond // what takes longer shows its progress
	tickEvery = 20 * time.Second       // how often the clock moves, so that reviews expire while the screen is open
	batch     = 256                    // events that one reply holds at most
	gather    = 8 * time.Millisecond   // how long a reply waits for further events: about one frame
	saveGrace = 5 * time.Second        // how long quitting waits for a save under way
)

// env is what commands act on.
type env struct {
	out     io.Writer
	backend Backend
	texts   func() (catalog.Texts, error)
	advice  func() (catalog.Advice, error)
	digest  func(catalog.ID) string
	now     func() time.Time
	saves   *sync.WaitGroup
	after   func(time.Duration, func() tea.Msg) tea.Cmd
}

// later gives a message after a while.
func later(d time.Duration, msg func() tea.Msg) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return msg() })
}

type (
	// startMsg opens the screen: the clock is known.
	startMsg struct{ now time.Time }
	// tickMsg moves the clock.
	tickMsg struct{ now time.Time }
	// slowMsg says that a run takes longer than the eye forgives.
	slowMsg struct{ run int }
	// heardMsg is what an audit reported.
	heardMsg struct {
		run    int
		events <-chan Event
		heard  []Event
		bases  []string // Finding.Basis of each event that has one
		at     time.Time
		ended  bool
	}
	// loadedMsg is what is read after the first frame.
	loadedMsg struct {
		texts               catalog.Texts
		advice              catalog.Advice
		digests             map[catalog.ID]string
		textsErr, adviceErr error
	}
	// savedMsg answers a save.
	savedMsg struct {
		save   int
		review audit.Review
		err    error
	}
	// copiedMsg answers a copy.
	copiedMsg struct {
		what string
		err  error
	}
)

// start reads the clock.
func (e env) start() tea.Cmd {
	return func() tea.Msg { return startMsg{e.now()} }
}

// tick reads the clock after a while.
func (e env) tick() tea.Cmd {
	return e.after(tickEvery, func() tea.Msg { return tickMsg{e.now()} })
}

// slow waits until a run counts as slow.
func (e env) slow(run int) tea.Cmd {
	return e.after(slowAfter, func() tea.Msg { return slowMsg{run} })
}

// audit begins an audit and reports what it hears first.
func (e env) audit(ctx context.Context, run int, ids []catalog.ID) tea.Cmd {
	return func() tea.Msg { return e.hear(run, e.backend.Audit(ctx, ids)) }
}

// listen reports what an audit says next.
func (e env) listen(run int, events <-chan Event) tea.Cmd {
	return func() tea.Msg { return e.hear(run, events) }
}

// hear waits for an event and takes along what else comes within a frame, so that
// a fast audit costs a few frames and a slow one is seen as it goes.
func (e env) hear(run int, events <-chan Event) heardMsg {
	m := heardMsg{run: run, events: events}
	take := func(ev Event, ok bool) bool {
		if !ok {
			m.ended = true
			return false
		}
		basis := ""
		if ev.Finding != nil {
			basis = ev.Finding.Basis()
		}
		m.heard, m.bases = append(m.heard, ev), append(m.bases, basis)
		return len(m.heard) < batch
	}
	ev, ok := <-events
	more := take(ev, ok)
	full := time.NewTimer(gather)
	defer full.Stop()
	for more {
		select {
		case ev, ok := <-events:
			more = take(ev, ok)
		case <-full.C:
			more = false
		}
	}
	m.at = e.now()
	return m
}

// load reads texts and advice, and the digests that reviews are bound to.
func (e env) load(ids []catalog.ID) tea.Cmd {
	return func() tea.Msg {
		var m loadedMsg
		if e.texts != nil {
			m.texts, m.textsErr = e.texts()
		}
		if e.advice != nil {
			m.advice, m.adviceErr = e.advice()
		}
		m.digests = make(map[catalog.ID]string, len(ids))
		if e.digest != nil {
			for _, id := range ids {
				m.digests[id] = e.digest(id)
			}
		}
		return m
	}
}

// save writes a review down. Leaving the screen does not cancel it.
func (e env) save(n int, r audit.Review) tea.Cmd {
	e.saves.Add(1) // before the command runs, so that quitting at once waits too
	return func() tea.Msg {
		defer e.saves.Done()
		r.At = e.now()
		saved, err := e.backend.SaveReview(context.Background(), r)
		return savedMsg{n, saved, err}
	}
}

// copy asks the terminal to put text into the clipboard. It cannot be known
// whether the terminal does.
func (e env) copy(text, what string) tea.Cmd {
	return func() tea.Msg {
		_, err := io.WriteString(e.out, ansi.SetSystemClipboard(text))
		return copiedMsg{what, err}
	}
}

// wait gives a save under way the time to end.
func (e env) wait() error {
	done := make(chan struct{})
	go func() { e.saves.Wait(); close(done) }()
	timer := time.NewTimer(saveGrace)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return fmt.Errorf("a review was still being saved after %s: look into the session before you rely on it", saveGrace)
	}
}
