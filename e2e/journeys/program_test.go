package journeys

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// program is the file of the program under test.
func program(t *testing.T) string {
	t.Helper()
	file := os.Getenv("MKEAUDIT")
	if file == "" {
		t.Fatal("MKEAUDIT does not name the program: run e2e/run, or set it to the path of mkeaudit")
	}
	file, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// environment is all that a program sees of the machine's: a home of its own, a
// terminal and a locale. What is given replaces or, with an empty value, removes.
func environment(home string, given map[string]string) []string {
	all := map[string]string{"PATH": os.Getenv("PATH"), "HOME": home, "TERM": "screen-256color", "LANG": "C.UTF-8", "LOGNAME": "kim"}
	maps.Copy(all, given)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "" {
			out = append(out, name+"="+all[name])
		}
	}
	return out
}

// launch is the command line that starts the program in a terminal.
func launch(t *testing.T, home string, given map[string]string, args ...string) []string {
	t.Helper()
	return slices.Concat([]string{"env", "-i"}, environment(home, given), []string{program(t)}, args)
}

// outcome is what a run without a terminal left behind.
type outcome struct {
	out, err string
	code     int
}

// run runs the program without a terminal.
func run(t *testing.T, args ...string) outcome {
	t.Helper()
	return runWith(t, nil, append([]string{program(t)}, args...)...)
}

// runWith runs a command line with an input.
func runWith(t *testing.T, in io.Reader, command ...string) outcome {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	var out, msg bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &out, &msg
	cmd.Env = environment(t.TempDir(), map[string]string{"MKEAUDIT": program(t), "TERM": ""})
	var failed *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
		t.Fatalf("%s: %v", strings.Join(command, " "), err)
	}
	return outcome{out.String(), msg.String(), cmd.ProcessState.ExitCode()}
}

// report is what a scan tells, as far as the journeys ask for it.
type report struct {
	Input struct {
		Kind string
	}
	Host struct {
		Name string
	}
	Summary struct {
		Pass, Fail, Manual, NotApplicable, Unknown int
	}
	Results []result
}

type result struct {
	ID, Title, Section, Status, Judge, Reason, Standing string
	Leaning                                             *string
	Published, PublishedNote                            *string
	Evidence                                            []evidence
}

type evidence struct {
	Source, Subject, Origin, Role string
	Expected, Actual              *string
	Locator                       struct {
		PID                       *int
		Container, Path, HostPath *string
	}
}

// scan runs a scan whose report is whole, whatever it finds.
func scan(t *testing.T, args ...string) report {
	t.Helper()
	o := run(t, append([]string{"scan", "--format", "json", "--fail-on", "never", "--allow-unknown"}, args...)...)
	if o.code != 0 {
		t.Fatalf("scan %s: exit code %d: %s", strings.Join(args, " "), o.code, o.err)
	}
	return decode(t, o.out)
}

func decode(t *testing.T, text string) report {
	t.Helper()
	var r report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("a report that is not one JSON value: %v: %.200s", err, text)
	}
	return r
}

// control is the result of one control.
func (r report) control(t *testing.T, id string) result {
	t.Helper()
	for _, c := range r.Results {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("the report has no control %s", id)
	return result{}
}

// count counts the results for which something holds.
func (r report) count(ok func(result) bool) int {
	n := 0
	for _, c := range r.Results {
		if ok(c) {
			n++
		}
	}
	return n
}

// needy reports whether a control without a review needs a person.
func needy(c result) bool {
	return c.Standing == "regression" || c.Standing == "unpublished" && c.Status == "fail" || c.Status == "unknown" || c.Status == "manual"
}
