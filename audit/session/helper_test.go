package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

var (
	ctx    = context.Background()
	hexA   = strings.Repeat("a", 64)
	hexB   = strings.Repeat("b", 64)
	hostID = digest([]byte("the node of the tests"))
	start  = time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
)

func testIdentity() Identity {
	return Identity{Kind: KindLive, HostID: hostID, HostName: "mgr-01", Benchmark: "cis-1.7.0", Profile: "mke-3.7", CatalogSHA256: hexA, Tool: "mkeaudit 0.1.0"}
}

// clock ticks 1.5 s at every look.
func clock() func() time.Time {
	t := start
	return func() time.Time { t = t.Add(1500 * time.Millisecond); return t }
}

func testOptions() Options {
	return Options{Now: clock(), Actor: Actor{Claimed: "j.doe@example.org", LoginUID: 1000, EUID: os.Geteuid()}}
}

func pass(control, rationale string) audit.Review {
	return audit.Review{Control: catalog.ID(control), Verdict: audit.VerdictPass, Rationale: rationale, Evidence: "kubectl get clusterrolebindings\n<looked & counted>",
		Author: "j.doe@example.org", ExpiresAt: start.AddDate(0, 6, 0), Basis: hexA, ControlDigest: hexB}
}

func mustOpen(t testing.TB, path string, o Options) *Session {
	t.Helper()
	s, err := Open(path, testIdentity(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func mustReview(t testing.TB, s *Session, r audit.Review) audit.Review {
	t.Helper()
	saved, err := s.Review(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func mustClose(t testing.TB, s *Session) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func journalPath(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return Path(dir, testIdentity())
}

func mustWrite(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, os.ErrNotExist)
}

// realistic writes a journal of two runs with every event that a session writes, and
// returns its bytes.
func realistic(t testing.TB) []byte {
	t.Helper()
	path := journalPath(t)
	o := testOptions()
	s := mustOpen(t, path, o)
	mustReview(t, s, pass("5.1.1", "One binding, break-glass group only.\nSeen: \"mke-admin\" \\ ops."))
	failed := pass("2.7", "etcd shares the cluster root CA. \u00dcber\u2713 <&>")
	failed.Verdict, failed.ExpiresAt = audit.VerdictFail, time.Time{}
	mustReview(t, s, failed)
	if _, err := s.AcceptRisk(ctx, audit.AcceptedRisk{Control: "2.7", By: "ciso@example.org", Reason: "MKE 3.7 design;\nmigration planned.", Ref: "RISK-412", ExpiresAt: start.AddDate(0, 2, 0)}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	s = mustOpen(t, path, o)
	wrong := mustReview(t, s, pass("5.7.2", "Wrong window."))
	if err := s.Retract(ctx, wrong.Seq); err != nil {
		t.Fatal(err)
	}
	na := pass("5.7.3", "No such workload here.")
	na.Verdict = audit.VerdictNotApplicable
	mustReview(t, s, na)
	mustClose(t, s)
	return mustRead(t, path)
}

// seal makes a line of a body, with the right hash.
func seal(body string) string {
	return fmt.Sprintf("%s,\"hash\":\"%s\"}\n", strings.TrimSuffix(body, "}"), digest([]byte(body)))
}

// chained joins bodies to a journal; PREV stands in each for the hash before it.
func chained(bodies ...string) string {
	var b strings.Builder
	prev := zeros
	for _, body := range bodies {
		body = strings.ReplaceAll(body, "PREV", prev)
		prev = digest([]byte(body))
		b.WriteString(seal(body))
	}
	return b.String()
}
