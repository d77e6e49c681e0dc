// Package session remembers. It keeps what a person concluded in an append-only
// journal: one JSON line per event, each hashed and chained to the one before, and
// on the disk before anybody is told that it is saved. That makes a session
// tamper-evident once its head is signed, not tamper-proof: lines cut off at the end,
// or a journal rewritten whole by who may write to it, show only against a signed head.
package session

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// DefaultMaxAge is how far ahead an expiry may lie where nothing else is set.
const DefaultMaxAge = 366 * 24 * time.Hour

// Options says how a session is opened.
type Options struct {
	Now          func() time.Time // nil: time.Now
	Actor        Actor            // recorded when something is saved
	MaxAge       time.Duration    // how far ahead a review or risk may expire; zero: DefaultMaxAge
	ReportSHA256 string           // of the machine's report that is reviewed, or ""
	ReadOnly     bool             // only look: no lock, nothing is ever written

	disk *disk // for tests; nil: the real one
}

// ThisActor is who runs this program: the effective user, the login that sudo does
// not change, and the name that the person claims.
func ThisActor(claimed string) Actor {
	b, _ := os.ReadFile("/proc/self/loginuid")
	return Actor{Claimed: claimed, LoginUID: parseLoginUID(b), EUID: os.Geteuid()}
}

// parseLoginUID reads /proc/self/loginuid; what is not there is the kernel's "unset".
func parseLoginUID(b []byte) uint32 {
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 32)
	if err != nil {
		return 1<<32 - 1
	}
	return uint32(n)
}

// Session is a journal and what it comes to. Its methods may be called from several
// goroutines; each waits for the one before.
type Session struct {
	mu      sync.Mutex
	id      Identity
	options Options
	journal journal
	ledger  *ledger
	wrote   bool // in this run
}

// Open opens the session in a file. Where there is none it is empty, and nothing is
// created until the first review. A session that another process holds, or that
// cannot be written to, opens read-only. One that is damaged, unsafe or about
// something else is refused: the error wraps ErrDamaged, ErrUnsafe or ErrForeign.
func Open(path string, id Identity, o Options) (*Session, error) {
	if err := id.check(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxAge <= 0 {
		o.MaxAge = DefaultMaxAge
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	s := &Session{id: id, options: o, journal: journal{path: path, user: o.Actor.Claimed, disk: osDisk}}
	if o.disk != nil {
		s.journal.disk = *o.disk
	}
	if o.ReadOnly {
		s.journal.readOnly = "it was opened for looking only"
	}
	events, err := s.journal.open(o.Now())
	if err == nil {
		err = s.adopt(events)
	}
	if err != nil {
		s.journal.close()
		return nil, fmt.Errorf("session: %w", err)
	}
	return s, nil
}

// adopt takes in the events that a journal holds already.
func (s *Session) adopt(events []Event) error {
	if len(events) > 0 {
		if f := events[0].Format; f != Format {
			return fmt.Errorf("%s: %w: its format is %q and this program writes %q", s.journal.path, ErrForeign, f, Format)
		}
		if err := s.id.same(events[0]); err != nil {
			return fmt.Errorf("%s: %w", s.journal.path, err)
		}
	}
	l, err := replay(events)
	if err != nil {
		return fmt.Errorf("%s: %w", s.journal.path, err)
	}
	s.ledger = l
	return nil
}

// Review saves a review, and returns it as it was saved: with its time, its seq and
// its expiry in whole seconds. It is on the disk when the error is nil.
func (s *Session) Review(ctx context.Context, r audit.Review) (audit.Review, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	r.ExpiresAt = wholeSeconds(r.ExpiresAt)
	if err := checkReview(r, now, s.options.MaxAge); err != nil {
		return audit.Review{}, fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	e, err := s.save(ctx, now, Event{Type: EventMark, Control: r.Control, BasisSHA256: r.Basis, ControlSHA256: r.ControlDigest,
		Verdict: r.Verdict, Rationale: r.Rationale, Note: r.Evidence, ExpiresAt: Seconds{r.ExpiresAt}, Author: r.Author})
	if err != nil {
		return audit.Review{}, err
	}
	return reviewOf(e), nil
}

// AcceptRisk saves that a risk is accepted, and returns it as it was saved. It never
// changes a finding or a review.
func (s *Session) AcceptRisk(ctx context.Context, r audit.AcceptedRisk) (audit.AcceptedRisk, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	r.ExpiresAt = wholeSeconds(r.ExpiresAt)
	if err := checkRisk(r, now, s.options.MaxAge); err != nil {
		return audit.AcceptedRisk{}, fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	e, err := s.save(ctx, now, Event{Type: EventAcceptRisk, Control: r.Control, By: r.By, Reason: r.Reason, Ref: r.Ref,
		ExpiresAt: Seconds{r.ExpiresAt}, Author: s.options.Actor.Claimed})
	if err != nil {
		return audit.AcceptedRisk{}, err
	}
	return riskOf(e), nil
}

// Retract takes a review or an accepted risk back. It stays in the journal and no
// longer counts. What it had replaced does not come back: taking back a fail never
// revives an older pass.
func (s *Session) Retract(ctx context.Context, seq int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ledger.checkRetract(seq); err != nil {
		return fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	_, err := s.save(ctx, s.now(), Event{Type: EventRetract, Retracts: seq, Author: s.options.Actor.Claimed})
	return err
}

// save writes an event, after the one that opens or resumes the session in this run.
func (s *Session) save(ctx context.Context, now time.Time, e Event) (Event, error) {
	if err := ctx.Err(); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	if err := s.begin(now); err != nil {
		return Event{}, err
	}
	return s.append(now, e)
}

func (s *Session) begin(now time.Time) error {
	if s.journal.readOnly != "" {
		return s.journal.refusal()
	}
	if s.journal.file == nil {
		events, err := s.journal.begin(now)
		if err != nil {
			return err
		}
		if err := s.adopt(events); err != nil {
			return s.journal.fail("%v", err)
		}
		if s.journal.readOnly != "" {
			return s.journal.refusal()
		}
	}
	if s.wrote {
		return nil
	}
	e := Event{Type: EventResume, Tool: s.id.Tool, CatalogSHA256: s.id.CatalogSHA256, ReportSHA256: s.options.ReportSHA256, Actor: &s.options.Actor}
	if len(s.ledger.events) == 0 {
		e.Type, e.Format, e.Kind = EventOpen, Format, s.id.Kind
		e.Node, e.NodeName, e.Benchmark, e.Profile = s.id.HostID, s.id.HostName, s.id.Benchmark, s.id.Profile
	}
	_, err := s.append(now, e)
	s.wrote = err == nil
	return err
}

// append gives an event its place in the chain and writes it.
func (s *Session) append(now time.Time, e Event) (Event, error) {
	e.Seq, e.Prev = s.ledger.head()
	e.At = Millis{now}
	line, hash, err := encode(e)
	if err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	e.Hash = hash
	if err := s.journal.append(line); err != nil {
		return Event{}, err
	}
	if err := s.ledger.add(e); err != nil { // checked before; a journal that it refuses must not grow
		return Event{}, s.journal.fail("%v", err)
	}
	return e, nil
}

// head returns the seq of the next event and the hash that it follows.
func (l *ledger) head() (seq int, hash string) {
	if n := len(l.events); n > 0 {
		return n, l.events[n-1].Hash
	}
	return 0, zeros
}

func (s *Session) now() time.Time { return s.options.Now().UTC().Truncate(time.Millisecond) }

func wholeSeconds(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// Reviews returns the latest review of each control. Of those that were taken back
// there is none. Whether one still counts is Review.StateOf.
func (s *Session) Reviews() map[catalog.ID]audit.Review {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := maps.Clone(s.ledger.reviews)
	maps.DeleteFunc(all, func(_ catalog.ID, r audit.Review) bool { return s.ledger.retracted[r.Seq] })
	return all
}

// Risks returns the latest accepted risk of each control. Of those that were taken
// back there is none. Whether one still counts is AcceptedRisk.Current.
func (s *Session) Risks() map[catalog.ID]audit.AcceptedRisk {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := maps.Clone(s.ledger.risks)
	maps.DeleteFunc(all, func(_ catalog.ID, r audit.AcceptedRisk) bool { return s.ledger.retracted[r.Seq] })
	return all
}

// Events returns everything in the journal, in order.
func (s *Session) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger.events)
}

// Head returns the seq and hash of the last entry; -1 and 64 zeros where there is none.
func (s *Session) Head() (seq int, hash string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, hash := s.ledger.head()
	return next - 1, hash
}

// Path returns the file of the session, absolute.
func (s *Session) Path() string { return s.journal.path }

// ReadOnly reports whether nothing can be saved, and why.
func (s *Session) ReadOnly() (bool, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.readOnly != "", s.journal.readOnly
}

// Torn says what was done with an incomplete last line that was found, or "".
func (s *Session) Torn() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.torn
}

// SaveAs writes everything that was saved so far to a new file; an existing one is
// not touched. It is the way on when the session became read-only: open the new file
// and save the rest there.
func (s *Session) SaveAs(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.journal.raw) == 0 {
		return fmt.Errorf("save as: nothing is saved yet; start again with --session %s", path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("save as: %w", err)
	}
	return s.journal.saveAs(path)
}

// Close ends the session: if this run saved anything it says so in the journal, and
// gives the lock back. What was saved is on the disk whatever Close returns.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.wrote && s.journal.readOnly == "" {
		_, err = s.append(s.now(), Event{Type: EventClose})
	}
	s.wrote = false
	if s.journal.readOnly == "" {
		s.journal.readOnly = "it is closed"
	}
	if cerr := s.journal.close(); err == nil && cerr != nil {
		err = fmt.Errorf("close session: %w", cerr)
	}
	return err
}
