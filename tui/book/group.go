package book

import (
	"fmt"
	"sort"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// Order is a way to read the controls.
type Order uint8

// The orders.
const (
	BySection Order = iota
	ByTheme         // by concern, heaviest first
	ByNeed          // the queue: what needs a person first
)

var orderWords = [...]string{"by section", "by theme", "the queue"}

func (o Order) String() string { return orderWords[o] }

// Group is a heading with the controls under it.
type Group struct {
	Key    string // identifies it among the groups of every order
	ID     string // its number, or ""
	Title  string
	Text   string // what it is about
	Depth  int
	Parent string // key of the group it lies in, or ""
	Rows   []*Row // those that the filter lets through
	Shown  int    // how many of them, groups inside included
	Tally  Tally  // of all its controls, whatever the filter lets through, groups inside included
}

// Groups arranges the controls. Where hideOff is set the controls about other kinds
// of node are left out and counted.
func (b *Book) Groups(o Order, f Filter, hideOff bool) (groups []Group, off int) {
	m := f.Ready()
	add := func(g *Group, r *Row) {
		g.Tally.Add(r)
		if hideOff && r.Finding != nil && r.Standing == audit.StandsOffNode {
			if m.Lets(r) {
				off++
			}
			return
		}
		if m.Lets(r) {
			g.Rows = append(g.Rows, r)
			g.Shown++
		}
	}
	switch o {
	case ByTheme:
		groups = b.themes(add)
	case ByNeed:
		groups = b.needs(add)
	default:
		groups = b.sections(add)
	}
	return groups, off
}

func (b *Book) sections(add func(*Group, *Row)) []Group {
	var groups []Group
	for _, c := range b.Benchmark.Chapters {
		at := len(groups)
		groups = append(groups, Group{Key: "c" + string(c.ID), ID: string(c.ID), Title: c.Title, Text: c.Text})
		for _, s := range b.Benchmark.Sections {
			if s.Chapter != c.ID {
				continue
			}
			g := Group{Key: "s" + string(s.ID), ID: string(s.ID), Title: s.Title, Text: s.Note, Depth: 1, Parent: groups[at].Key}
			if s.ID == c.ID { // a chapter that is its own only section
				g = groups[at]
			}
			for _, id := range s.Controls {
				add(&g, b.Row(id))
			}
			if s.ID == c.ID {
				groups[at] = g
				continue
			}
			groups[at].Shown += g.Shown
			groups[at].Tally.merge(g.Tally)
			groups = append(groups, g)
		}
	}
	return groups
}

func (b *Book) themes(add func(*Group, *Row)) []Group {
	var groups []Group
	for _, t := range b.Benchmark.Themes {
		g := Group{Key: "t" + t.ID, Title: t.Title, Text: t.Text}
		var rows []*Row
		for i := range b.rows {
			if b.rows[i].Control.Theme == t.ID {
				rows = append(rows, &b.rows[i])
			}
		}
		sort.SliceStable(rows, func(i, j int) bool { return rows[i].Control.Weight < rows[j].Control.Weight })
		for _, r := range rows {
			add(&g, r)
		}
		groups = append(groups, g)
	}
	return groups
}

var needTexts = [...]string{
	NeedRegression: "The vendor published pass, and the control fails here.",
	NeedFail:       "The control fails, and the vendor published no result to hold it against.",
	NeedUnknown:    "What would decide the control could not be seen. The control says what it would take.",
	NeedJudgement:  "The evidence is computed, and a person must judge it. Manual Level 2 controls come first, then manual Level 1.",
	NeedStale:      "The evidence or the control changed since the review was given. It counts as not reviewed.",
	NeedExpired:    "The review's date has passed. It counts as not reviewed.",
	NeedNothing:    "Decided by the machine as the vendor published it or better, reviewed, not applicable, or not settled yet.",
}

// NeedKey is the key of the group of a need.
func NeedKey(n Need) string { return fmt.Sprintf("n%d", n) }

func (b *Book) needs(add func(*Group, *Row)) []Group {
	var groups []Group
	for n := NeedRegression; n <= NeedNothing; n++ {
		g := Group{Key: NeedKey(n), Title: n.String(), Text: needTexts[n]}
		var rows []*Row
		for i := range b.rows {
			if b.rows[i].Need() == n {
				rows = append(rows, &b.rows[i])
			}
		}
		if n != NeedNothing {
			sort.SliceStable(rows, func(i, j int) bool { return turn(rows[i].Control) < turn(rows[j].Control) })
		}
		for _, r := range rows {
			add(&g, r)
		}
		groups = append(groups, g)
	}
	return groups
}

// turn is a control's place in the queue: manual Level 2, manual Level 1, the rest.
func turn(c catalog.Control) int {
	switch {
	case c.Assessment != catalog.Manual:
		return 2
	case c.Level == 2:
		return 0
	}
	return 1
}

func (t *Tally) merge(u Tally) {
	t.Of += u.Of
	t.Pass += u.Pass
	t.Fail += u.Fail
	t.Known += u.Known
	t.Regression += u.Regression
	t.Manual += u.Manual
	t.Reviewed += u.Reviewed
	t.ReviewedOK += u.ReviewedOK
	t.Unknown += u.Unknown
	t.NA += u.NA
	t.Off += u.Off
	t.Open += u.Open
	t.Stale += u.Stale
	t.Expired += u.Expired
	t.Needs += u.Needs
}
