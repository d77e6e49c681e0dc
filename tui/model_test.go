package tui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
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

// Findings land as they come; progress shows once the run is slow, and the counts
// with it.
func TestProgress(t *testing.T) {
	b := newFake()
	b.hold = make(chan struct{})
	var queue []tea.Cmd
	s := &session{t: t, m: New(context.Background(), options(b), io.Discard, theme.With(termenv.Ascii, false, false)), queue: &queue}
	s.m.env.after = func(time.Duration, func() tea.Msg) tea.Cmd { return nil }
	s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.send(startMsg{fixture.Now})
	s.has("not yet 14").lacks("auditing")
	s.send(slowMsg{s.m.run.n})
	s.has("auditing 0 of 14", "esc cancels")
	f := b.findings["1.2.9"]
	s.send(heardMsg{run: s.m.run.n, heard: []Event{{Finding: &f, Done: 1, Of: 14}}, bases: []string{f.Basis()}, at: fixture.Now})
	s.has("auditing 1 of 14", "fail 1 (1 known, 0 regr)", "not yet 13")

	// Esc cancels: what comes later is dropped, and what was settled stands.
	s.press("esc").has("cancelling")
	late := b.findings["1.2.1"]
	s.send(heardMsg{run: s.m.run.n, heard: []Event{{Finding: &late, Done: 2, Of: 14}}, bases: []string{late.Basis()}, at: fixture.Now})
	s.has("not yet 13")
	s.press("r").has("has not ended yet")
	s.send(heardMsg{run: s.m.run.n, ended: true, at: fixture.Now})
	s.has("cancelled: 1 of 14 were audited", "not yet 13").lacks("esc cancels")
}

// A cancelled audit is really cancelled: its context ends.
func TestCancelEndsTheContext(t *testing.T) {
	b := newFake()
	b.hold = make(chan struct{})
	s := &session{t: t, m: New(context.Background(), options(b), io.Discard, theme.With(termenv.Ascii, false, false))}
	var queue []tea.Cmd
	s.queue = &queue
	s.m.env.after = func(time.Duration, func() tea.Msg) tea.Cmd { return nil }
	s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.send(startMsg{fixture.Now})
	answer := make(chan tea.Msg, 1)
	go func() {
		for _, c := range queue {
			for _, msg := range flat(c) {
				if m, ok := msg.(heardMsg); ok {
					answer <- m
				}
			}
		}
	}()
	b.hold <- struct{}{}
	s.got(<-answer) // the first finding
	s.press("esc")
	msg := queue[len(queue)-1]() // the next listen: it answers only because the context ended
	if m := msg.(heardMsg); !m.ended {
		t.Fatalf("the audit did not end: %+v", m)
	}
	s.got(msg)
	s.has("cancelled: 1 of 14")
}

func flat(c tea.Cmd) []tea.Msg {
	if c == nil {
		return nil
	}
	switch m := c().(type) {
	case tea.BatchMsg:
		var all []tea.Msg
		for _, c := range m {
			all = append(all, flat(c)...)
		}
		return all
	default:
		return []tea.Msg{m}
	}
}

// Replies to an earlier run change nothing.
func TestStaleRun(t *testing.T) {
	b := newFake()
	s := open(t, options(b), 80, 24)
	s.to("1.2.1")
	f := b.findings["1.2.1"]
	f.Status, f.ReasonCode = audit.Fail, audit.NotMet
	s.send(heardMsg{run: s.m.run.n - 1, heard: []Event{{Finding: &f}}, bases: []string{""}, ended: true})
	if got := s.m.book.Row("1.2.1").Finding.Status; got != audit.Pass {
		t.Fatalf("an answer to an earlier run was taken: %v", got)
	}
	s.send(slowMsg{s.m.run.n})
	s.lacks("auditing")
}

// r re-runs one control, R the group, ctrl+r everything.
func TestRerun(t *testing.T) {
	b := newFake()
	s := open(t, options(b), 80, 24)
	s.press("r").has("put the cursor on one")
	s.to("1.2.6").press("r").has("1.2.6 re-run: nothing changed")
	s.press("R").has("1.2 API Server re-run: nothing changed")
	s.press("ctrl+r").has("everything re-run")
	want := "[[] [1.2.6] [1.2.1 1.2.6 1.2.9 1.2.30] []]"
	if got := fmt.Sprint(b.audits); got != want {
		t.Fatalf("audits %s, want %s", got, want)
	}
	f := b.findings["1.2.6"]
	f.Status, f.ReasonCode, f.Reason = audit.Fail, audit.NotMet, "AlwaysAllow is among the modes"
	b.findings["1.2.6"] = f
	s.press("r").has("1.2.6 changed: ok -> FAIL", "*", "REGR")
	s.press("enter").has("Before   pass: AlwaysAllow is not among", "Now      FAIL: AlwaysAllow is among")
}

// An audit that could not run says so, and stays said until the next one.
func TestAuditFails(t *testing.T) {
	b := newFake()
	b.failure = errors.New("open /proc: permission denied")
	s := open(t, options(b), 80, 24)
	s.has("! the audit ended early: open /proc: permission denied")
	s.press("j").has("ended early")
	b.failure = nil
	s.press("ctrl+r").lacks("ended early")
}

// A review is written, saved before the form closes, and shown.
func TestReview(t *testing.T) {
	b := newFake()
	var queue []tea.Cmd
	s := open(t, options(b), 80, 24)
	s.to("5.1.1").press("a", "p", "tab", "text:Only break-glass.", "tab", "text:OPS-12")
	s.queue = &queue
	s.press("ctrl+s")
	s.has("saving...")
	if len(queue) != 1 || len(b.saved) != 0 {
		t.Fatalf("%d commands, %d saved", len(queue), len(b.saved))
	}
	s.press("text:x", "esc").has("saving...", "the review is being saved") // no key is lost into the void, none changes what is saved
	s.press("ctrl+s")
	if len(queue) != 1 {
		t.Fatalf("a second save was started: %d", len(queue))
	}
	s.queue = nil
	s.run(queue[0])
	s.has("saved: 5.1.1 reviewed as pass until 2027-02-20", "rev ok")
	got := b.saved[0]
	want := audit.Review{Control: "5.1.1", Verdict: audit.VerdictPass, Rationale: "Only break-glass.", Evidence: "OPS-12", Author: fixture.Author,
		At: fixture.Now, ExpiresAt: time.Date(2027, 2, 20, 0, 0, 0, 0, time.UTC), Basis: b.findings["5.1.1"].Basis(), ControlDigest: fixture.Digest("5.1.1"), Seq: 2}
	if got != want {
		t.Fatalf("saved %+v\nwant  %+v", got, want)
	}
	s.press("enter").has("Verdict  pass, current", "Because  Only break-glass.", "Saw      OPS-12")
}

// A save that fails keeps the form and everything typed.
func TestReviewSaveFails(t *testing.T) {
	b := newFake()
	b.saveErr = errors.New("no space left on device")
	s := open(t, options(b), 80, 24)
	s.to("5.1.1").press("a", "f", "tab", "text:Too many.", "ctrl+s")
	s.has("Review 5.1.1", "Too many.", "ERROR: not saved: no space left on device")
	b.saveErr = nil
	s.press("ctrl+s").has("saved: 5.1.1 reviewed as fail")
	if len(b.saved) != 1 {
		t.Fatalf("saved %d", len(b.saved))
	}
}

// What is wrong with a form is said where it is, and nothing is saved.
func TestReviewRules(t *testing.T) {
	tests := []struct {
		name string
		keys []string
		want string
	}{
		{"no verdict", []string{"tab", "text:why", "ctrl+s"}, "choose a verdict"},
		{"no rationale", []string{"p", "ctrl+s"}, "a rationale is required"},
		{"blank rationale", []string{"p", "tab", "text:   ", "ctrl+s"}, "a rationale is required"},
		{"no author", []string{"p", "tab", "text:why", "shift+tab", "shift+tab", "ctrl+u", "ctrl+s"}, "an author is required"},
		{"no date", []string{"p", "tab", "text:why", "tab", "tab", "ctrl+u", "ctrl+s"}, "a date is required"},
		{"not a date", []string{"p", "tab", "text:why", "tab", "tab", "ctrl+u", "text:1m", "ctrl+s"}, "not of the form"},
		{"today", []string{"p", "tab", "text:why", "tab", "tab", "ctrl+u", "text:2026-11-22", "ctrl+s"}, "has passed already"},
		{"too far", []string{"p", "tab", "text:why", "tab", "tab", "ctrl+u", "text:2027-11-23", "ctrl+s"}, "too far: at the latest 2027-11-22"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newFake()
			s := open(t, options(b), 80, 24)
			s.to("5.1.1").press("a").press(tt.keys...)
			s.has("ERROR: ", tt.want)
			if len(b.saved) != 0 {
				t.Fatalf("saved %+v", b.saved)
			}
		})
	}
}

// The form asks before it throws text away, q is a letter in a field, and ctrl+c
// always quits.
func TestReviewDiscard(t *testing.T) {
	s := open(t, options(newFake()), 80, 24)
	s.to("5.1.1").press("a", "esc").lacks("Review 5.1.1", "Discard")
	s.press("a", "tab", "text:q?", "esc").has("Discard what you typed?", "q?")
	s.press("x").has("Discard") // no other key is an answer
	s.press("n").has("Review 5.1.1", "q?").lacks("Discard")
	s.press("shift+tab", "q").has("Discard what you typed?")
	s.press("y").lacks("Review 5.1.1").has("discarded")
	s.press("a", "tab", "text:again")
	if _, cmd := s.m.Update(named["ctrl+c"]); cmd == nil || cmd() != tea.Quit() {
		t.Fatal("ctrl+c does not quit out of the form")
	}
}

// The finding that changes under an open form is told, and the form stays bound to
// what was on the screen until it is asked otherwise.
func TestReviewBinding(t *testing.T) {
	b := newFake()
	s := open(t, options(b), 80, 24)
	s.to("5.1.1").press("a", "p", "tab", "text:why")
	f := b.findings["5.1.1"]
	f.Evidence = []audit.Evidence{fixture.Listing("subjects of cluster-admin", "User eve")}
	before := b.findings["5.1.1"].Basis()
	s.send(heardMsg{run: s.m.run.n, heard: []Event{{Finding: &f}}, bases: []string{f.Basis()}, at: fixture.Now, ended: true})
	s.has("an EARLIER finding", "why")
	s.press("ctrl+s")
	if b.saved[0].Basis != before {
		t.Fatal("the review was bound to evidence that was not on the screen")
	}
	s.has("stale")
	s.press("a", "p", "tab", "text: again", "ctrl+s")
	if b.saved[1].Basis != f.Basis() {
		t.Fatal("the second review is bound to the old evidence")
	}
	s.has("rev ok")

	g := f
	g.Evidence = []audit.Evidence{fixture.Listing("subjects of cluster-admin", "User eve", "User mallory")}
	s.press("a", "p", "ctrl+r").has("has not changed since the form opened")
	s.send(heardMsg{run: s.m.run.n, heard: []Event{{Finding: &g}}, bases: []string{g.Basis()}, at: fixture.Now, ended: true})
	s.press("ctrl+r").has("bound to the finding as it is now").lacks("EARLIER")
	s.press("tab", "text: third", "ctrl+s")
	if b.saved[2].Basis != g.Basis() {
		t.Fatal("ctrl+r did not bind the form to the new evidence")
	}
}

// A key that cannot act says why.
func TestReasons(t *testing.T) {
	b := newFake()
	o := options(b)
	o.Header.NoReview = "another mkeaudit holds the session (pid 71)"
	s := open(t, o, 80, 24)
	s.press("a").has("put the cursor on one")
	s.to("1.2.1").press("a").has("cannot be saved here: another mkeaudit holds the session")
	s.press("o").has("no control here is about another kind")
	s.press("x").has("nothing").lacks("panic")
	s.press("w").has("w does nothing here")
	s.press("esc").has("nothing to cancel")

	s = open(t, options(b), 60, 15)
	s.press("z").has("too narrow")
	s.press("J").has("does not show")
	s.press("tab", "space").has("nothing to unfold")
	s.press("?", "]").has("only this page")

	// not settled, not loaded
	var queue []tea.Cmd
	s = &session{t: t, m: New(context.Background(), options(b), io.Discard, theme.With(termenv.Ascii, false, false)), queue: &queue}
	s.m.env.after = func(time.Duration, func() tea.Msg) tea.Cmd { return nil }
	s.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.send(startMsg{fixture.Now})
	s.to("1.2.1").press("a").has("still being audited")
	s.press("r").has("an audit is under way: esc cancels it")
	f := b.findings["1.2.1"]
	s.send(heardMsg{run: s.m.run.n, heard: []Event{{Finding: &f}}, bases: []string{f.Basis()}, at: fixture.Now})
	s.press("a").has("texts are still being read")
}

// The clock moves: a review expires while the screen is open.
func TestExpiresWhileOpen(t *testing.T) {
	s := open(t, options(newFake()), 80, 24)
	s.to("5.1.8").has("rev ok")
	s.send(tickMsg{fixture.Now.AddDate(1, 0, 0)})
	s.has("expired").lacks("rev ok")
}

// Search is incremental over number, title and text, and keys are letters in it.
func TestSearch(t *testing.T) {
	s := open(t, options(newFake()), 80, 24)
	s.press("/", "text:1.2.30").has("1 of 14", "1.2.30")
	s.press("esc", "/", "text:aescbc qrn").has("0 of 14", "No control matches")
	s.press("ctrl+w").lacks("No control matches")
	s.press("enter", "x").has("1.1 Control Plane Node")
	s.press("/", "text:eventratelimit", "enter", "n").has("needs me, /eventratelimit")
	s.press("esc").lacks("needs me,")
}

// Copying goes to the terminal as OSC 52, cleaned.
func TestCopy(t *testing.T) {
	b := newFake()
	f := b.findings["1.2.1"]
	f.Evidence = []audit.Evidence{fixture.APIServer("anonymous-auth", "false", fixture.Ptr("false\x1b]52;c;ZXZpbA==\a\nrm -rf /"), true)}
	b.findings["1.2.1"] = f
	var out bytes.Buffer
	s := open(t, options(b), 80, 24)
	s.m.env.out = &out
	s.to("1.2.1").press("y").has("sent to the terminal's clipboard: number and title")
	if got, want := out.String(), ansi.SetSystemClipboard("1.2.1 Ensure that the --anonymous-auth argument is set to false."); got != want {
		t.Fatalf("wrote %q, want %q", got, want)
	}
	out.Reset()
	s.press("enter")
	for range 40 {
		if strings.Contains(lineOf(s.frame(), "❯Seen"), "Seen") {
			break
		}
		s.press("j")
	}
	s.press("y").has("clipboard: Seen")
	got := out.String()
	if !strings.HasPrefix(got, "\x1b]52;c;") || strings.Count(got, "\x1b") > 2 || strings.ContainsAny(got[1:], "\n") {
		t.Fatalf("wrote %q", got)
	}
}

func lineOf(frame, part string) string {
	for _, l := range strings.Split(frame, "\n") {
		if strings.Contains(l, part) {
			return l
		}
	}
	return ""
}

// hostile is text as a pod might choose it for its name.
var hostile = []string{
	"\x1b[2J\x1b[H\x1b]0;owned\a", "\u202egnp.exe", "\u2066a\u2069", "宽宽宽宽宽宽宽宽宽宽宽宽", "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
	"\U0001F468\u200d\U0001F469\u200d\U0001F467\U0001F3FD", "\U0001F1E9\U0001F1EA", "a\tb\nc\r\nd\x00\x7f\u0085\u009b31m", "\xff\xfe\x80", "\x1bPq\x1b", "1\ufe0f\u20e3",
	strings.Repeat("A", 10_000), strings.Repeat("宽", 3_000), strings.Repeat("\u0301", 3_000), strings.Repeat("a ", 5_000), "\u3164\u115f", "ﷺ", "\u1100\u1161\u11a8",
}

// Text from the node, the session and the backend drives nothing and stays inside
// its line, wherever it is drawn.
func TestHostile(t *testing.T) {
	for i, h := range hostile {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			b := newFake()
			for id, f := range b.findings {
				f.Reason, f.Remarks = h, []string{h, h}
				f.Evidence = []audit.Evidence{{Source: h, Subject: h, Actual: &h, Expected: &h, Origin: h, Note: h, Rows: []string{h, h, h},
					Locator: audit.Locator{Container: &h, Path: &h, HostPath: &h}, Met: fixture.Ptr(false), State: 1}}
				b.findings[id] = f
			}
			o := options(b)
			o.Header = Header{Node: h, Roles: []string{h, h}, Kubernetes: h, Product: h, Warnings: []string{h, h}, Session: h, Kind: Snapshot, RecordedAt: fixture.Now}
			o.Author = h
			o.Reviews = map[catalog.ID]audit.Review{"1.2.9": {Control: "1.2.9", Verdict: audit.VerdictFail, Rationale: h, Evidence: h, Author: h, At: fixture.Now}}
			o.Risks = map[catalog.ID]audit.AcceptedRisk{"1.2.9": {Control: "1.2.9", By: h, Reason: h, Ref: h}}
			sizes := [][2]int{{80, 24}, {60, 15}, {132, 43}}
			if raceEnabled {
				sizes = sizes[:1] // the widths do not depend on who watches
			}
			for _, wh := range sizes {
				s := open(t, o, wh[0], wh[1])
				s.to("1.2.9").press("enter", "space", "G", "space", "ctrl+u", "z", "i", "esc", "f", "esc", "/", "text:"+h[:min(len(h), 40)], "enter", "x")
				s.to("1.2.9").press("a", "p", "tab")
				s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(h), Paste: true})
				s.press("up", "down", "home", "left", "tab", "tab", "tab", "esc", "y")
				b.failure, b.saveErr = errors.New(h), errors.New(h)
				s.press("ctrl+r").to("1.2.9").press("a", "p", "tab", "text:x", "ctrl+s", "ctrl+c")
			}
		})
	}
}

// Whatever is pressed on whatever size: no frame leaves the terminal, nothing
// panics, and the cursor stays on something.
func TestRandomKeysAndSizes(t *testing.T) {
	keys := []string{"up", "down", "left", "right", "pgup", "pgdown", "home", "end", "enter", "esc", "tab", "shift+tab", "space", "backspace", "ctrl+s", "ctrl+r",
		"ctrl+u", "ctrl+d", "ctrl+w", "ctrl+k", "r", "R", "a", "/", "f", "n", "t", "s", "x", "z", "J", "K", "i", "?", "y", "q", "p", "+", "-", "o", "[", "]", "g", "G", "j", "k",
		"text:anon", "text:宽e\u0301", "1", "2"}
	seeds := 16
	if testing.Short() || raceEnabled {
		seeds = 4
	}
	for seed := range seeds {
		r := rand.New(rand.NewSource(int64(seed)))
		b := newFake()
		s := open(t, options(b), 80, 24)
		var trace []string
		for range 250 {
			switch r.Intn(12) {
			case 0:
				w, h := 1+r.Intn(150), 1+r.Intn(50)
				trace = append(trace, size(w, h))
				s.send(tea.WindowSizeMsg{Width: w, Height: h})
			case 1:
				id := b.order[r.Intn(len(b.order))]
				f := b.findings[id]
				code := []audit.ReasonCode{audit.Met, audit.NotMet, audit.OffNode, audit.NeedsRights, audit.PersonDecides}[r.Intn(5)]
				f.ReasonCode, f.Status = code, code.Status()
				b.findings[id] = f
			default:
				k := keys[r.Intn(len(keys))]
				trace = append(trace, k)
				func() {
					defer func() {
						if p := recover(); p != nil {
							t.Fatalf("seed %d, after %v: %v", seed, trace, p)
						}
					}()
					s.press(k)
				}()
			}
			if t.Failed() {
				t.Fatalf("seed %d, after %v", seed, trace)
			}
		}
	}
}

// FuzzKeys is the same with keys and sizes from the fuzzer.
func FuzzKeys(f *testing.F) {
	f.Add([]byte("nf jj\rtRsa"))
	f.Add([]byte{80, 24, 0, 60, 15, 'a', 'p'})
	bench := fixture.Benchmark()
	f.Fuzz(func(t *testing.T, in []byte) {
		o := options(newFake())
		o.Benchmark = bench
		s := open(t, o, 80, 24)
		for i := 0; i < len(in) && i < 200; i++ {
			switch c := in[i]; {
			case c < 32 && c != 3: // ctrl+c ends it
				s.send(tea.KeyMsg{Type: tea.KeyType(c)})
			case c >= 128 && i+1 < len(in):
				s.send(tea.WindowSizeMsg{Width: int(c - 127), Height: int(in[i+1])%60 + 1})
			case c >= 32 && c < 127:
				s.press(string(rune(c)))
			}
		}
	})
}
