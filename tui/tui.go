// Package tui shows an audit and takes reviews: the terminal screen, and the linear
// mode for screen readers. It decides nothing and stores nothing; both are asked of
// the Backend.
package tui

import (
	"context"
	"io"
	"time"

	"mkeaudit/audit"
	"mkeaudit/catalog"
	"mkeaudit/tui/book"
)

// Backend does everything outside the screen. Its methods are called on
// goroutines of their own, never from Update.
type Backend interface {
	// Audit judges the controls (all when ids is empty) and reports as they settle.
	// The channel is closed at the end, also after ctx is cancelled, and a send must
	// not outlive ctx. The screen reads until it is closed and never has two audits
	// under way at once.
	Audit(ctx context.Context, ids []catalog.ID) <-chan Event
	// SaveReview appends to the session journal and returns only after it is on
	// disk. What it returns is what the journal holds. The screen never has two
	// saves under way at once. r.At is set by the caller.
	SaveReview(ctx context.Context, r audit.Review) (audit.Review, error)
}

// Event is one report of an audit under way. Any part may be left out.
type Event struct {
	Finding  *audit.Finding
	Done, Of int     // controls settled so far; Of is 0 where not known
	Header   *Header // replaces the header
	Err      error   // the audit could not run or ended early; findings so far stand
}

// Header is what stands above the screen.
type Header = book.Header

// The kinds of input.
const (
	Live     = book.Live
	Snapshot = book.Snapshot
	Demo     = book.Demo
	Import   = book.Import
)

// Options are what Run needs.
type Options struct {
	In        io.Reader // nil: standard input
	Out       io.Writer // nil: standard output
	Backend   Backend
	Benchmark *catalog.Benchmark
	Profile   *catalog.Profile

	// Texts, Advice and ControlDigest are called in the background after the first
	// frame, ControlDigest once for every control after Texts has returned.
	Texts         func() (catalog.Texts, error)
	Advice        func() (catalog.Advice, error)
	ControlDigest func(catalog.ID) string

	Reviews map[catalog.ID]audit.Review       // the last one of each control
	Risks   map[catalog.ID]audit.AcceptedRisk // may be nil
	Header  Header

	Author        string        // proposed in the review form
	DefaultExpiry time.Duration // proposed in the review form; 0: none
	MaxExpiry     time.Duration // the furthest that the form takes; 0: no bound, and no expiry is allowed
	Now           func() time.Time

	NoColor bool // no colour whatever the terminal can do
	ASCII   bool // no glyph outside ASCII
	Plain   bool // the linear mode: lines and prompts, no cursor movement
}

// Run shows the screen until the person quits or ctx ends. It returns nil for
// both, and an error where the terminal could not be used.
func Run(ctx context.Context, o Options) error {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Plain {
		return runPlain(ctx, o)
	}
	return runScreen(ctx, o)
}
