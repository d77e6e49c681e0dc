// Package audit decides. It turns a check and the facts of a Snapshot into a
// Finding: a pure function with no I/O and no clock. It also holds the vocabulary
// of decisions: the machine's finding, its standing against what the vendor
// published, and a person's review, which lies beside a finding and never changes it.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// Status is the machine's word on a control. The zero value is Unknown: what was
// not determined is never anything else.
type Status uint8

// The statuses. Manual is only for controls that a person judges: evidence was
// computed, and a person decides.
const (
	Unknown Status = iota
	Pass
	Fail
	Manual
	NotApplicable
)

var statusWords = []string{"unknown", "pass", "fail", "manual", "notApplicable"}

// ReasonCode says in one word why a finding is what it is. The list is closed, and
// no code stands with two statuses.
type ReasonCode uint8

// The reason codes, by status.
const (
	// unknown
	NotEvaluated        ReasonCode = iota // nobody looked
	NoKubernetes                          // no component of Kubernetes was found on this node
	ComponentNotRunning                   // this node should run the component, and it was not seen
	ComponentUntrusted                    // only processes that merely carry the component's name were seen
	ComponentEmbedded                     // the component runs inside another program; its arguments are not visible
	ViewIncomplete                        // the component was not seen, and not everything could be seen
	NeedsRights                           // a file or process may not be read
	NotVisible                            // a place is not visible from here
	FactUnreadable                        // a fact could not be read for another reason
	FactNotRecorded                       // the snapshot does not hold the fact
	ValueMalformed                        // a value or document does not parse
	FileMissing                           // a file that should exist does not
	TooMany                               // a listing was cut at its bound, and the rest could decide
	VersionUnknown                        // the running version decides, and it is not known
	ReplacedByFile                        // a newer option replaces the one that is judged
	NeedsCluster                          // the Kubernetes API is needed
	TimedOut                              // it did not answer in time
	// pass
	Met
	// fail
	NotMet
	// manual
	PersonDecides
	// not applicable
	OffNode        // the node does not run what the control is about
	RunsOtherwise  // the component runs in a way that has no such file
	NotUsed        // the optional feature or file is not used
	SingleMember   // etcd has one member
	NoLongerExists // the running version has no such option
)

var reasonWords = []string{"notEvaluated", "noKubernetes", "componentNotRunning", "componentUntrusted", "componentEmbedded",
	"viewIncomplete", "needsRights", "notVisible", "factUnreadable", "factNotRecorded", "valueMalformed", "fileMissing", "tooMany",
	"versionUnknown", "replacedByFile", "needsCluster", "timedOut", "met", "notMet", "personDecides", "offNode", "runsOtherwise",
	"notUsed", "singleMember", "noLongerExists"}

// Status returns the one status with which the code stands.
func (r ReasonCode) Status() Status {
	switch {
	case r < Met:
		return Unknown
	case r == Met:
		return Pass
	case r == NotMet:
		return Fail
	case r == PersonDecides:
		return Manual
	}
	return NotApplicable
}

// Leaning is where the computed evidence of a person-judged control points.
type Leaning uint8

// The leanings.
const (
	LeaningNone Leaning = iota
	LeaningMet
	LeaningNotMet
)

var leaningWords = []string{"none", "met", "notMet"}

// Role says whether a piece of evidence took part in the decision.
type Role uint8

// The roles.
const (
	Decides Role = iota
	Shows
)

var roleWords = []string{"decides", "shows"}

// Evidence is one item that was looked at. Every item that took part stands in the
// finding, in a stable order.
type Evidence struct {
	Source    string      `json:"source"` // "process kube-apiserver", "file", "kubelet configuration"
	Locator   Locator     `json:"locator"`
	Subject   string      `json:"subject"` // what was looked at: "--anonymous-auth", "mode", "secrets"
	State     facts.State `json:"state"`
	Expected  *string     `json:"expected"` // nil where nothing is expected (evidence that only shows)
	Actual    *string     `json:"actual"`   // nil where absent or unreadable, never ""
	Origin    string      `json:"origin"`   // which source won: flag, file, drop-in, environment, default, stat, content
	Met       *bool       `json:"met"`      // nil where it could not be decided, or does not decide
	Role      Role        `json:"role"`
	Redacted  bool        `json:"redacted"`
	Truncated bool        `json:"truncated"`
	Rows      []string    `json:"rows"`  // members of a listing, sorted
	Total     *int        `json:"total"` // how many there were where Rows holds fewer
	Note      string      `json:"note,omitempty"`
}

// Locator says where a piece of evidence was found.
type Locator struct {
	PID       *int    `json:"pid"`
	Container *string `json:"container"`
	Path      *string `json:"path"`     // in the root of the process, or the host's
	HostPath  *string `json:"hostPath"` // the same object as the host sees it, where that is established
	Line      *int    `json:"line"`
}

// Finding is the machine's verdict on one control, with everything it rests on.
type Finding struct {
	Control    catalog.ID
	Status     Status
	ReasonCode ReasonCode
	Reason     string   // one sentence
	Leaning    *Leaning // only for controls that a person judges
	ByDefault  bool     // decided by a default that nobody wrote down
	Evidence   []Evidence
	Remarks    []string // sentences that do not change the verdict
}

// Basis is the digest of what the finding rests on, to which a review is bound:
// SHA-256 over the sorted (subject, state, actual, expected, origin, path) of its
// evidence. Process ids, container ids, times and totals are not part of it, so a
// restart changes nothing.
func (f Finding) Basis() string {
	lines := make([]string, 0, len(f.Evidence))
	for _, e := range f.Evidence {
		fields := []string{e.Subject, e.State.String(), optional(e.Actual), optional(e.Expected), e.Origin, optional(e.Locator.Path)}
		fields = append(fields, e.Rows...)
		for i, s := range fields {
			fields[i] = fmt.Sprintf("%d:%s", len(s), s)
		}
		lines = append(lines, strings.Join(fields, ","))
	}
	sort.Strings(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
}

func optional(s *string) string {
	if s == nil {
		return "-"
	}
	return "=" + *s
}

func (s Status) String() string     { return say(statusWords, s) }
func (r ReasonCode) String() string { return say(reasonWords, r) }
func (l Leaning) String() string    { return say(leaningWords, l) }
func (r Role) String() string       { return say(roleWords, r) }

// MarshalText writes the word.
func (s Status) MarshalText() ([]byte, error)     { return []byte(s.String()), nil }
func (r ReasonCode) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
func (l Leaning) MarshalText() ([]byte, error)    { return []byte(l.String()), nil }
func (r Role) MarshalText() ([]byte, error)       { return []byte(r.String()), nil }

// UnmarshalText reads the word.
func (s *Status) UnmarshalText(b []byte) error     { return hear(statusWords, "status", b, s) }
func (r *ReasonCode) UnmarshalText(b []byte) error { return hear(reasonWords, "reason code", b, r) }
func (l *Leaning) UnmarshalText(b []byte) error    { return hear(leaningWords, "leaning", b, l) }
func (r *Role) UnmarshalText(b []byte) error       { return hear(roleWords, "role", b, r) }

func say[T ~uint8](words []string, v T) string {
	if int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("invalid(%d)", v)
}

func hear[T ~uint8](words []string, kind string, text []byte, v *T) error {
	for i, w := range words {
		if w == string(text) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("unknown %s %q: want one of %s", kind, text, strings.Join(words, ", "))
}
