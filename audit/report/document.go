// Package report tells what an audit found: one document, and one small writer for
// each form in which it can be read. The document is computed by a pure function;
// the clock and the identity of the run are given to it.
package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// SchemaVersion is the version of the document. Later additions are allowed under
// it, renames and removals are not.
const SchemaVersion = "1"

// Document is the report of one audit. Its JSON form is a contract
// (docs/scan.schema.json): names, order and nulls are stable.
type Document struct {
	SchemaVersion string    `json:"schemaVersion"`
	Tool          Tool      `json:"tool"`
	RunID         string    `json:"runId"` // 32 hexadecimal digits, see RunID
	StartedAt     time.Time `json:"startedAt"`
	DurationMs    int64     `json:"durationMs"`
	Input         Source    `json:"input"`
	Benchmark     Benchmark `json:"benchmark"`
	Profile       Profile   `json:"profile"`
	Host          Host      `json:"host"`
	Cluster       *struct{} `json:"cluster"` // null: no Kubernetes API was asked
	Versions      Versions  `json:"versions"`
	Warnings      []string  `json:"warnings"`
	Selection     Selection `json:"selection"`
	Summary       Summary   `json:"summary"`
	Results       []Result  `json:"results"` // in the order of the benchmark, each control once
}

// Tool is the program that wrote the document.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Kind says where the observations came from.
type Kind string

// The kinds of input.
const (
	Live     Kind = "live"     // this node, now
	Snapshot Kind = "snapshot" // a recorded node
	Demo     Kind = "demo"     // the embedded demonstration
	Import   Kind = "import"   // another tool's report
)

// Source is where the observations came from. RecordedAt and SHA256 (of the bytes
// of the file) are null for a live audit.
type Source struct {
	Kind       Kind       `json:"kind"`
	RecordedAt *time.Time `json:"recordedAt"`
	SHA256     *string    `json:"sha256"`
}

// Benchmark identifies what was asked, by the digest of its files.
type Benchmark struct {
	ID     string `json:"id"`
	SHA256 string `json:"sha256"`
}

// Profile identifies the distribution. PublishedFor is the version for which its
// vendor published results, or null.
type Profile struct {
	ID           string  `json:"id"`
	PublishedFor *string `json:"publishedFor"`
}

// Host is the audited node.
type Host struct {
	Name  string   `json:"name"`
	ID    string   `json:"id"` // stable across runs; never the machine id itself
	Roles []string `json:"roles"`
}

// Versions are the versions that run on the node; null is not known.
type Versions struct {
	Kubernetes *string `json:"kubernetes"`
	MKE        *string `json:"mke"`
	Etcd       *string `json:"etcd"`
}

// Selection says how many controls of how many the results cover.
type Selection struct {
	Selected int `json:"selected"`
	Of       int `json:"of"`
}

// Summary counts the results by status.
type Summary struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Manual        int `json:"manual"`
	NotApplicable int `json:"notApplicable"`
	Unknown       int `json:"unknown"`
}

// Result is one control: what was asked, what the machine found, what the vendor
// published, and beside it what a person said.
type Result struct {
	ID            catalog.ID         `json:"id"`
	Section       catalog.ID         `json:"section"`
	Title         string             `json:"title"`
	Level         int                `json:"level"`
	Node          catalog.Node       `json:"node"`
	Assessment    catalog.Assessment `json:"assessment"`
	Judge         catalog.Judge      `json:"judge"`
	Theme         string             `json:"theme"`
	Status        audit.Status       `json:"status"`
	ReasonCode    audit.ReasonCode   `json:"reasonCode"`
	Reason        string             `json:"reason"`
	Leaning       *audit.Leaning     `json:"leaning"` // null unless a person judges
	ByDefault     bool               `json:"byDefault"`
	Published     *string            `json:"published"` // pass, fail, or null
	PublishedNote *string            `json:"publishedNote"`
	Standing      audit.Standing     `json:"standing"`
	Evidence      []audit.Evidence   `json:"evidence"`
	Review        *Review            `json:"review"`
	AcceptedRisk  *AcceptedRisk      `json:"acceptedRisk"`

	Weight      int               `json:"weight"` // 1 (heaviest) to 3: the order inside a theme
	ReviewState audit.ReviewState `json:"reviewState"`
	Remarks     []string          `json:"remarks"`
	BasisSHA256 string            `json:"basisSha256"` // of what the finding rests on; a review is bound to it
}

// Review is a person's word. It counts only while the result's reviewState is current.
type Review struct {
	Verdict       audit.Verdict `json:"verdict"`
	Rationale     string        `json:"rationale"`
	Evidence      string        `json:"evidence"`
	Author        string        `json:"author"`
	At            time.Time     `json:"at"`
	ExpiresAt     *time.Time    `json:"expiresAt"` // null: does not expire
	BasisSHA256   string        `json:"basisSha256"`
	ControlSHA256 string        `json:"controlSha256"`
	Seq           int           `json:"seq"` // its line in the session's journal
}

// AcceptedRisk is a decision to live with a fail for a time.
type AcceptedRisk struct {
	By        string     `json:"by"`
	Reason    string     `json:"reason"`
	Ref       string     `json:"ref"`
	At        time.Time  `json:"at"`
	ExpiresAt *time.Time `json:"expiresAt"` // null: does not expire
	Current   bool       `json:"current"`   // at the time of the document
	Seq       int        `json:"seq"`
}

// Input is everything that a document is computed from.
type Input struct {
	Version   string // of this program
	StartedAt time.Time
	Duration  time.Duration
	Source    Source
	Benchmark *catalog.Benchmark
	Profile   *catalog.Profile
	Notes     map[catalog.ID]catalog.Note // the vendor's, or nil
	Host      Host

	Kubernetes, MKE, Etcd string // versions, "" where not known
	Warnings              []string

	Findings []audit.Finding // of the selected controls at least
	Selected []catalog.ID    // in any order; see All
	Reviews  map[catalog.ID]audit.Review
	Risks    map[catalog.ID]audit.AcceptedRisk
	Digests  map[catalog.ID]string // audit.Digest of the reviewed controls at least
}

// All lists every control of a benchmark: the selection without filters.
func All(b *catalog.Benchmark) []catalog.ID {
	ids := make([]catalog.ID, 0, b.Len())
	for c := range b.Controls() {
		ids = append(ids, c.ID)
	}
	return ids
}

// New computes the document. Every selected control has exactly one result, in the
// order of the benchmark; one without a finding is unknown (notEvaluated).
func New(in Input) Document {
	d := Document{
		SchemaVersion: SchemaVersion,
		Tool:          Tool{"mkeaudit", in.Version},
		RunID:         RunID(in.Benchmark.SHA256, in.Profile.ID, in.Host.ID, in.StartedAt),
		StartedAt:     in.StartedAt.UTC(),
		DurationMs:    in.Duration.Milliseconds(),
		Input:         in.Source,
		Benchmark:     Benchmark{in.Benchmark.ID, in.Benchmark.SHA256},
		Profile:       Profile{in.Profile.ID, optional(in.Profile.PublishedFor)},
		Host:          Host{in.Host.Name, in.Host.ID, list(in.Host.Roles)},
		Versions:      Versions{optional(in.Kubernetes), optional(in.MKE), optional(in.Etcd)},
		Warnings:      list(in.Warnings),
		Results:       []Result{},
	}
	found := make(map[catalog.ID]audit.Finding, len(in.Findings))
	for _, f := range in.Findings {
		found[f.Control] = f
	}
	wanted := make(map[catalog.ID]bool, len(in.Selected))
	for _, id := range in.Selected {
		wanted[id] = true
	}
	for c := range in.Benchmark.Controls() {
		if !wanted[c.ID] {
			continue
		}
		f, ok := found[c.ID]
		if !ok {
			f = audit.Finding{Control: c.ID, Reason: "was not evaluated"}
		}
		r := in.result(c, f)
		d.Summary.count(r.Status)
		d.Results = append(d.Results, r)
	}
	d.Selection = Selection{len(d.Results), in.Benchmark.Len()}
	return d
}

func (in Input) result(c catalog.Control, f audit.Finding) Result {
	published := in.Profile.Published[c.ID]
	r := Result{
		ID: c.ID, Section: c.Section, Title: c.Title, Level: c.Level, Node: c.Node, Assessment: c.Assessment,
		Judge: c.Judge, Theme: c.Theme, Weight: c.Weight,
		Status: f.Status, ReasonCode: f.ReasonCode, Reason: f.Reason, Leaning: f.Leaning, ByDefault: f.ByDefault,
		Published: optional(published.String()), Standing: audit.StandingOf(f, published),
		Evidence: list(f.Evidence), Remarks: list(f.Remarks), BasisSHA256: f.Basis(),
	}
	if n, ok := in.Notes[c.ID]; ok {
		r.PublishedNote = optional(n.String())
	}
	if v, ok := in.Reviews[c.ID]; ok && v.Verdict != audit.NotReviewed {
		r.ReviewState = v.StateOf(f, in.Digests[c.ID], in.StartedAt)
		r.Review = &Review{v.Verdict, v.Rationale, v.Evidence, v.Author, v.At.UTC(), instant(v.ExpiresAt), v.Basis, v.ControlDigest, v.Seq}
	}
	if a, ok := in.Risks[c.ID]; ok {
		r.AcceptedRisk = &AcceptedRisk{a.By, a.Reason, a.Ref, a.At.UTC(), instant(a.ExpiresAt), a.Current(in.StartedAt), a.Seq}
	}
	return r
}

// RunID names a run: the same benchmark, profile, node and instant give the same
// id, and two nodes or two runs never share one.
func RunID(benchmark, profile, host string, at time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d", benchmark, profile, host, at.UnixNano()))
	return hex.EncodeToString(sum[:16])
}

func (s *Summary) count(status audit.Status) {
	switch status {
	case audit.Pass:
		s.Pass++
	case audit.Fail:
		s.Fail++
	case audit.Manual:
		s.Manual++
	case audit.NotApplicable:
		s.NotApplicable++
	default:
		s.Unknown++
	}
}

// Determined is how many of the selected controls have a finding that is not unknown.
func (d Document) Determined() int { return d.Selection.Selected - d.Summary.Unknown }

// optional is nil for an empty text: a value that is not there is null, never "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// list is never nil, so that an empty list is [] and not null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
