package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"mkeaudit/audit"
	"mkeaudit/audit/facts"
)

// shownEvidence is how many items of evidence stand under a control for people.
const shownEvidence = 4

func clean(s string) string { return facts.Clean(s) }

// Table writes the document as aligned text for a terminal or a pipe. Verdicts are
// words; there is no colour. Text from the node is cleaned of everything that a
// terminal could act upon.
func Table(w io.Writer, d Document, c Companion) error {
	b := bufio.NewWriter(w)
	p := func(format string, args ...any) { fmt.Fprintf(b, format, args...) }
	p("%s\n", d.Heading())
	for _, warning := range d.Warnings {
		p("warning: %s\n", clean(warning))
	}
	if d.Selection.Selected < d.Selection.Of {
		p("selected %d of %d controls\n", d.Selection.Selected, d.Selection.Of)
	}
	if len(d.Results) > 0 {
		p("\n  %-7s %-14s %-15s %-5s %-6s %s\n", "ID", "STATUS", "STANDING", "LEVEL", "NODE", "CONTROL")
	}
	for _, group := range d.bySection() {
		section := group[0].Section
		p("\n%s\n", strings.TrimSpace(string(section)+"  "+c.Sections[section]))
		for _, r := range group {
			p("  %-7s %-14s %-15s %-5d %-6s %s\n", r.ID, Words(r.Status.String()), Words(r.Standing.String()), r.Level, r.Node, r.Title)
			for _, line := range r.lines(shownEvidence, asIs, asIs) {
				p("          %s\n", line)
			}
		}
	}
	p("\n%s\n", d.SummaryLine())
	if causes := d.Causes(); len(causes) > 0 {
		p("\nunknown, by cause:\n")
		for _, cause := range causes {
			p("  %s (%s): %s\n      %s\n", Words(cause.Code.String()), count(len(cause.Controls), "control"), clean(cause.Reason), ranges(cause.Controls))
		}
	}
	return b.Flush()
}

// lines are what stands under a control: why, what was seen, and what people said.
// A pass by what was seen needs no sentence of its own.
// At most items of evidence are told. quote marks text of the node, prose is for sentences that may hold some.
func (r Result) lines(items int, quote, prose func(string) string) []string {
	var lines []string
	if r.Reason != "" && (r.Status != audit.Pass || len(r.Evidence) == 0) && r.Status != audit.Unknown {
		lines = append(lines, prose(cut(clean(r.Reason))))
	}
	if r.Leaning != nil && r.Status == audit.Manual {
		lines = append(lines, "leaning "+Words(r.Leaning.String()))
	}
	if r.ByDefault {
		lines = append(lines, "by default: nobody wrote it down")
	}
	if r.Status != audit.NotApplicable {
		lines = append(lines, evidenceLines(r, items, quote)...)
	}
	for _, remark := range r.Remarks {
		lines = append(lines, "note: "+prose(cut(clean(remark))))
	}
	if r.Review != nil {
		lines = append(lines, fmt.Sprintf("review (%s): %s by %s%s: %s", r.ReviewState, Words(r.Review.Verdict.String()),
			prose(cut(clean(r.Review.Author))), until(r.Review.ExpiresAt), prose(cut(clean(r.Review.Rationale)))))
	}
	if a := r.AcceptedRisk; a != nil {
		state := "current"
		if !a.Current {
			state = "expired"
		}
		lines = append(lines, fmt.Sprintf("accepted risk (%s): by %s%s: %s", state, prose(cut(clean(a.By))), until(a.ExpiresAt), prose(cut(clean(a.Reason)))))
	}
	return lines
}

// Lines tells a result in sentences, with all of its evidence, as clean text.
func (r Result) Lines() []string {
	lines := r.lines(len(r.Evidence), asIs, asIs)
	if r.Status == audit.Unknown {
		lines = append([]string{Words(r.ReasonCode.String()) + ": " + clean(r.Reason)}, lines...)
	}
	return lines
}

func asIs(s string) string { return s }

func until(t *time.Time) string {
	if t == nil {
		return ""
	}
	return " until " + t.Format("2006-01-02")
}
