package book

import "mkeaudit/audit"

// Tally counts rows.
type Tally struct {
	Of         int // all of them
	Pass       int
	Fail       int
	Known      int // fails that the vendor published
	Regression int
	Manual     int // for a person to judge, reviewed or not
	Reviewed   int // of those: with a current review
	ReviewedOK int // of those: pass
	Unknown    int
	NA         int // does not apply, other nodes' controls included
	Off        int // of those: about another kind of node
	Open       int // not settled yet
	Stale      int // reviews that no longer match
	Expired    int // reviews whose date has passed
	Needs      int // that need a person
}

// Add counts one more row.
func (t *Tally) Add(r *Row) {
	t.Of++
	switch r.State {
	case audit.ReviewStale:
		t.Stale++
	case audit.ReviewExpired:
		t.Expired++
	}
	if r.Need() != NeedNothing {
		t.Needs++
	}
	if r.Finding == nil {
		t.Open++
		return
	}
	switch r.Finding.Status {
	case audit.Pass:
		t.Pass++
	case audit.Fail:
		t.Fail++
		switch r.Standing {
		case audit.KnownException:
			t.Known++
		case audit.Regression:
			t.Regression++
		}
	case audit.Manual:
		t.Manual++
		if r.State == audit.ReviewCurrent {
			t.Reviewed++
			if r.Review.Verdict == audit.VerdictPass {
				t.ReviewedOK++
			}
		}
	case audit.NotApplicable:
		t.NA++
		if r.Standing == audit.StandsOffNode {
			t.Off++
		}
	default:
		t.Unknown++
	}
}

// Good is how many controls are in order: passed by the machine, or judged by a
// person as pass.
func (t Tally) Good() int { return t.Pass + t.ReviewedOK }

// Applicable leaves out what does not apply.
func (t Tally) Applicable() int { return t.Of - t.NA }

// Determined is how many controls are settled and not unknown.
func (t Tally) Determined() int { return t.Of - t.Open - t.Unknown }

// Awaiting is how many controls still wait for a person's judgement.
func (t Tally) Awaiting() int { return t.Manual - t.Reviewed }

// Total counts every control.
func (b *Book) Total() Tally {
	var t Tally
	for i := range b.rows {
		t.Add(&b.rows[i])
	}
	return t
}
