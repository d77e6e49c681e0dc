package tui

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"mkeaudit/audit"
	"mkeaudit/catalog"
	"mkeaudit/tui/internal/fixture"
)

// talk runs the linear mode on lines of input.
func talk(t *testing.T, o Options, lines ...string) string {
	t.Helper()
	var out bytes.Buffer
	o.In, o.Out, o.Plain = strings.NewReader(strings.Join(lines, "\n")+"\n"), &out, true
	if err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); s != ansi.Strip(s) || strings.ContainsAny(s, "\r\x1b\x07\b") {
		t.Fatalf("the linear mode moves the cursor: %q", s)
	}
	return out.String()
}

// What one says and what comes back, as a transcript.
func TestPlainGolden(t *testing.T) {
	golden(t, "plain-look", talk(t, options(newFake()), "help", "summary", "sections", "list needs me", "list fail level 1", "list 1.2", "find eventratelimit", "queue", "themes", "quit"))
	golden(t, "plain-read", talk(t, options(newFake()), "list 1.2", "show 1.2.9", "next", "5.1.2", "previous", "node"))
	b := newFake()
	golden(t, "plain-review", talk(t, options(b), "review 5.1.1", "maybe", "pass", "Only break-glass.", "Seen in OPS-12.", "", "OPS-12", "2020-01-01", "", "", "yes", "show", "needs"))
	want := audit.Review{Control: "5.1.1", Verdict: audit.VerdictPass, Rationale: "Only break-glass.\nSeen in OPS-12.", Evidence: "OPS-12", Author: fixture.Author,
		At: fixture.Now, ExpiresAt: b.saved[0].ExpiresAt, Basis: b.findings["5.1.1"].Basis(), ControlDigest: fixture.Digest("5.1.1"), Seq: 2}
	if len(b.saved) != 1 || b.saved[0] != want || b.saved[0].ExpiresAt.Format("2006-01-02") != "2027-02-20" {
		t.Fatalf("saved %+v", b.saved)
	}
}

// What goes wrong is said, and nothing is saved by accident.
func TestPlainFaults(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  string
	}{
		{"unknown command", []string{"dance"}, `Error: unknown command "dance": type help`},
		{"unknown control", []string{"show 9.9.9"}, "Error: there is no control 9.9.9"},
		{"no control", []string{"show"}, "Error: which control?"},
		{"bad filter", []string{"list nonsense"}, `Error: nothing to filter by is called "nonsense"`},
		{"bad level", []string{"list level 7"}, "Error: level is one of: 1, 2"},
		{"nothing to find", []string{"find"}, "Error: find needs words"},
		{"no further", []string{"list 1.2", "show 1.2.30", "next"}, "Error: there is no further control"},
		{"left", []string{"review 5.1.1", ""}, "No review was given."},
		{"discarded", []string{"review 5.1.1", "pass", "why", "", "", "", "", "no"}, "Not saved; the review was discarded."},
		{"input ends", []string{"review 5.1.1", "pass", "why"}, "Error: the input ended: nothing was saved"},
		{"escape", []string{"\x1b[2J"}, `Error: unknown command "\x1b[2J"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newFake()
			if got := talk(t, options(b), tt.lines...); !strings.Contains(got, tt.want) {
				t.Errorf("lacks %q:\n%s", tt.want, got)
			}
			if len(b.saved) > 0 {
				t.Errorf("saved %+v", b.saved)
			}
		})
	}
}

// A save that fails is said, and can be tried again.
func TestPlainSaveFails(t *testing.T) {
	b := newFake()
	b.saveErr = errors.New("disk full")
	got := talk(t, options(b), "review 5.1.1", "fail", "why", "", "", "", "", "yes", "no")
	if !strings.Contains(got, "Not saved: disk full") || len(b.saved) != 0 {
		t.Fatal(got)
	}
	o := options(newFake())
	o.Header.NoReview = "the journal is held"
	if got := talk(t, o, "review 5.1.1"); !strings.Contains(got, "reviews cannot be saved here: the journal is held") {
		t.Fatal(got)
	}
}

// A re-run says what changed.
func TestPlainRerun(t *testing.T) {
	b := newFake()
	o := options(b)
	if got := talk(t, o, "run 1.2.1", "run 1.2", "run"); !strings.Contains(got, "1.2.1 was re-run: nothing changed.") || !strings.Contains(got, "Everything was re-run") {
		t.Fatal(got)
	}
	if len(b.audits) != 4 || len(b.audits[1]) != 1 || len(b.audits[2]) != 4 || len(b.audits[3]) != 0 {
		t.Fatalf("audits %v", b.audits)
	}
	b = newFake()
	again := &changing{fake: b}
	o = options(again)
	if got := talk(t, o, "run 1.2.1", "show 1.2.1"); !strings.Contains(got, "1.2.1 changed: pass before, FAIL now.") || !strings.Contains(got, "Before: pass") {
		t.Fatal(got)
	}
}

// changing fails 1.2.1 from the second audit on.
type changing struct {
	*fake
}

func (c *changing) Audit(ctx context.Context, ids []catalog.ID) <-chan Event {
	if len(c.audits) > 0 {
		f := c.findings["1.2.1"]
		f.Status, f.ReasonCode = audit.Fail, audit.NotMet
		c.findings["1.2.1"] = f
	}
	return c.fake.Audit(ctx, ids)
}

// Hostile text does not drive the terminal here either.
func TestPlainHostile(t *testing.T) {
	for _, h := range hostile {
		b := newFake()
		for id, f := range b.findings {
			f.Reason, f.Evidence = h, []audit.Evidence{{Source: h, Subject: h, Actual: &h, Rows: []string{h}}}
			b.findings[id] = f
		}
		o := options(b)
		o.Header.Node, o.Author = h, h
		talk(t, o, "node", "list", "show 1.2.9 all", "review 5.1.1", "pass", "x", "", h, "", "", "yes")
	}
}
