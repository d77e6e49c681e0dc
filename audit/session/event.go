package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// Format is the word with which a session of ours opens.
const Format = "mkeaudit.session/1"

// Bounds of a journal, in bytes. A line counts with its newline.
const (
	MaxLine = 64 << 10
	MaxFile = 64 << 20
)

// Type says what an event records. The zero value is no event.
type Type uint8

// The types of events.
const (
	NoEvent         Type = iota
	EventOpen            // somebody began the session: who, on which node, against what
	EventResume          // somebody came back to it
	EventMark            // a review of a control
	EventEvidence        // further evidence for a control
	EventAcceptRisk      // a decision to live with a fail for a time
	EventRetract         // an earlier event is taken back; nothing is deleted
	EventAttest          // a statement was written from the entries so far
	EventClose           // the program that wrote ended properly
)

var typeWords = []string{"", "open", "resume", "mark", "evidence", "accept-risk", "retract", "attest", "close"}

func (t Type) String() string {
	if int(t) < len(typeWords) {
		return typeWords[t]
	}
	return fmt.Sprintf("invalid(%d)", t)
}

// MarshalText writes the word.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the word.
func (t *Type) UnmarshalText(b []byte) error {
	for i, w := range typeWords {
		if i > 0 && w == string(b) {
			*t = Type(i)
			return nil
		}
	}
	return fmt.Errorf("unknown event type %q: want one of %s", b, strings.Join(typeWords[1:], ", "))
}

// Millis is an instant that is written in UTC with milliseconds.
type Millis struct{ time.Time }

// Seconds is an instant that is written in UTC with whole seconds.
type Seconds struct{ time.Time }

// MarshalJSON writes RFC 3339.
func (m Millis) MarshalJSON() ([]byte, error) {
	return []byte(m.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}

// MarshalJSON writes RFC 3339.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return []byte(s.UTC().Format(`"2006-01-02T15:04:05Z"`)), nil
}

// UnmarshalJSON reads RFC 3339 in UTC.
func (m *Millis) UnmarshalJSON(b []byte) (err error) { m.Time, err = parseTime(b); return err }

// UnmarshalJSON reads RFC 3339 in UTC.
func (s *Seconds) UnmarshalJSON(b []byte) (err error) { s.Time, err = parseTime(b); return err }

func parseTime(b []byte) (time.Time, error) {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || !strings.HasSuffix(s, "Z") {
		return time.Time{}, fmt.Errorf("time %q is not of the form 2026-11-22T16:00:00Z", s)
	}
	return t.UTC(), nil
}

// Actor is who works on a session.
type Actor struct {
	Claimed  string `json:"claimed"`  // what the person says; only a signature binds it
	LoginUID uint32 `json:"loginUid"` // the login that sudo does not change; 4294967295 where it is not set
	EUID     int    `json:"euid"`
}

// Attachment is a file that was put beside a review.
type Attachment struct {
	Name   string `json:"name"` // local and relative
	SHA256 string `json:"sha256"`
}

// Event is one line of a journal. Which fields stand in it depends on its type;
// the order here is the order in the file.
type Event struct {
	Seq  int    `json:"seq"`
	Prev string `json:"prev"` // Hash of the event before, or 64 zeros
	At   Millis `json:"at"`
	Type Type   `json:"type"`

	// open, and in part resume
	Format        string `json:"format,omitempty"`
	Tool          string `json:"tool,omitempty"`
	Node          string `json:"node,omitempty"` // the id of the node
	NodeName      string `json:"nodeName,omitempty"`
	Kind          Kind   `json:"kind,omitempty"`
	Benchmark     string `json:"benchmark,omitempty"`
	Profile       string `json:"profile,omitempty"`
	CatalogSHA256 string `json:"catalogSha256,omitempty"`
	ReportSHA256  string `json:"reportSha256,omitempty"`
	Actor         *Actor `json:"actor,omitempty"`

	// mark, evidence, accept-risk
	Control       catalog.ID    `json:"control,omitempty"`
	BasisSHA256   string        `json:"basisSha256,omitempty"`
	ControlSHA256 string        `json:"controlSha256,omitempty"`
	Verdict       audit.Verdict `json:"verdict,omitempty"`
	Rationale     string        `json:"rationale,omitempty"`
	Note          string        `json:"note,omitempty"`
	Evidence      []Attachment  `json:"evidence,omitempty"`
	By            string        `json:"by,omitempty"`
	Reason        string        `json:"reason,omitempty"`
	Ref           string        `json:"ref,omitempty"`

	// retract
	Retracts int `json:"retracts,omitempty"` // the seq of what is taken back

	// attest
	StatementSHA256 string `json:"statementSha256,omitempty"`
	CoversEntries   int    `json:"coversEntries,omitempty"`

	ExpiresAt Seconds `json:"expiresAt,omitzero"`
	Author    string  `json:"author,omitempty"`

	Hash string `json:"-"` // SHA-256 of the line without it; stands last in the line
}

// shape says which fields an event of a type must and may have beside seq, prev,
// at and type.
type shape struct{ must, may string }

var shapes = map[Type]shape{
	EventOpen:       {"format tool node benchmark catalogSha256 actor", "nodeName kind profile reportSha256"},
	EventResume:     {"tool actor", "catalogSha256 reportSha256"},
	EventMark:       {"control basisSha256 verdict rationale", "controlSha256 note evidence expiresAt author"},
	EventEvidence:   {"control evidence", "note author"},
	EventAcceptRisk: {"control by reason", "ref expiresAt author"},
	EventRetract:    {"retracts", "rationale author"},
	EventAttest:     {"statementSha256 coversEntries", "author"},
	EventClose:      {"", ""},
}

// Where the hash stands: `,"hash":"` + 64 digits + `"}`.
const (
	hashKey  = `,"hash":"`
	hashTail = len(hashKey) + 64 + len(`"}`)
)

// zeros is the prev of the first event.
var zeros = strings.Repeat("0", 64)

// encode returns the line of an event, with its hash and newline, and the hash.
func encode(e Event) (line []byte, hash string, err error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, "", err
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	hash = digest(body)
	line = append(body[:len(body)-1:len(body)-1], hashKey+hash+"\"}\n"...)
	if len(line) > MaxLine {
		return nil, "", fmt.Errorf("the entry takes %d bytes and a line holds %d: shorten the texts", len(line), MaxLine)
	}
	// What the reader would refuse must never be written.
	if _, err := decode(line[:len(line)-1]); err != nil {
		return nil, "", err
	}
	return line, hash, nil
}

// decode reads a complete line without its newline, strictly. It checks the line's
// own hash, but not its place in the chain.
func decode(line []byte) (Event, error) {
	var e Event
	if len(line) >= MaxLine {
		return e, fmt.Errorf("it is longer than %d bytes", MaxLine)
	}
	if err := checkBytes(line); err != nil {
		return e, err
	}
	cut := len(line) - hashTail
	if cut < 1 || line[0] != '{' || string(line[cut:cut+len(hashKey)]) != hashKey || string(line[len(line)-2:]) != `"}` {
		return e, errors.New("it does not end with its hash")
	}
	e.Hash = string(line[cut+len(hashKey) : len(line)-2])
	body := append(line[:cut:cut], '}')
	if got := digest(body); got != e.Hash {
		return e, errors.New("its hash does not match: it was changed after it was written")
	}
	keys, err := checkObject(body)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return e, err
	}
	return e, e.check(keys)
}

// check holds the fields of an event against the shape of its type.
func (e *Event) check(keys map[string]bool) error {
	form := shapes[e.Type]
	allowed := map[string]bool{}
	for _, k := range append(strings.Fields("seq prev at type "+form.must), strings.Fields(form.may)...) {
		allowed[k] = true
	}
	for _, k := range strings.Fields("seq prev at type " + form.must) {
		if !keys[k] {
			return fmt.Errorf("%q is missing", k)
		}
	}
	for k := range keys {
		if !allowed[k] {
			return fmt.Errorf("%q does not belong to an event of type %q", k, e.Type)
		}
	}
	for k, v := range map[string]string{"prev": e.Prev, "catalogSha256": e.CatalogSHA256, "reportSha256": e.ReportSHA256,
		"basisSha256": e.BasisSHA256, "controlSha256": e.ControlSHA256, "statementSha256": e.StatementSHA256} {
		if keys[k] && !isDigest(v) {
			return fmt.Errorf("%q is not a SHA-256 in 64 lower-case hex digits", k)
		}
	}
	for _, a := range e.Evidence {
		if !isDigest(a.SHA256) {
			return errors.New(`"evidence" needs a SHA-256 in 64 lower-case hex digits`)
		}
	}
	switch {
	case e.Type == EventMark && e.Verdict == audit.NotReviewed:
		return fmt.Errorf(`"verdict" is %q, which is no review`, e.Verdict)
	case keys["evidence"] && len(e.Evidence) == 0:
		return errors.New(`"evidence" is empty`)
	case keys["expiresAt"] && e.ExpiresAt.IsZero():
		return errors.New(`"expiresAt" is the year 1, which stands for no date`)
	case e.Type == EventRetract && (e.Retracts < 1 || e.Retracts >= e.Seq):
		return fmt.Errorf("it takes back entry %d, which is not an earlier one", e.Retracts)
	case e.Type == EventAttest && (e.CoversEntries < 1 || e.CoversEntries > e.Seq):
		return fmt.Errorf("it attests %d entries and stands after %d", e.CoversEntries, e.Seq)
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func isDigest(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
