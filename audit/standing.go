package audit

import "mkeaudit/catalog"

// Standing is a finding held against what the vendor published. It is total: every
// finding has one.
type Standing uint8

// The standings. The zero value is Undetermined, as an unknown finding is.
const (
	Undetermined        Standing = iota
	AsPublished                  // published pass, now pass
	Regression                   // published pass, now fail
	KnownException               // published fail, now fail
	Hardened                     // published fail, now pass
	Awaiting                     // a person must judge
	StandsNotApplicable          // does not apply
	StandsOffNode                // is about another kind of node
	Unpublished                  // the vendor published nothing
)

var standingWords = []string{"undetermined", "asPublished", "regression", "knownException", "hardened", "awaiting",
	"notApplicable", "offNode", "unpublished"}

func (s Standing) String() string { return say(standingWords, s) }

// MarshalText writes the word.
func (s Standing) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *Standing) UnmarshalText(b []byte) error { return hear(standingWords, "standing", b, s) }

// StandingOf holds a finding against the published result.
func StandingOf(f Finding, p catalog.Published) Standing {
	switch f.Status {
	case Manual:
		return Awaiting
	case NotApplicable:
		if f.ReasonCode == OffNode {
			return StandsOffNode
		}
		return StandsNotApplicable
	case Pass, Fail:
		switch {
		case p == catalog.PublishedNone:
			return Unpublished
		case p == catalog.PublishedPass && f.Status == Pass:
			return AsPublished
		case p == catalog.PublishedPass:
			return Regression
		case f.Status == Pass:
			return Hardened
		}
		return KnownException
	}
	return Undetermined
}
