package session

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

func types(s *Session) string {
	var words []string
	for _, e := range s.Events() {
		words = append(words, e.Type.String())
	}
	return strings.Join(words, " ")
}

// Looking creates nothing: no file, no lock, not even the directory.
func TestLookingCreatesNothing(t *testing.T) {
	root := t.TempDir()
	path := Path(filepath.Join(root, "a", "b"), testIdentity())
	s := mustOpen(t, path, testOptions())
	if seq, hash := s.Head(); seq != -1 || hash != zeros || len(s.Reviews())+len(s.Risks())+len(s.Events()) != 0 {
		t.Errorf("an empty session has head %d %s", seq, hash)
	}
	if ro, why := s.ReadOnly(); ro {
		t.Errorf("read-only: %s", why)
	}
	if _, err := s.Review(ctx, audit.Review{}); !errors.Is(err, ErrNotSaved) {
		t.Errorf("an empty review: %v", err)
	}
	if err := s.Retract(ctx, 0); !errors.Is(err, ErrNotSaved) {
		t.Errorf("retract of nothing: %v", err)
	}
	if err := s.SaveAs(filepath.Join(root, "x")); err == nil {
		t.Error("nothing was saved as something")
	}
	mustClose(t, s)
	if entries, _ := os.ReadDir(root); len(entries) != 0 {
		t.Errorf("looking made %v", entries)
	}
}

func TestFirstReviewCreates(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	root := t.TempDir()
	path := Path(filepath.Join(root, "a", "b"), testIdentity())
	s := mustOpen(t, path, testOptions())
	saved := mustReview(t, s, pass("5.1.1", "One binding."))
	want := pass("5.1.1", "One binding.")
	want.At, want.Seq = start.Add(3*time.Second), 1
	if saved != want {
		t.Errorf("saved %+v, want %+v", saved, want)
	}
	for name, mode := range map[string]os.FileMode{
		filepath.Join(root, "a"): 0o700 | os.ModeDir, filepath.Join(root, "a", "b"): 0o700 | os.ModeDir, path: 0o600, path + ".lock": 0o600,
	} {
		if info, err := os.Lstat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, want mode %v", name, info.Mode(), mode)
		}
	}
	mustClose(t, s)
	if missing(path + ".lock") {
		t.Error("the lock was unlinked")
	}
	s = mustOpen(t, path, testOptions())
	if got := s.Reviews(); len(got) != 1 || got["5.1.1"] != want {
		t.Errorf("read %+v, want %+v", got, want)
	}
	e := s.Events()[0]
	if e.Format != Format || e.Node != hostID || e.NodeName != "mgr-01" || e.Kind != KindLive || e.Benchmark != "cis-1.7.0" || e.Profile != "mke-3.7" ||
		e.CatalogSHA256 != hexA || *e.Actor != (Actor{"j.doe@example.org", 1000, os.Geteuid()}) || e.Tool != "mkeaudit 0.1.0" {
		t.Errorf("open is %+v", e)
	}
}

func TestResumeAndCloseOnlyWhereSomethingIsWritten(t *testing.T) {
	path := journalPath(t)
	o := testOptions()
	s := mustOpen(t, path, o)
	mustReview(t, s, pass("5.1.1", "a"))
	mustReview(t, s, pass("5.1.2", "b"))
	mustClose(t, s)
	before := mustRead(t, path)
	for range 3 {
		s = mustOpen(t, path, o)
		s.Reviews()
		mustClose(t, s)
	}
	if string(mustRead(t, path)) != string(before) {
		t.Error("looking changed the journal")
	}
	s = mustOpen(t, path, o)
	mustReview(t, s, pass("5.1.3", "c"))
	mustReview(t, s, pass("5.1.4", "d"))
	mustClose(t, s)
	s = mustOpen(t, path, o)
	if got, want := types(s), "open mark mark close resume mark mark close"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	seq, hash := s.Head()
	if e := s.Events(); seq != 7 || hash != e[7].Hash {
		t.Errorf("head %d %s", seq, hash)
	}
	mustClose(t, s)
	if _, err := s.Review(ctx, pass("5.1.5", "e")); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a review after close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestLatestReviewWins(t *testing.T) {
	path := journalPath(t)
	// The clock runs backwards: seq decides, not the time.
	now := start
	o := testOptions()
	o.Now = func() time.Time { now = now.Add(-time.Minute); return now }
	s := mustOpen(t, path, o)
	first := mustReview(t, s, pass("5.1.1", "first"))
	fail := pass("5.1.1", "second")
	fail.Verdict = audit.VerdictFail
	second := mustReview(t, s, fail)
	other := mustReview(t, s, pass("5.1.2", "other"))
	risk := func(reason string) audit.AcceptedRisk {
		r, err := s.AcceptRisk(ctx, audit.AcceptedRisk{Control: "5.1.1", By: "ciso", Reason: reason, ExpiresAt: start.AddDate(0, 1, 0)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	risk("one")
	two := risk("two")
	check := func(want map[catalog.ID]audit.Review, risks map[catalog.ID]audit.AcceptedRisk) {
		t.Helper()
		for range 2 {
			if got := s.Reviews(); !maps.Equal(got, want) {
				t.Errorf("reviews %+v, want %+v", got, want)
			}
			if got := s.Risks(); !maps.Equal(got, risks) {
				t.Errorf("risks %+v, want %+v", got, risks)
			}
			mustClose(t, s)
			s = mustOpen(t, path, o)
		}
	}
	check(map[catalog.ID]audit.Review{"5.1.1": second, "5.1.2": other}, map[catalog.ID]audit.AcceptedRisk{"5.1.1": two})
	if err := s.Retract(ctx, second.Seq); err != nil {
		t.Fatal(err)
	}
	if err := s.Retract(ctx, two.Seq); err != nil {
		t.Fatal(err)
	}
	// Taking the fail back does not revive the pass before it.
	check(map[catalog.ID]audit.Review{"5.1.2": other}, map[catalog.ID]audit.AcceptedRisk{})
	if err := s.Retract(ctx, first.Seq); err != nil {
		t.Fatal(err)
	}
	again := mustReview(t, s, pass("5.1.1", "again"))
	// Taking back what was replaced long ago leaves the latest alone.
	stale := mustReview(t, s, pass("5.1.2", "to be replaced"))
	other = mustReview(t, s, pass("5.1.2", "other again"))
	if err := s.Retract(ctx, stale.Seq); err != nil {
		t.Fatal(err)
	}
	check(map[catalog.ID]audit.Review{"5.1.1": again, "5.1.2": other}, map[catalog.ID]audit.AcceptedRisk{})
	for seq, why := range map[int]string{-1: "no entry", 0: "cannot be taken back", 9999: "no entry", second.Seq: "already"} {
		if err := s.Retract(ctx, seq); !errors.Is(err, ErrNotSaved) || !strings.Contains(err.Error(), why) {
			t.Errorf("retract %d: %v, want %s", seq, err, why)
		}
	}
}

func TestReviewsThatAreRefused(t *testing.T) {
	path := journalPath(t)
	o := testOptions()
	o.Now = func() time.Time { return start }
	o.MaxAge = 30 * 24 * time.Hour
	s := mustOpen(t, path, o)
	for name, c := range map[string]struct {
		change func(*audit.Review)
		why    string
	}{
		"no verdict":           {func(r *audit.Review) { r.Verdict = audit.NotReviewed }, "verdict"},
		"an invented verdict":  {func(r *audit.Review) { r.Verdict = 9 }, "verdict"},
		"no rationale":         {func(r *audit.Review) { r.Rationale = "" }, "rationale is empty"},
		"a blank rationale":    {func(r *audit.Review) { r.Rationale = " \t\n" }, "rationale is empty"},
		"an endless rationale": {func(r *audit.Review) { r.Rationale = strings.Repeat("\u00e9", 4001) }, "4001 characters, at most 4000"},
		"escape sequence":      {func(r *audit.Review) { r.Rationale = "ok\x1b[31m" }, "U+001B"},
		"carriage return":      {func(r *audit.Review) { r.Rationale = "ok\r\n" }, "U+000D"},
		"invalid UTF-8":        {func(r *audit.Review) { r.Rationale = "ok\xff" }, "UTF-8"},
		"damaged text":         {func(r *audit.Review) { r.Evidence = "ok\ufffd" }, "U+FFFD"},
		"backwards text":       {func(r *audit.Review) { r.Evidence = "\u202eok" }, "U+202E"},
		"endless evidence":     {func(r *audit.Review) { r.Evidence = strings.Repeat("x", 4001) }, "evidence has 4001"},
		"no author":            {func(r *audit.Review) { r.Author = "" }, "author is empty"},
		"author of two lines":  {func(r *audit.Review) { r.Author = "a\nb" }, "author cannot"},
		"no control":           {func(r *audit.Review) { r.Control = "" }, "control is empty"},
		"no basis":             {func(r *audit.Review) { r.Basis = "" }, "evidence that was seen"},
		"no control digest":    {func(r *audit.Review) { r.ControlDigest = strings.ToUpper(hexB) }, "digest of the control"},
		"expired":              {func(r *audit.Review) { r.ExpiresAt = start.Add(-time.Second) }, "has passed"},
		"expires now":          {func(r *audit.Review) { r.ExpiresAt = start }, "has passed"},
		"expires within the second": {func(r *audit.Review) { r.ExpiresAt = start.Add(900 * time.Millisecond) },
			"has passed"},
		"expires too late":       {func(r *audit.Review) { r.ExpiresAt = start.Add(o.MaxAge + time.Second) }, "at most 30 days"},
		"a pass for ever":        {func(r *audit.Review) { r.ExpiresAt = time.Time{} }, "needs a date"},
		"not applicable forever": {func(r *audit.Review) { r.ExpiresAt, r.Verdict = time.Time{}, audit.VerdictNotApplicable }, "needs a date"},
	} {
		r := pass("5.1.1", "fine")
		r.ExpiresAt = start.Add(time.Hour)
		c.change(&r)
		if saved, err := s.Review(ctx, r); !errors.Is(err, ErrNotSaved) || !strings.Contains(err.Error(), c.why) || strings.Contains(err.Error(), "\n") || saved != (audit.Review{}) {
			t.Errorf("%s: %v, want %s", name, err, c.why)
		}
	}
	for name, c := range map[string]struct {
		risk audit.AcceptedRisk
		why  string
	}{
		"nobody":   {audit.AcceptedRisk{Control: "2.7", Reason: "r", ExpiresAt: start.Add(time.Hour)}, "who accepts"},
		"no why":   {audit.AcceptedRisk{Control: "2.7", By: "ciso", ExpiresAt: start.Add(time.Hour)}, "reason is empty"},
		"for ever": {audit.AcceptedRisk{Control: "2.7", By: "ciso", Reason: "r"}, "needs a date"},
		"too long": {audit.AcceptedRisk{Control: "2.7", By: "ciso", Reason: "r", ExpiresAt: start.AddDate(2, 0, 0)}, "at most 30 days"},
		"for what": {audit.AcceptedRisk{By: "ciso", Reason: "r", ExpiresAt: start.Add(time.Hour)}, "control is empty"},
	} {
		if _, err := s.AcceptRisk(ctx, c.risk); !errors.Is(err, ErrNotSaved) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("risk, %s: %v, want %s", name, err, c.why)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	r := pass("5.1.1", "fine")
	r.ExpiresAt = start.Add(time.Hour)
	if _, err := s.Review(cancelled, r); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrNotSaved) {
		t.Errorf("cancelled: %v", err)
	}
	if !missing(path) {
		t.Error("a refused review made a journal")
	}
}

// The largest texts that are allowed fit into a line and come back as they were.
func TestLargestReviewFits(t *testing.T) {
	path := journalPath(t)
	o := testOptions()
	s := mustOpen(t, path, o)
	for _, text := range []string{strings.Repeat("\U0001f600", MaxProse), strings.Repeat("\"\\\n\t", MaxProse/4), strings.Repeat("<&>'", MaxProse/4)} {
		r := pass("5.1.1", text)
		r.Evidence = text
		r.Author = strings.Repeat("\U0001f600", MaxName)
		saved := mustReview(t, s, r)
		mustClose(t, s)
		s = mustOpen(t, path, o)
		if got := s.Reviews()["5.1.1"]; got != saved || got.Rationale != text || got.Evidence != text {
			t.Errorf("%d bytes came back as %d", len(text), len(got.Rationale))
		}
	}
	// Times are kept to the millisecond, ends to the second, both in UTC.
	o.Now = func() time.Time { return time.Date(2026, 12, 1, 1, 2, 3, 456789, time.FixedZone("x", 7200)) }
	mustClose(t, s)
	s = mustOpen(t, path, o)
	r := pass("5.1.9", "zones")
	r.ExpiresAt = time.Date(2027, 1, 1, 0, 0, 0, 999, time.FixedZone("x", -3600))
	saved := mustReview(t, s, r)
	if saved.At != time.Date(2026, 11, 30, 23, 2, 3, 0, time.UTC) || saved.ExpiresAt != time.Date(2027, 1, 1, 1, 0, 0, 0, time.UTC) {
		t.Errorf("saved at %v until %v", saved.At, saved.ExpiresAt)
	}
}

func TestForeignJournalsAreRefused(t *testing.T) {
	path := journalPath(t)
	s := mustOpen(t, path, testOptions())
	mustReview(t, s, pass("5.1.1", "a"))
	mustClose(t, s)
	before := mustRead(t, path)
	for name, change := range map[string]func(*Identity){
		`node is "` + hostID:                                       func(id *Identity) { id.HostID = digest([]byte("another")) },
		`benchmark is "cis-1.7.0"`:                                 func(id *Identity) { id.Benchmark = "cis-1.8.0" },
		`profile is "mke-3.7"`:                                     func(id *Identity) { id.Profile = "kubeadm" },
		`kind of session is "live" and this audit's is "demo"`:     func(id *Identity) { id.Kind = KindDemo },
		`kind of session is "live" and this audit's is "snapshot"`: func(id *Identity) { id.Kind = KindSnapshot },
	} {
		id := testIdentity()
		change(&id)
		if _, err := Open(path, id, testOptions()); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "--session") {
			t.Errorf("error %v, want %s", err, name)
		}
	}
	if string(mustRead(t, path)) != string(before) {
		t.Error("a refused journal was changed")
	}
	// What may change between two runs does not keep one from resuming.
	id := testIdentity()
	id.HostName, id.CatalogSHA256, id.Tool = "renamed", hexB, "mkeaudit 0.2.0"
	s, err := Open(path, id, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	mustReview(t, s, pass("5.1.1", "a"))
	if e := s.Events()[3]; e.Type != EventResume || e.CatalogSHA256 != hexB || e.Tool != "mkeaudit 0.2.0" {
		t.Errorf("resumed with %+v", e)
	}
	mustClose(t, s)
}

func TestIncompleteIdentity(t *testing.T) {
	for name, change := range map[string]func(*Identity){
		"kind": func(id *Identity) { id.Kind = NoKind }, "odd kind": func(id *Identity) { id.Kind = 77 },
		"node": func(id *Identity) { id.HostID = "" }, "benchmark": func(id *Identity) { id.Benchmark = "" },
		"profile": func(id *Identity) { id.Profile = "" }, "catalogue": func(id *Identity) { id.CatalogSHA256 = "" }, "tool": func(id *Identity) { id.Tool = "" },
	} {
		id := testIdentity()
		change(&id)
		if s, err := Open(journalPath(t), id, testOptions()); err == nil {
			t.Errorf("opened without %s: %v", name, s)
		}
	}
	// A name that cannot be written is refused by the review, and nothing is written.
	id := testIdentity()
	id.HostName = "mgr\x1b[2J"
	path := journalPath(t)
	s, err := Open(path, id, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Review(ctx, pass("5.1.1", "a")); !errors.Is(err, ErrNotSaved) || !strings.Contains(err.Error(), "nodeName") {
		t.Errorf("error %v", err)
	}
	if b := mustRead(t, path); len(b) != 0 {
		t.Errorf("written: %q", b)
	}
}

func TestReadOnlyByWish(t *testing.T) {
	path := journalPath(t)
	s := mustOpen(t, path, testOptions())
	mustReview(t, s, pass("5.1.1", "a"))
	o := testOptions()
	o.ReadOnly = true
	looker := mustOpen(t, path, o) // while another holds the lock
	if ro, why := looker.ReadOnly(); !ro || !strings.Contains(why, "looking") || len(looker.Reviews()) != 1 {
		t.Errorf("read-only %v: %s", ro, why)
	}
	if _, err := looker.Review(ctx, pass("5.1.2", "b")); !errors.Is(err, ErrReadOnly) {
		t.Errorf("a looker wrote: %v", err)
	}
	mustClose(t, looker)
	mustReview(t, s, pass("5.1.3", "c"))
	mustClose(t, s)
	// Looking mends nothing.
	torn := append(mustRead(t, path), "{"...)
	mustWrite(t, path, torn)
	os.Remove(path + ".lock")
	looker = mustOpen(t, path, o)
	if looker.Torn() == "" || string(mustRead(t, path)) != string(torn) || !missing(path+".torn") || !missing(path+".lock") {
		t.Errorf("looking changed something: %s", looker.Torn())
	}
}

// Many goroutines may save at once; the chain has one order.
func TestManyGoroutines(t *testing.T) {
	path := journalPath(t)
	o := testOptions()
	s := mustOpen(t, path, o)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 5 {
				if _, err := s.Review(ctx, pass(string(rune('a'+i)), strings.Repeat("x", j+1))); err != nil {
					t.Error(err)
				}
				s.Reviews()
				s.Head()
			}
		})
	}
	wg.Wait()
	mustClose(t, s)
	s = mustOpen(t, path, o)
	if got := s.Reviews(); len(got) != 8 || got["c"].Rationale != "xxxxx" || len(s.Events()) != 42 {
		t.Errorf("%d entries, reviews %v", len(s.Events()), got)
	}
}

// What a caller does with the answers does not change the session.
func TestAnswersAreCopies(t *testing.T) {
	s := mustOpen(t, journalPath(t), testOptions())
	mustReview(t, s, pass("5.1.1", "a"))
	s.Reviews()["5.1.1"] = audit.Review{}
	delete(s.Reviews(), "5.1.1")
	s.Events()[1].Rationale = "b"
	if s.Reviews()["5.1.1"].Rationale != "a" || s.Events()[1].Rationale != "a" || !slices.ContainsFunc(s.Events(), func(e Event) bool { return e.Control == "5.1.1" }) {
		t.Error("the session changed")
	}
}

func TestLoginUID(t *testing.T) {
	for text, want := range map[string]uint32{"1000": 1000, "1000\n": 1000, "4294967295": 1<<32 - 1, "": 1<<32 - 1, "-1": 1<<32 - 1, "4294967296": 1<<32 - 1, "x": 1<<32 - 1} {
		if got := parseLoginUID([]byte(text)); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
	if a := ThisActor("me"); a.Claimed != "me" || a.EUID != os.Geteuid() {
		t.Errorf("this actor is %+v", a)
	}
}
