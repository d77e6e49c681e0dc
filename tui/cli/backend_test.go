package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mkeaudit/audit"
	"mkeaudit/audit/session"
	"mkeaudit/catalog"
	"mkeaudit/tui"
)

// opened is an app whose target is a recorded node, with its sessions in a directory
// of the test.
func opened(t *testing.T, flags ...string) (*app, *target) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "node.json")
	if err := os.WriteFile(file, snapshotFile(t, recorded(flags...)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	env := map[string]string{"XDG_STATE_HOME": dir, "USER": "kim"}
	a := &app{Command: &Command{Out: &out, Err: &errs, Getenv: func(k string) string { return env[k] }, Now: time.Now, EUID: 1000, Config: builtIn(t), Etc: dir}}
	config, _, err := a.loadConfig("")
	if err != nil {
		t.Fatal(err)
	}
	a.config, a.flags.snapshot = config, file
	target, err := a.openTarget(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(target.close)
	return a, target
}

func TestBackendTellsEveryControlOnce(t *testing.T) {
	a, target := opened(t, good...)
	b := newBackend(a, target)
	for _, ids := range [][]catalog.ID{nil, {"1.2.1", "1.2.9"}} {
		want := target.book.benchmark.Len()
		if ids != nil {
			want = len(ids)
		}
		seen := map[catalog.ID]bool{}
		headers := 0
		for e := range b.Audit(context.Background(), ids) {
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			if e.Header != nil {
				headers++
				if e.Header.Node != "mgr-01" || e.Header.Product != "MKE 3.7.2" || e.Header.Kind != tui.Snapshot || e.Header.RecordedAt.IsZero() {
					t.Errorf("header %+v", e.Header)
				}
			}
			if e.Finding != nil {
				if seen[e.Finding.Control] {
					t.Errorf("%s twice", e.Finding.Control)
				}
				seen[e.Finding.Control] = true
				if e.Done != len(seen) || e.Of != want {
					t.Errorf("progress %d of %d at the %d. of %d", e.Done, e.Of, len(seen), want)
				}
			}
		}
		if len(seen) != want || headers != 1 {
			t.Errorf("%d controls and %d headers, want %d and 1", len(seen), headers, want)
		}
	}
}

func TestBackendStopsWhenNobodyListens(t *testing.T) {
	a, target := opened(t, good...)
	b := newBackend(a, target)
	ctx, cancel := context.WithCancel(context.Background())
	events := b.Audit(ctx, nil)
	<-events
	cancel()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case _, open := <-events:
			if !open {
				return
			}
		case <-deadline:
			t.Fatal("the channel was not closed")
		}
	}
}

func TestBackendSavesAndScanReadsIt(t *testing.T) {
	a, target := opened(t, good...)
	b := newBackend(a, target)
	saved, err := a.openSession(target, false)
	if err != nil {
		t.Fatal(err)
	}
	b.session = saved
	var person audit.Finding
	for e := range b.Audit(context.Background(), nil) {
		if f := e.Finding; f != nil && f.Status == audit.Manual && person.Control == "" {
			person = *f
		}
	}
	if person.Control == "" {
		person = audit.Finding{Control: "1.2.1"}
		for _, f := range target.auditor.Evaluate(target.first, "1.2.1") {
			person = f
		}
	}
	r, err := b.SaveReview(context.Background(), audit.Review{Control: person.Control, Verdict: audit.VerdictFail, Rationale: "no", Author: a.author(),
		ExpiresAt: time.Now().Add(time.Hour), Basis: person.Basis(), ControlDigest: b.digest(person.Control), At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if r.Author != "kim" || r.Seq == 0 {
		t.Errorf("saved %+v", r)
	}
	if err := saved.Close(); err != nil {
		t.Fatal(err)
	}
	d, again, err := a.evaluate(context.Background(), filter{controls: []string{string(person.Control)}})
	if err != nil {
		t.Fatal(err)
	}
	again.close()
	if got := d.Results[0]; got.Review == nil || got.ReviewState != audit.ReviewCurrent || got.Review.Verdict != audit.VerdictFail {
		t.Errorf("the scan reads %+v %v", got.Review, got.ReviewState)
	}
	if !strings.Contains(saved.Path(), "snapshot") {
		t.Errorf("the session of a snapshot is kept in %s", saved.Path())
	}
}

func TestBackendWithoutSessionSaysWhy(t *testing.T) {
	a, target := opened(t, good...)
	b := newBackend(a, target)
	b.noReview = "no place"
	if _, err := b.SaveReview(context.Background(), audit.Review{}); err == nil || err.Error() != "no place" {
		t.Errorf("error %v", err)
	}
}

func TestADamagedSessionStopsAScan(t *testing.T) {
	a, target := opened(t, good...)
	path := session.Path(must(a.sessionDir()), target.identity())
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("{\"seq\":0}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.evaluate(context.Background(), filter{}); err == nil || codeOf(err) != ExitFailed {
		t.Errorf("error %v: reviews that cannot be read must not be left out silently", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
