package facts

import (
	"context"
	"sync/atomic"
	"time"

	"mkeaudit/catalog"
)

// Node is a machine that can be looked at: the live one, a tree given with
// --root, or an imagined one of an example.
type Node interface {
	// Scan lists the processes that are or claim to be components, with everything
	// of a Snapshot but its observations. A process that vanishes while it is read is
	// left out. The error is for what makes an audit impossible (no /proc).
	Scan(ctx context.Context) (*Snapshot, error)
	Files
}

// Files reads below root directories. Paths are absolute; every link, absolute or
// relative, is resolved inside that root and cannot lead out of it. Errors wrap
// fs.ErrNotExist, fs.ErrPermission or are a *Trouble.
type Files interface {
	// Stat describes what a path leads to, links followed inside the root.
	Stat(r Root, path string) (File, error)
	// List returns the entries of a directory by name, links not followed, at most
	// max of them; more reports that there are others.
	List(r Root, path string, max int) (entries []File, more bool, err error)
	// Read returns the content of a regular file of at most max bytes.
	Read(r Root, path string, max int64) ([]byte, File, error)
}

// Trouble is an error with a cause.
type Trouble struct {
	Cause Cause
	Why   string
}

func (t *Trouble) Error() string { return t.Why }

// Keep says what of a command line may be kept: the flags of a component whose
// values are recorded. All other values are redacted.
type Keep func(c catalog.Component, flag string) bool

// Step is one event of a collection, for progress.
type Step struct {
	Done, Of int
	Key      Key
}

// Collect scans a node and then observes whatever next asks for, until it asks
// for nothing that has not been looked at. next is pure; it is called with each
// snapshot as it grows and returns the keys that it still misses. Each observation
// gets at most perKey time; one that does not answer is unreadable. When ctx ends,
// Collect returns what it has with ctx's error.
func Collect(ctx context.Context, n Node, perKey time.Duration, next func(*Snapshot) []Key) (*Snapshot, error) {
	s, err := n.Scan(ctx)
	if err != nil {
		return nil, err
	}
	s = s.With()
	for {
		var keys []Key
		asked := map[Key]bool{}
		for _, k := range next(s) {
			if !asked[k] && s.Get(k).State == Unseen {
				asked[k] = true
				keys = append(keys, k)
			}
		}
		if len(keys) == 0 {
			return s, ctx.Err()
		}
		seen, err := observeAll(ctx, n, keys, perKey)
		s = s.With(seen...)
		if err != nil {
			return s, err
		}
	}
}

// observeAll observes keys one after the other. One that does not answer within the
// limit is said to be so: a read that hangs (a dead network file system) cannot be
// cancelled, so its goroutine is left behind, its late answer is dropped and another
// goroutine goes on with the next key.
func observeAll(ctx context.Context, f Files, keys []Key, limit time.Duration) ([]Observation, error) {
	seen := make([]Observation, 0, len(keys))
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for len(seen) < len(keys) {
		rest := keys[len(seen):]
		answers := make(chan Observation, len(rest))
		var dropped atomic.Bool
		go func() {
			for _, k := range rest {
				if dropped.Load() {
					return
				}
				answers <- Observe(f, k)
			}
		}()
		for !dropped.Load() && len(seen) < len(keys) {
			timer.Reset(limit)
			select {
			case o := <-answers:
				seen = append(seen, o)
			case <-timer.C:
				dropped.Store(true)
				seen = append(seen, Observation{Key: keys[len(seen)], State: Unreadable, Cause: TimedOut, Why: "no answer within " + limit.String()})
			case <-ctx.Done():
				dropped.Store(true)
				return seen, ctx.Err()
			}
		}
	}
	return seen, nil
}
