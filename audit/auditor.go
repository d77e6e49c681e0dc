package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// Auditor judges snapshots against one benchmark on one distribution. It is
// immutable and may be used from several goroutines.
type Auditor struct {
	Benchmark *catalog.Benchmark
	Profile   *catalog.Profile
	// Explicit demands that a setting is written down: one that is met only by a
	// default fails.
	Explicit bool
}

// Evaluate judges the controls of the given ids, or all of them without ids, in
// the order of the benchmark.
func (a *Auditor) Evaluate(s *facts.Snapshot, ids ...catalog.ID) []Finding {
	var findings []Finding
	run := a.Start(ids, func(f Finding) { findings = append(findings, f) })
	run.finish(s)
	return findings
}

// Run is an audit under way. Its Next is what facts.Collect asks for keys: each
// control whose facts are complete is settled and reported, in the order in which
// they settle; the others name what they miss.
type Run struct {
	auditor *Auditor
	open    []catalog.Control
	settled func(Finding)
	done    int
	of      int
}

// Start begins an audit of the given controls (all without ids). settled is called
// once for every control, on the goroutine that calls Next.
func (a *Auditor) Start(ids []catalog.ID, settled func(Finding)) *Run {
	wanted := make(map[catalog.ID]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	r := &Run{auditor: a, settled: settled}
	for c := range a.Benchmark.Controls() {
		if len(ids) == 0 || wanted[c.ID] {
			r.open = append(r.open, c)
		}
	}
	r.of = len(r.open)
	return r
}

// Progress returns how many controls are settled, and of how many.
func (r *Run) Progress() (done, of int) { return r.done, r.of }

// Next settles what the snapshot decides and returns the keys that the other
// controls still miss.
func (r *Run) Next(s *facts.Snapshot) []facts.Key {
	if first := r.auditor.versionKeys(s); len(first) > 0 {
		return first // the running version decides how everything else is read
	}
	var missing []facts.Key
	seen := map[facts.Key]bool{}
	open := r.open[:0:0]
	e := r.auditor.evaluation(s)
	for _, c := range r.open {
		f := e.control(c)
		if len(e.missing) == 0 {
			r.settle(f)
			continue
		}
		open = append(open, c)
		for _, k := range e.missing {
			if !seen[k] {
				seen[k] = true
				missing = append(missing, k)
			}
		}
	}
	r.open = open
	return missing
}

// finish settles every control that is left with what the snapshot holds.
func (r *Run) finish(s *facts.Snapshot) {
	e := r.auditor.evaluation(s)
	for _, c := range r.open {
		r.settle(e.control(c))
	}
	r.open = nil
}

// Finish settles the controls that are still open when a collection ends early;
// what they miss makes them unknown.
func (r *Run) Finish(s *facts.Snapshot) { r.finish(s) }

func (r *Run) settle(f Finding) {
	r.done++
	r.settled(f)
}

// Digest identifies a control's definition and its text, so that a review can tell
// when what was asked has changed.
func Digest(c catalog.Control, t catalog.Text) string {
	b, err := json.Marshal(struct {
		Control catalog.Control
		Text    catalog.Text
	}{c, t})
	if err != nil { // only plain data is in there
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
