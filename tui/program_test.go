package tui

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/teatest"
	"github.com/muesli/termenv"

	"mkeaudit/audit"
	"mkeaudit/tui/internal/fixture"
	"mkeaudit/tui/theme"
)

// The whole program: it starts, audits, takes a review and leaves.
func TestProgram(t *testing.T) {
	b := newFake()
	m := New(context.Background(), options(b), io.Discard, theme.With(termenv.Ascii, false, false))
	tm := teatest.NewTestModel(t, m, teatest.WithInitialTermSize(80, 24))
	wait := func(text string) {
		t.Helper()
		teatest.WaitFor(t, tm.Output(), func(out []byte) bool { return bytes.Contains(out, []byte(text)) },
			teatest.WithDuration(10*time.Second), teatest.WithCheckInterval(5*time.Millisecond))
	}
	wait("13 of 14 determined")
	for _, k := range []string{"/", "5", ".", "1", ".", "1", "enter"} {
		tm.Send(keyOf(k))
	}
	wait("cluster-admin role")
	tm.Send(keyOf("a"))
	wait("Rationale")
	for _, k := range []string{"p", "tab", "w", "h", "y", "ctrl+s"} {
		tm.Send(keyOf(k))
	}
	wait("saved: 5.1.1 reviewed as pass")
	tm.Send(keyOf("q"))
	final := tm.FinalModel(t, teatest.WithFinalTimeout(10*time.Second)).(Model)
	if len(b.saved) != 1 || b.saved[0].Rationale != "why" || b.saved[0].Verdict != audit.VerdictPass {
		t.Fatalf("saved %+v", b.saved)
	}
	if got := final.book.Row("5.1.1").State; got != audit.ReviewCurrent {
		t.Fatalf("the review is %v", got)
	}
}

// Run leaves on q, and when its context ends.
func TestRun(t *testing.T) {
	o := options(newFake())
	var out bytes.Buffer
	o.In, o.Out = strings.NewReader("q"), &out
	done := make(chan error, 1)
	go func() { done <- Run(context.Background(), o) }()
	await(t, done)
	for _, query := range []string{"\x1b]11;?", "\x1b[6n", "\x1b]10;?"} {
		if strings.Contains(out.String(), query) {
			t.Errorf("the terminal is asked %q", query)
		}
	}

	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	defer w.Close()
	o.In = r
	o.Out = io.Discard
	go func() { done <- Run(ctx, o) }()
	cancel()
	await(t, done)
}

func await(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
}

// Leaving waits for a save that is under way.
func TestQuitWaitsForSave(t *testing.T) {
	b := &slowSave{fake: newFake(), begun: make(chan struct{}), end: make(chan struct{})}
	m := New(context.Background(), options(b), io.Discard, theme.With(termenv.Ascii, false, false))
	save := m.env.save(1, audit.Review{Control: "1.2.1"})
	go save()
	<-b.begun
	waited := make(chan error, 1)
	go func() { waited <- m.env.wait() }()
	select {
	case <-waited:
		t.Fatal("it did not wait")
	default:
	}
	close(b.end)
	await(t, waited)
	if len(b.saved) != 1 || b.saved[0].At != fixture.Now {
		t.Fatalf("saved %+v", b.saved)
	}
}

type slowSave struct {
	*fake
	begun, end chan struct{}
}

func (s *slowSave) SaveReview(ctx context.Context, r audit.Review) (audit.Review, error) {
	close(s.begun)
	<-s.end
	return s.fake.SaveReview(ctx, r)
}
