package book

import "mkeaudit/audit"

// Need says why a control needs a person, most pressing first.
type Need uint8

// The needs, in the order of the queue.
const (
	NeedRegression Need = iota // the vendor published pass, and it fails
	NeedFail                   // it fails, and the vendor published nothing
	NeedUnknown                // it could not be determined
	NeedJudgement              // a person must judge it
	NeedStale                  // its review no longer matches
	NeedExpired                // its review's date has passed
	NeedNothing
)

var needWords = [...]string{"Regressions", "Fails without a published result", "Unknown", "Awaiting a review",
	"Stale reviews", "Expired reviews", "Nothing to do"}

func (n Need) String() string { return needWords[n] }

// Need says whether the control needs a person. A review settles what a person may
// settle; it never hides a fail.
func (r *Row) Need() Need {
	if r.Finding != nil {
		switch r.Standing {
		case audit.Regression:
			return NeedRegression
		case audit.Unpublished:
			if r.Finding.Status == audit.Fail {
				return NeedFail
			}
		}
	}
	switch r.State {
	case audit.ReviewStale:
		return NeedStale
	case audit.ReviewExpired:
		return NeedExpired
	case audit.ReviewCurrent:
		return NeedNothing
	}
	if r.Finding != nil {
		switch r.Finding.Status {
		case audit.Unknown:
			return NeedUnknown
		case audit.Manual:
			return NeedJudgement
		}
	}
	return NeedNothing
}
