package tui

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"mkeaudit/audit"
	"mkeaudit/catalog"
	"mkeaudit/tui/internal/fixture"
	"mkeaudit/tui/theme"
)

// updating reports that golden files are written anew. The flag is that of
// charmbracelet/x/exp/golden, which teatest brings along.
func updating() bool { f := flag.Lookup("update"); return f != nil && f.Value.String() == "true" }

// fake is a backend with findings that a test can change.
type fake struct {
	findings map[catalog.ID]audit.Finding
	order    []catalog.ID
	audits   [][]catalog.ID
	header   *Header
	failure  error
	saved    []audit.Review
	saveErr  error
	hold     chan struct{} // where set, an audit reports one finding for each value
}

func newFake() *fake {
	f := &fake{findings: map[catalog.ID]audit.Finding{}}
	for _, x := range fixture.Findings() {
		f.findings[x.Control] = x
		f.order = append(f.order, x.Control)
	}
	return f
}

func (f *fake) Audit(ctx context.Context, ids []catalog.ID) <-chan Event {
	f.audits = append(f.audits, ids)
	if len(ids) == 0 {
		ids = f.order
	}
	var events []Event
	if f.header != nil {
		events = append(events, Event{Header: f.header})
	}
	for i, id := range ids {
		x := f.findings[id]
		events = append(events, Event{Finding: &x, Done: i + 1, Of: len(ids)})
	}
	if f.failure != nil {
		events = append(events, Event{Err: f.failure})
	}
	if f.hold == nil {
		ch := make(chan Event, len(events))
		for _, e := range events {
			ch <- e
		}
		close(ch)
		return ch
	}
	ch := make(chan Event)
	go func() {
		defer close(ch)
		for _, e := range events {
			select {
			case <-f.hold:
			case <-ctx.Done():
				return
			}
			select {
			case ch <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return ch
}

func (f *fake) SaveReview(_ context.Context, r audit.Review) (audit.Review, error) {
	if f.saveErr != nil {
		return audit.Review{}, f.saveErr
	}
	r.Seq = len(f.saved) + 2
	f.saved = append(f.saved, r)
	return r, nil
}

func options(b Backend) Options {
	bench := fixture.Benchmark()
	return Options{Backend: b, Benchmark: bench, Profile: fixture.Profile(),
		Texts:   func() (catalog.Texts, error) { return fixture.Texts(), nil },
		Advice:  func() (catalog.Advice, error) { return fixture.Advice(), nil },
		Reviews: fixture.Reviews(), Header: fixture.Header(), Author: fixture.Author,
		DefaultExpiry: 90 * 24 * time.Hour, MaxExpiry: 365 * 24 * time.Hour,
		ControlDigest: fixture.Digest, Now: func() time.Time { return fixture.Now }}
}

// session drives a model without a program: commands run inline, timers never.
type session struct {
	t *testing.T
	m Model
	// queue, where set, takes the commands instead of running them.
	queue *[]tea.Cmd
}

func open(t *testing.T, o Options, width, height int) *session {
	t.Helper()
	m := New(context.Background(), o, io.Discard, theme.With(termenv.Ascii, false, o.ASCII))
	m.env.after = func(time.Duration, func() tea.Msg) tea.Cmd { return nil }
	s := &session{t: t, m: m}
	s.run(m.Init())
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	return s
}

func (s *session) send(msg tea.Msg) {
	s.t.Helper()
	next, cmd := s.m.Update(msg)
	s.m = next.(Model)
	s.check()
	s.run(cmd)
}

func (s *session) run(cmd tea.Cmd) {
	s.t.Helper()
	if cmd == nil {
		return
	}
	if s.queue != nil {
		*s.queue = append(*s.queue, cmd)
		return
	}
	s.got(cmd())
}

func (s *session) got(msg tea.Msg) {
	s.t.Helper()
	switch msg := msg.(type) {
	case nil, tea.QuitMsg:
	case tea.BatchMsg:
		for _, c := range msg {
			s.run(c)
		}
	default:
		s.send(msg)
	}
}

// frame is the screen without styles.
func (s *session) frame() string { return ansi.Strip(s.m.View()) }

// check asserts the size of the frame, and that nothing in it drives the terminal.
func (s *session) check() {
	s.t.Helper()
	if s.m.width == 0 || s.m.height == 0 {
		return
	}
	checkFrame(s.t, s.m.View(), s.m.width, s.m.height, !s.m.tooSmall())
}

func checkFrame(t *testing.T, view string, width, height int, full bool) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if full && len(lines) != height || len(lines) > height {
		t.Fatalf("%d lines on a screen of %d:\n%s", len(lines), height, view)
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w > width || full && w != width {
			t.Fatalf("line %d is %d cells wide on a screen of %d: %q", i, w, width, l)
		}
	}
	for _, r := range ansi.Strip(view) {
		if r != '\n' && (r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r >= 0x200b && r <= 0x200f || r == 0x1b) {
			t.Fatalf("the frame holds %U", r)
		}
	}
}

var named = map[string]tea.KeyMsg{
	"enter": {Type: tea.KeyEnter}, "esc": {Type: tea.KeyEsc}, "tab": {Type: tea.KeyTab}, "shift+tab": {Type: tea.KeyShiftTab},
	"up": {Type: tea.KeyUp}, "down": {Type: tea.KeyDown}, "left": {Type: tea.KeyLeft}, "right": {Type: tea.KeyRight},
	"pgup": {Type: tea.KeyPgUp}, "pgdown": {Type: tea.KeyPgDown}, "home": {Type: tea.KeyHome}, "end": {Type: tea.KeyEnd},
	"ctrl+c": {Type: tea.KeyCtrlC}, "ctrl+r": {Type: tea.KeyCtrlR}, "ctrl+s": {Type: tea.KeyCtrlS}, "ctrl+u": {Type: tea.KeyCtrlU},
	"ctrl+d": {Type: tea.KeyCtrlD}, "ctrl+w": {Type: tea.KeyCtrlW}, "ctrl+k": {Type: tea.KeyCtrlK}, "backspace": {Type: tea.KeyBackspace},
	"delete": {Type: tea.KeyDelete}, "space": {Type: tea.KeySpace, Runes: []rune{' '}},
}

func keyOf(s string) tea.KeyMsg {
	if k, ok := named[s]; ok {
		return k
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s)}
}

// press presses keys by name; "text:..." types letter by letter.
func (s *session) press(keys ...string) *session {
	s.t.Helper()
	for _, k := range keys {
		if text, ok := strings.CutPrefix(k, "text:"); ok {
			for _, r := range text {
				if r == ' ' {
					s.send(named["space"])
					continue
				}
				s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
			}
			continue
		}
		s.send(keyOf(k))
	}
	return s
}

// to puts the cursor on a control, by searching for it.
func (s *session) to(id catalog.ID) *session {
	s.t.Helper()
	s.press("+")
	for range 200 {
		if row, _ := s.m.tree.Selected(); row != nil && row.Control.ID == id {
			return s
		}
		s.press("j")
	}
	s.t.Fatalf("no control %s in the tree:\n%s", id, s.frame())
	return s
}

func (s *session) has(parts ...string) *session {
	s.t.Helper()
	for _, p := range parts {
		if !strings.Contains(s.frame(), p) {
			s.t.Fatalf("the frame lacks %q:\n%s", p, s.frame())
		}
	}
	return s
}

func (s *session) lacks(parts ...string) *session {
	s.t.Helper()
	for _, p := range parts {
		if strings.Contains(s.frame(), p) {
			s.t.Fatalf("the frame has %q:\n%s", p, s.frame())
		}
	}
	return s
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	if updating() {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%s is missing: run go test ./tui -update and look at what it writes", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./tui -update writes it anew)\n--- want\n%s\n--- got\n%s", path, want, got)
	}
}

func size(w, h int) string { return fmt.Sprintf("%dx%d", w, h) }
