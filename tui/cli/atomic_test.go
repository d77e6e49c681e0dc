package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report")
	for _, want := range []string{"first", "second, longer", ""} {
		if err := replaceFile(name, text(want)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("%q %v, want %q", got, err, want)
		}
		if info, _ := os.Stat(name); info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
	}
}

func TestReplaceFileKeepsTheOldOneOnFailure(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report")
	if err := replaceFile(name, text("old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("cannot tell")
	if err := replaceFile(name, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if got, _ := os.ReadFile(name); string(got) != "old" {
		t.Errorf("the old file holds %q", got)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{dir, filepath.Join(dir, "no/such"), filepath.Join(dir, "sub"), "/dev/null"} {
		if err := replaceFile(bad, text("new")); err == nil {
			t.Errorf("%s was written", bad)
		}
	}
	target := filepath.Join(dir, "target")
	if err := os.Symlink(target, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(filepath.Join(dir, "link"), text("new")); err == nil {
		t.Error("a dangling link was followed or replaced")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if n := e.Name(); n != "report" && n != "sub" && n != "link" {
			t.Errorf("%s was left behind", n)
		}
	}
}
