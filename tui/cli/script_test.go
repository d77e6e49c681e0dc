package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts run the command as a process of their own. What it takes from outside
// is steered by variables that only the tests know.
func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){"mkeaudit": runCommand})
}

// tidy removes the program that some tests build when they are all done.
type tidy struct{ *testing.M }

func (t tidy) Run() int {
	code := t.M.Run()
	if built != "" {
		os.RemoveAll(filepath.Dir(built))
	}
	return code
}

func runCommand() {
	config, err := os.ReadFile(os.Getenv("TEST_CONFIG"))
	if err != nil {
		panic(err)
	}
	c := Command{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Now: time.Now, EUID: os.Geteuid(), Config: config, Etc: os.Getenv("TEST_ETC")}
	if uid, err := strconv.Atoi(os.Getenv("TEST_EUID")); err == nil {
		c.EUID = uid
	}
	if at, err := time.Parse(time.RFC3339, os.Getenv("TEST_NOW")); err == nil {
		c.Now = func() time.Time { return at }
	}
	os.Exit(c.Main(os.Args[1:]))
}

func TestScripts(t *testing.T) {
	config, err := filepath.Abs("../../config.toml")
	if err != nil {
		t.Fatal(err)
	}
	repository := filepath.Dir(config)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			for _, dir := range []string{"etc", "home", "empty/proc"} {
				if err := os.MkdirAll(filepath.Join(e.WorkDir, dir), 0o700); err != nil {
					return err
				}
			}
			e.Setenv("TEST_CONFIG", config)
			e.Setenv("TEST_ETC", filepath.Join(e.WorkDir, "etc"))
			e.Setenv("TEST_EUID", "1000")
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("REPOSITORY", repository)
			e.Setenv("TERM", "xterm-256color")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"mode":  mode,
			"pure":  pure,
			"node":  writeNode,
		},
	})
}

// exits CODE COMMAND... runs a command and compares its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		var code interface{ ExitCode() int }
		if !as(err, &code) {
			ts.Fatalf("%v", err)
		}
		got = code.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// mode WANT FILE compares the permissions of a file.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode WANT FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("mode %s, want %s", got, args[0])
	}
}

// pure FILE... fails where a text holds anything that could drive a terminal.
func pure(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: pure FILE...")
	}
	for _, name := range args {
		for i, r := range ts.ReadFile(name) {
			if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
				ts.Fatalf("%s: %U at byte %d", name, r, i)
			}
		}
	}
}

// node FILE FLAG... records a manager whose API server has these flags.
func writeNode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: node FILE FLAG...")
	}
	var b bytes.Buffer
	ts.Check(recorded(args[1:]...).Write(&b, false))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

func as[T any](err error, target *T) bool { return errors.As(err, target) }
