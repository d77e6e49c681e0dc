package tui

import (
	"testing"

	"mkeaudit/audit"
	"mkeaudit/tui/internal/fixture"
)

// Golden frames: what a person sees, without styles, at the sizes that matter.
func TestGolden(t *testing.T) {
	sizes := [][2]int{{80, 24}, {132, 43}, {60, 15}}
	tests := []struct {
		name string
		keys func(s *session)
	}{
		{"tree", func(s *session) {}},
		{"tree-open", func(s *session) { s.press("+") }},
		{"pane", func(s *session) { s.to("1.2.9").press("enter") }},
		{"pane-unknown", func(s *session) { s.to("1.2.30").press("enter") }},
		{"pane-manual", func(s *session) { s.to("5.1.2").press("enter") }},
		{"pane-end", func(s *session) { s.to("1.2.9").press("enter", "G") }},
		{"needs-me", func(s *session) { s.press("n") }},
		{"filter", func(s *session) { s.press("f", "j", "j", "space", "G") }},
		{"filtered", func(s *session) { s.press("f", "j", "j", "space", "esc") }},
		{"search", func(s *session) { s.press("/", "text:anonymous") }},
		{"search-nothing", func(s *session) { s.press("/", "text:zeppelin") }},
		{"themes", func(s *session) { s.press("t", "+") }},
		{"queue", func(s *session) { s.press("s") }},
		{"help", func(s *session) { s.press("?") }},
		{"node", func(s *session) { s.press("i") }},
		{"form", func(s *session) { s.to("5.1.1").press("a") }},
		{"form-error", func(s *session) {
			s.to("1.2.9").press("a", "f", "tab", "text:It is optional here.", "tab", "tab", "ctrl+u", "text:2020-01-01", "ctrl+s")
		}},
		{"form-stale", func(s *session) { s.to("5.1.2").press("a", "p", "tab", "text: Still so.") }},
		{"discard", func(s *session) { s.to("5.1.1").press("a", "tab", "text:half a thought", "esc") }},
	}
	for _, tt := range tests {
		for _, wh := range sizes {
			name := tt.name + "-" + size(wh[0], wh[1])
			t.Run(name, func(t *testing.T) {
				s := open(t, options(newFake()), wh[0], wh[1])
				tt.keys(s)
				golden(t, name, s.frame())
			})
		}
	}
}

// After a re-run that changed something, before and after stand in the pane.
func TestGoldenRerun(t *testing.T) {
	for _, wh := range [][2]int{{80, 24}, {132, 43}, {60, 15}} {
		name := "rerun-" + size(wh[0], wh[1])
		t.Run(name, func(t *testing.T) {
			b := newFake()
			s := open(t, options(b), wh[0], wh[1])
			s.to("1.2.9")
			f := b.findings["1.2.9"]
			f.Status, f.ReasonCode, f.Reason = audit.Pass, audit.Met, "the admission plugin EventRateLimit is enabled"
			f.Evidence = []audit.Evidence{fixture.APIServer("enable-admission-plugins", "EventRateLimit among the enabled plugins", fixture.Ptr("NodeRestriction,EventRateLimit"), true)}
			b.findings["1.2.9"] = f
			s.press("r", "enter")
			golden(t, name, s.frame())
		})
	}
}

// Where a recording, a demonstration or an ASCII terminal is shown, it is said.
func TestGoldenKinds(t *testing.T) {
	o := options(newFake())
	o.Header.Kind, o.Header.RecordedAt = Snapshot, fixture.Now.AddDate(0, 0, -2)
	o.Header.Warnings = []string{"This is MKE 3.7.5; the published results are for 3.7.2.", "Not everything could be seen: not root."}
	golden(t, "snapshot-80x24", open(t, o, 80, 24).frame())
	golden(t, "snapshot-60x15", open(t, o, 60, 15).frame())

	o = options(newFake())
	o.Header.Kind = Demo
	golden(t, "demo-80x24", open(t, o, 80, 24).frame())

	o = options(newFake())
	o.ASCII = true
	golden(t, "ascii-80x24", open(t, o, 80, 24).press("+").frame())
	golden(t, "small-50x10", open(t, options(newFake()), 50, 10).frame())
	golden(t, "small-20x3", open(t, options(newFake()), 20, 3).frame())
}

// A worker hides the master's controls behind one line.
func TestGoldenWorker(t *testing.T) {
	b := newFake()
	for id := range b.findings {
		if id[0] == '1' || id[0] == '2' {
			b.findings[id] = audit.Finding{Control: id, Status: audit.NotApplicable, ReasonCode: audit.OffNode, Reason: "this node does not run the API server"}
		}
	}
	o := options(b)
	o.Header.Node, o.Header.Roles = "wrk-07", []string{"worker"}
	s := open(t, o, 80, 24)
	golden(t, "worker-80x24", s.frame())
	s.press("G", "enter").has("1.1 Control Plane Node")
}
