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
)

// savedReview saves one review of 1.2.1 and returns the journal's file.
func savedReview(t *testing.T) (dir, file string) {
	t.Helper()
	a, target := opened(t, good...)
	saved, err := a.openSession(target, false)
	if err != nil {
		t.Fatal(err)
	}
	b := newBackend(a, target)
	f := target.auditor.Evaluate(target.first, "1.2.1")[0]
	if _, err := saved.Review(context.Background(), audit.Review{Control: "1.2.1", Verdict: audit.VerdictPass, Rationale: "looked at\nit twice", Author: "kim",
		ExpiresAt: time.Now().Add(48 * time.Hour), Basis: f.Basis(), ControlDigest: b.digest("1.2.1")}); err != nil {
		t.Fatal(err)
	}
	if err := saved.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(filepath.Dir(saved.Path())), saved.Path()
}

// run is the command in this process, with its sessions under dir.
func run(t *testing.T, dir string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	c := Command{In: strings.NewReader(""), Out: &o, Err: &e, Now: time.Now, EUID: 1000, Config: builtIn(t), Etc: dir,
		Getenv: func(k string) string { return map[string]string{"XDG_STATE_HOME": dir}[k] }}
	code = c.Main(args)
	return code, o.String(), e.String()
}

func TestSessionCommands(t *testing.T) {
	dir, file := savedReview(t)
	code, out, errs := run(t, dir, "session", "list")
	if code != 0 || !strings.Contains(out, "mgr-01") || !strings.Contains(out, file) || errs != "" {
		t.Errorf("list: %d %q %q", code, out, errs)
	}
	for _, args := range [][]string{{"session", "show"}, {"session", "show", file}, {"session", "show", "--session", file}} {
		code, out, errs = run(t, dir, args...)
		if code != 0 || !strings.Contains(out, "review of 1.2.1: pass by kim: looked at") || errs != "" {
			t.Errorf("%v: %d %q %q", args, code, out, errs)
		}
		if n := strings.Count(out, "\n"); n != 4 { // the head, open, mark, close
			t.Errorf("%v: %d lines: %q", args, n, out)
		}
	}
	code, out, _ = run(t, dir, "session", "verify")
	if code != 0 || !strings.Contains(out, "is whole: 3 entries, head ") {
		t.Errorf("verify: %d %q", code, out)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(before, []byte(`"pass"`), []byte(`"fail"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"session", "verify"}, {"session", "show"}, {"session", "list"}} {
		if code, _, errs := run(t, dir, args...); code != ExitFailed || !strings.Contains(errs, filepath.Base(file)) || !strings.Contains(errs, "line 2") {
			t.Errorf("a changed journal, %v: %d %q", args, code, errs)
		}
	}
	if err := os.WriteFile(file, append(bytes.Clone(before), `{"seq":`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := run(t, dir, "session", "verify"); code != 0 || !strings.Contains(out, "the last 7 bytes") {
		t.Errorf("a torn journal: %d %q", code, out)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "other"+sessionSuffix), before, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := run(t, dir, "session", "verify"); code != ExitUsage || !strings.Contains(errs, "2 sessions") {
		t.Errorf("two sessions: %d %q", code, errs)
	}
}
