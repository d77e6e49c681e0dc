package book

import (
	"fmt"
	"strings"
)

// DescribeGroup tells what a heading is about and what under it needs a person.
func (b *Book) DescribeGroup(g *Group, groups []Group) []Item {
	var items []Item
	add := func(i Item) { items = append(items, i) }
	if t := Clean(strings.Join(strings.Fields(g.Text), " ")); t != "" {
		add(Item{Kind: Para, Text: t})
	}
	if g.Tally.Of == 0 {
		return items
	}
	add(Item{Kind: Heading, Text: "So far"})
	for _, l := range g.Tally.Lines() {
		add(Item{Kind: Field, Label: l.Label, Text: l.Text, Tone: l.Tone})
	}
	var needy []*Row
	for i := range groups {
		if groups[i].Key == g.Key || groups[i].Parent == g.Key {
			for _, r := range groups[i].Rows {
				if r.Need() != NeedNothing {
					needy = append(needy, r)
				}
			}
		}
	}
	if len(needy) > 0 {
		add(Item{Kind: Heading, Text: fmt.Sprintf("Needs a person: %d", len(needy))})
		for _, r := range needy {
			word, tone := "...", Dim
			if r.Finding != nil {
				word, tone = StatusWord(r.Finding.Status), StatusTone(r.Finding.Status, r.Standing)
			}
			add(Item{Kind: Field, Label: word, Text: string(r.Control.ID) + " " + Clean(r.short), Tone: tone})
		}
	}
	return items
}

// Lines are the counts in words, those that are not zero.
func (t Tally) Lines() []Item {
	var items []Item
	add := func(n int, label, more string, tone Tone) {
		if n > 0 {
			items = append(items, Item{Kind: Field, Label: label, Text: strings.TrimSpace(fmt.Sprintf("%d %s", n, more)), Tone: tone})
		}
	}
	add(t.Pass, "pass", "", Good)
	var kinds []string
	if t.Known > 0 {
		kinds = append(kinds, plural(t.Known, "known exception"))
	}
	if t.Regression > 0 {
		kinds = append(kinds, plural(t.Regression, "regression"))
	}
	more := ""
	if len(kinds) > 0 {
		more = "(" + strings.Join(kinds, ", ") + ")"
	}
	add(t.Fail, "FAIL", more, Bad)
	more = ""
	if t.Reviewed > 0 {
		more = fmt.Sprintf("(%d reviewed)", t.Reviewed)
	}
	add(t.Manual, "manual", more, Person)
	add(t.Unknown, "unknown", "", Missing)
	add(t.NA, "n/a", "(left out of the count)", Off)
	add(t.Open, "not yet", "", Dim)
	add(t.Stale, "stale", "of the reviews: the evidence or the control changed", Warn)
	add(t.Expired, "expired", "of the reviews: their date has passed", Warn)
	return items
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// Counts is the tally in one line of at most width letters; what matters least is
// left out where there is no room.
func (t Tally) Counts(width int) string {
	fail := fmt.Sprintf("fail %d", t.Fail)
	if t.Known+t.Regression > 0 {
		fail += fmt.Sprintf(" (%d known, %d regr)", t.Known, t.Regression)
	}
	type count struct {
		text string
		rank int // the lowest is the last to go
	}
	counts := []count{
		{fmt.Sprintf("pass %d", t.Pass), 2},
		{fail, 0},
		{fmt.Sprintf("awaiting %d", t.Awaiting()), 1},
		{fmt.Sprintf("unknown %d", t.Unknown), 3},
		{fmt.Sprintf("n/a %d", t.NA), 6},
	}
	if t.Stale > 0 {
		counts = append(counts, count{fmt.Sprintf("stale %d", t.Stale), 4})
	}
	if t.Expired > 0 {
		counts = append(counts, count{fmt.Sprintf("expired %d", t.Expired), 5})
	}
	for keep := 7; keep > 0; keep-- {
		var words []string
		for _, c := range counts {
			if c.rank < keep {
				words = append(words, c.text)
			}
		}
		if s := strings.Join(words, "  "); len(s) <= width {
			return s
		}
	}
	return ""
}

// Where says how the node is seen: live and when, or which recording.
func (b *Book) Where() string {
	switch b.Header.Kind {
	case Demo:
		return "DEMONSTRATION"
	case Snapshot:
		s := "snapshot"
		if n := Line(b.Header.Node); n != "" {
			s += " of " + n
		}
		if at := b.Header.RecordedAt; !at.IsZero() {
			s += " recorded " + Date(at)
		}
		return s
	case Import:
		return "imported report"
	}
	if b.AuditedAt.IsZero() {
		return "live"
	}
	return "live " + b.AuditedAt.Format("15:04:05")
}

// DescribeNode tells what is known of the node and the session.
func (b *Book) DescribeNode() []Item {
	h := b.Header
	var items []Item
	field := func(label, text string) {
		if text != "" {
			items = append(items, Item{Kind: Field, Label: label, Text: Clean(text)})
		}
	}
	items = append(items, Item{Kind: Para, Text: "What is audited", Tone: Strong})
	field("Node", h.Node)
	field("Roles", strings.Join(h.Roles, ", "))
	field("Seen", b.Where())
	if !h.RecordedAt.IsZero() {
		field("Recorded", h.RecordedAt.UTC().Format("2006-01-02 15:04:05")+" UTC")
	}
	field("Product", h.Product)
	field("Kubernetes", h.Kubernetes)
	field("Benchmark", b.Benchmark.Title+" ("+b.Benchmark.ID+")")
	if p := b.Profile; p != nil {
		field("Profile", p.Title+" ("+p.ID+")")
		if p.PublishedFor != "" {
			field("", "published results are for "+p.PublishedFor)
		}
	}
	field("Session", h.Session)
	if h.NoReview != "" {
		field("Reviews", "cannot be saved here: "+h.NoReview)
	}
	if len(h.Warnings) > 0 {
		items = append(items, Item{Kind: Heading, Text: plural(len(h.Warnings), "warning")})
		for _, w := range h.Warnings {
			items = append(items, Item{Kind: Para, Text: Clean(w), Tone: Warn})
		}
	}
	items = append(items, Item{Kind: Heading, Text: "So far"})
	t := b.Total()
	items = append(items, Item{Kind: Field, Label: "determined", Text: fmt.Sprintf("%d of %d", t.Determined(), t.Of)})
	return append(items, t.Lines()...)
}
