package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"mkeaudit/audit"
	"mkeaudit/audit/facts"
	"mkeaudit/audit/report"
	"mkeaudit/catalog"
)

// target is what is audited, and by what: a node that is looked at now, or one that
// was recorded.
type target struct {
	book    *book
	auditor *audit.Auditor
	advice  func() (catalog.Advice, error) // what the profile says to a reader; loaded once

	source   report.Source
	node     *scannedNode    // nil for a recorded one
	first    *facts.Snapshot // the recorded one, or the first scan of the live one
	timeout  time.Duration
	warnings []string // what the settings add to the report
}

// openTarget opens what the flags name. A live node is scanned once, since what
// runs there chooses the profile.
func (a *app) openTarget(ctx context.Context) (*target, error) {
	k, err := a.openBook()
	if err != nil {
		return nil, err
	}
	t := &target{book: k, timeout: time.Duration(a.config.FactTimeout), warnings: a.config.changed()}
	if err := a.observe(ctx, t); err != nil {
		return nil, err
	}
	id := a.config.Profile
	if id == auto {
		var sign string
		if id, sign = audit.Detect(t.first); sign == "" && len(t.first.Processes) > 0 {
			t.warnings = append(t.warnings, "nothing shows which distribution this is: it is judged as "+id+"; --profile names another")
		}
	}
	profile, files, err := k.profile(id)
	if err != nil {
		return nil, err
	}
	t.auditor = &audit.Auditor{Benchmark: k.benchmark, Profile: profile, Explicit: a.config.ExplicitOnly}
	t.advice = sync.OnceValues(func() (catalog.Advice, error) { return catalog.LoadAdvice(files, k.benchmark) })
	return t, nil
}

func (a *app) observe(ctx context.Context, t *target) (err error) {
	switch {
	case a.flags.demo:
		data := facts.Demo()
		sum := sha256.Sum256(data)
		return t.record(report.Demo, bytes.NewReader(data), sum[:])
	case a.flags.snapshot == "-":
		return t.read(a.In)
	case a.flags.snapshot != "":
		f, err := os.OpenFile(a.flags.snapshot, os.O_RDONLY|nonblock, 0)
		if err != nil {
			return fmt.Errorf("snapshot: %w", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("snapshot: %s is not a regular file", a.flags.snapshot)
		}
		if err := t.read(f); err != nil {
			return fmt.Errorf("%s: %w", a.flags.snapshot, err)
		}
		return nil
	}
	keep := (&audit.Auditor{Benchmark: t.book.benchmark}).Keep()
	node, err := facts.Live(facts.LiveOptions{Root: a.config.Root, Keep: keep, Tool: tool(), Now: a.Now})
	if err != nil {
		return err
	}
	t.source = report.Source{Kind: report.Live}
	t.node = &scannedNode{Node: node}
	if t.first, err = node.Scan(ctx); err != nil {
		return err
	}
	t.node.first = t.first
	return nil
}

// read takes a snapshot and the digest of all its bytes from a file.
func (t *target) read(r io.Reader) error {
	h := sha256.New()
	tee := io.TeeReader(r, h)
	s, err := facts.ReadSnapshot(tee)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, tee); err != nil {
		return err
	}
	t.set(report.Snapshot, s, h.Sum(nil))
	return nil
}

func (t *target) record(kind report.Kind, r io.Reader, sum []byte) error {
	s, err := facts.ReadSnapshot(r)
	if err != nil {
		return err
	}
	t.set(kind, s, sum)
	return nil
}

func (t *target) set(kind report.Kind, s *facts.Snapshot, sum []byte) {
	digest, at := hex.EncodeToString(sum), s.RecordedAt.UTC()
	t.first = s
	t.source = report.Source{Kind: kind, SHA256: &digest}
	if !at.IsZero() {
		t.source.RecordedAt = &at
	}
}

// audit judges the controls (all without ids). Each is told to settled as soon as
// its facts are there. An audit that is cancelled leaves the rest unknown and
// returns the cause.
func (t *target) audit(ctx context.Context, ids []catalog.ID, settled func(f audit.Finding, done, of int)) (*facts.Snapshot, error) {
	var run *audit.Run
	run = t.auditor.Start(ids, func(f audit.Finding) {
		done, of := run.Progress()
		settled(f, done, of)
	})
	if t.node == nil {
		run.Finish(t.first)
		return t.first, ctx.Err()
	}
	s, err := facts.Collect(ctx, t.node, t.timeout, run.Next)
	if s != nil {
		run.Finish(s)
	}
	return s, err
}

// close gives back what the target holds open.
func (t *target) close() {
	if t.node == nil {
		return
	}
	if c, ok := t.node.Node.(io.Closer); ok {
		c.Close()
	}
}

// scannedNode answers the first Scan with one that was made already.
type scannedNode struct {
	facts.Node
	mu    sync.Mutex
	first *facts.Snapshot
}

// Scan lists the processes of the node.
func (n *scannedNode) Scan(ctx context.Context) (*facts.Snapshot, error) {
	n.mu.Lock()
	first := n.first
	n.first = nil
	n.mu.Unlock()
	if first != nil {
		return first, nil
	}
	return n.Node.Scan(ctx)
}
