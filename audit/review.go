package audit

import (
	"time"

	"mkeaudit/catalog"
)

// Verdict is a person's word on a control. The zero value is no word at all.
type Verdict uint8

// The verdicts.
const (
	NotReviewed Verdict = iota
	VerdictPass
	VerdictFail
	VerdictNotApplicable
)

var verdictWords = []string{"notReviewed", "pass", "fail", "notApplicable"}

func (v Verdict) String() string { return say(verdictWords, v) }

// MarshalText writes the word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the word.
func (v *Verdict) UnmarshalText(b []byte) error { return hear(verdictWords, "verdict", b, v) }

// Review is what a person concluded about a control after seeing its evidence. It
// lies beside the finding and never changes it.
type Review struct {
	Control       catalog.ID
	Verdict       Verdict
	Rationale     string
	Evidence      string // a note on what the person looked at, or ""
	Author        string // claimed by the person; a signature binds it later
	At            time.Time
	ExpiresAt     time.Time // zero: does not expire
	Basis         string    // Finding.Basis of what was on the screen
	ControlDigest string    // Digest of the control's definition
	Seq           int       // its line in the journal
}

// ReviewState says whether a review still counts.
type ReviewState uint8

// The states of a review. A stale or expired one counts as none.
const (
	ReviewNone ReviewState = iota
	ReviewCurrent
	ReviewStale   // the evidence or the control changed since
	ReviewExpired // its date has passed
)

var reviewStateWords = []string{"none", "current", "stale", "expired"}

func (s ReviewState) String() string { return say(reviewStateWords, s) }

// MarshalText writes the word.
func (s ReviewState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *ReviewState) UnmarshalText(b []byte) error {
	return hear(reviewStateWords, "review state", b, s)
}

// StateOf says whether the review still counts for a finding at an instant. Expiry
// is told before staleness: a person must look again either way.
func (r *Review) StateOf(f Finding, controlDigest string, now time.Time) ReviewState {
	switch {
	case r == nil || r.Verdict == NotReviewed:
		return ReviewNone
	case !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt):
		return ReviewExpired
	case r.Basis != f.Basis() || r.ControlDigest != controlDigest:
		return ReviewStale
	}
	return ReviewCurrent
}

// AcceptedRisk is a decision to live with a fail for a time. It stands only beside
// a fail and never turns it into a pass.
type AcceptedRisk struct {
	Control   catalog.ID
	By        string
	Reason    string
	Ref       string
	At        time.Time
	ExpiresAt time.Time
	Seq       int
}

// Current reports whether the risk is still accepted at an instant.
func (a *AcceptedRisk) Current(now time.Time) bool {
	return a != nil && (a.ExpiresAt.IsZero() || now.Before(a.ExpiresAt))
}
