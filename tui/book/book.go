// Package book is what the screens know: the catalogue, the findings so far, the
// reviews, and the words in which they are said. It imports nothing that draws, so
// that the screen and the linear mode tell the same things in the same words.
//
// A Book has one owner, which changes it between two frames; the screens read it.
package book

import (
	"strings"
	"time"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// Row is everything that is known of one control.
type Row struct {
	Control  catalog.Control
	Finding  *audit.Finding // nil until it is settled
	Pending  bool           // an audit of it is under way
	Basis    string         // Finding.Basis
	Standing audit.Standing
	Review   *audit.Review
	State    audit.ReviewState
	Risk     *audit.AcceptedRisk
	Change   *Change // what the last re-run that changed something changed

	short  string
	search string
}

// Change is a finding that another one replaced.
type Change struct {
	Before audit.Finding
	At     time.Time
}

// Book holds one audit.
type Book struct {
	Benchmark *catalog.Benchmark
	Profile   *catalog.Profile
	Header    Header
	Now       time.Time // of the last tick; the zero time before the first
	AuditedAt time.Time // when the last audit ended
	Texts     catalog.Texts
	Advice    catalog.Advice
	TextsErr  error // why there are none
	AdviceErr error
	// Loaded says that texts and digests are there: before that no review can be
	// bound to a control.
	Loaded bool

	rows    []Row
	index   map[catalog.ID]int
	digests map[catalog.ID]string
}

// New makes a book in which nothing is settled.
func New(b *catalog.Benchmark, p *catalog.Profile, h Header, reviews map[catalog.ID]audit.Review, risks map[catalog.ID]audit.AcceptedRisk) *Book {
	k := &Book{Benchmark: b, Profile: p, Header: h, index: make(map[catalog.ID]int, b.Len())}
	for c := range b.Controls() {
		r := Row{Control: c, short: Short(c.Title)}
		r.search = searchable(c, catalog.Text{}, catalog.Remedy{}, catalog.Note{})
		if v, ok := reviews[c.ID]; ok {
			r.Review = &v
		}
		if v, ok := risks[c.ID]; ok {
			r.Risk = &v
		}
		k.index[c.ID] = len(k.rows)
		k.rows = append(k.rows, r)
	}
	return k
}

// Rows are all controls in the order of the benchmark. They are the book's own.
func (b *Book) Rows() []Row { return b.rows }

// Row returns a control's row, or nil.
func (b *Book) Row(id catalog.ID) *Row {
	if i, ok := b.index[id]; ok {
		return &b.rows[i]
	}
	return nil
}

// Published is the vendor's result for a control.
func (b *Book) Published(id catalog.ID) catalog.Published {
	if b.Profile == nil {
		return catalog.PublishedNone
	}
	return b.Profile.Published[id]
}

// Digest is the digest of a control's definition, or "" before it is loaded.
func (b *Book) Digest(id catalog.ID) string { return b.digests[id] }

// Begin marks the controls as being audited: all without ids.
func (b *Book) Begin(ids []catalog.ID) {
	if len(ids) == 0 {
		for i := range b.rows {
			b.rows[i].Pending = true
		}
	}
	for _, id := range ids {
		if r := b.Row(id); r != nil {
			r.Pending = true
		}
	}
}

// End says that no audit is under way any more.
func (b *Book) End() {
	for i := range b.rows {
		b.rows[i].Pending = false
	}
}

// Settle takes in a finding whose basis is given. It reports whether it differs
// from the one that was there; the first one of a control differs from nothing.
func (b *Book) Settle(f audit.Finding, basis string, at time.Time) (changed bool) {
	r := b.Row(f.Control)
	if r == nil {
		return false
	}
	if old := r.Finding; old != nil && (old.Status != f.Status || old.ReasonCode != f.ReasonCode || r.Basis != basis || leaning(old) != leaning(&f)) {
		changed = true
		r.Change = &Change{Before: *old, At: at}
	}
	r.Finding, r.Basis, r.Pending = &f, basis, false
	r.Standing = audit.StandingOf(f, b.Published(f.Control))
	b.judge(r)
	return changed
}

func leaning(f *audit.Finding) audit.Leaning {
	if f.Leaning == nil {
		return audit.LeaningNone
	}
	return *f.Leaning
}

// Save takes in a review that is on disk.
func (b *Book) Save(r audit.Review) {
	if row := b.Row(r.Control); row != nil {
		row.Review = &r
		b.judge(row)
	}
}

// Tick moves the clock; reviews whose date has passed expire.
func (b *Book) Tick(now time.Time) {
	b.Now = now
	for i := range b.rows {
		if b.rows[i].Review != nil {
			b.judge(&b.rows[i])
		}
	}
}

// Load takes in what is read after the first frame.
func (b *Book) Load(t catalog.Texts, a catalog.Advice, digests map[catalog.ID]string, textsErr, adviceErr error) {
	b.Texts, b.Advice, b.digests, b.TextsErr, b.AdviceErr, b.Loaded = t, a, digests, textsErr, adviceErr, true
	for i := range b.rows {
		r := &b.rows[i]
		r.search = searchable(r.Control, t[r.Control.ID], a.Remedies[r.Control.ID], a.Notes[r.Control.ID])
		b.judge(r)
	}
}

// judge says whether the row's review still counts. Before the digests are there
// nothing is called stale for their lack.
func (b *Book) judge(r *Row) {
	r.State = audit.ReviewNone
	if r.Review == nil || r.Review.Verdict == audit.NotReviewed {
		return
	}
	digest := b.digests[r.Control.ID]
	if !b.Loaded {
		digest = r.Review.ControlDigest
	}
	r.State = reviewState(r.Review, r.Finding != nil, r.Basis, digest, b.Now)
}

// reviewState is audit.Review.StateOf for a basis that is already computed: it may
// be that of a listing of many thousand rows, and is needed at every tick.
func reviewState(v *audit.Review, settled bool, basis, digest string, now time.Time) audit.ReviewState {
	switch {
	case !v.ExpiresAt.IsZero() && !now.Before(v.ExpiresAt):
		return audit.ReviewExpired
	case settled && v.Basis != basis || v.ControlDigest != digest:
		return audit.ReviewStale
	}
	return audit.ReviewCurrent
}

func searchable(c catalog.Control, t catalog.Text, r catalog.Remedy, n catalog.Note) string {
	parts := []string{string(c.ID), c.Title, c.Theme, t.Rationale, t.Impact, t.Remediation, r.Text, r.Fragment, n.Text}
	parts = append(parts, t.Footnotes...)
	parts = append(parts, r.Keys...)
	return strings.ToLower(strings.Join(strings.Fields(strings.Join(parts, " ")), " "))
}
