package book

import "time"

// Kind says what is being looked at. The zero value is the live node.
type Kind uint8

// The kinds of input, as the scan report's input.kind has them.
const (
	Live     Kind = iota
	Snapshot      // a recorded node
	Demo          // the embedded demonstration node
	Import        // another tool's report
)

// Header is what stands above the screen: which node this is, and how it is seen.
// A zero field says that it is not known (yet).
type Header struct {
	Kind       Kind
	Node       string   // host name
	Roles      []string // "master", "worker", from what runs there
	Kubernetes string   // running version, or ""
	Product    string   // the distribution and its version, "MKE 3.7.2", or ""
	RecordedAt time.Time
	Warnings   []string // sentences: another version than the published one, a partial view, ...
	Session    string   // where reviews go and what is there already, one sentence
	// NoReview says why reviews cannot be saved here ("another mkeaudit holds the
	// session"), or is empty.
	NoReview string
}
