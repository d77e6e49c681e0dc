package journeys

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGate is the eighth journey: a scan in a pipeline, with the exit codes that are
// a contract, results on standard output and nothing else there.
func TestGate(t *testing.T) {
	for _, c := range []struct {
		scan string // after "scan"
		code int
		says string // on standard error; "" wants nothing there
	}{
		{"--demo --control 1.2.1", 0, ""},
		{"--demo --section 1.2", 0, ""}, // fails there are known exceptions
		{"--demo --section 5.1 --allow-unknown", 0, ""},
		{"--demo --fail-on never --allow-unknown", 0, ""},
		{"--snapshot /nowhere/node.json", 1, "/nowhere/node.json"},
		{"--root /nowhere", 1, "/nowhere"},
		{"--demo --no-such-flag", 2, "--no-such-flag"},
		{"--demo --control 9.9.9", 2, "9.9.9"},
		{"--demo --fail-on sometimes", 2, "sometimes"},
		{"--demo --format yaml", 2, "yaml"},
		{"--demo", 3, "the gate tripped: fail "},
		{"--demo --section 1.2 --fail-on exception", 3, "the gate tripped: exception 1.2."},
		{"--demo --section 5.1 --fail-on unknown", 3, "the gate tripped: unknown 5.1.1"},
		{"--demo --control 3.2.2 --fail-on awaiting", 3, "the gate tripped: awaiting 3.2.2"},
		{"--demo --section 5.1", 4, "incomplete: 13 of 13 controls are unknown"},
		{"--demo --fail-on never", 4, "incomplete: "},
	} {
		o := runWith(t, nil, "bash", "-c", "set -o pipefail; \"$MKEAUDIT\" scan "+c.scan+" | cat")
		if o.code != c.code || !strings.Contains(o.err, c.says) || c.says == "" && o.err != "" {
			t.Errorf("scan %s: exit code %d, want %d; standard error, want %q: %s", c.scan, o.code, c.code, c.says, o.err)
		}
		if (c.code == 1 || c.code == 2) != (o.out == "") {
			t.Errorf("scan %s: exit code %d and %d bytes on standard output", c.scan, o.code, len(o.out))
		}
	}

	// What a pipeline reads is one report, whatever the gate says.
	o := run(t, "scan", "--demo", "--format", "json")
	if r := decode(t, o.out); o.code != 3 || r.Input.Kind != "demo" || len(r.Results) != 131 {
		t.Errorf("exit code %d, %d results of a %s", o.code, len(r.Results), r.Input.Kind)
	}
	file := filepath.Join(t.TempDir(), "report.json")
	if o := run(t, "scan", "--demo", "--format", "json", "-o", file); o.code != 3 || o.out != "" {
		t.Errorf("-o: exit code %d and %d bytes on standard output", o.code, len(o.out))
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decode(t, string(data))

	// A reader that goes away early gets what it read, and no fault is printed.
	early := runWith(t, nil, "bash", "-c", `"$MKEAUDIT" scan --demo --format markdown | head -n 1; echo "exit ${PIPESTATUS[0]}"`)
	if l := lines(early.out); !strings.HasPrefix(l[0], "# Audit of") || strings.Contains(early.err, "goroutine") {
		t.Errorf("head: %s%s", early.out, early.err)
	}
	// A disk that is full is not a clean node.
	if full := runWith(t, nil, "bash", "-c", `"$MKEAUDIT" scan --demo --control 1.2.1 >/dev/full`); full.code != 1 || !strings.Contains(full.err, "no space left") {
		t.Errorf("a full disk: exit code %d: %s", full.code, full.err)
	}
	if o := run(t, "version"); o.code != 0 || !strings.HasPrefix(o.out, "mkeaudit ") {
		t.Errorf("version: %s", fmt.Sprint(o))
	}
}
