package facts

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tree is a fixture: a directory that stands for another machine's root.
type tree struct {
	t   *testing.T
	dir string
}

func newTree(t *testing.T) tree {
	t.Helper()
	dir := t.TempDir()
	// A temporary directory is 0755 or 0700; the tests of Guard want to know.
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f := tree{t, dir}
	f.mkdir("proc", 0o755)
	return f
}

func (f tree) path(p string) string { return filepath.Join(f.dir, p) }

func (f tree) mkdir(p string, mode os.FileMode) {
	f.t.Helper()
	if err := os.MkdirAll(f.path(p), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Chmod(f.path(p), mode); err != nil {
		f.t.Fatal(err)
	}
}

func (f tree) write(p, text string, mode os.FileMode) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Dir(f.path(p)), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(f.path(p), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Chmod(f.path(p), mode); err != nil {
		f.t.Fatal(err)
	}
}

func (f tree) link(p, target string) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Dir(f.path(p)), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Symlink(target, f.path(p)); err != nil {
		f.t.Fatal(err)
	}
}

// process writes a process: files by name, links by name with a "->" before the
// target.
func (f tree) process(pid int, files map[string]string) {
	f.t.Helper()
	dir := "proc/" + strconv.Itoa(pid)
	f.mkdir(dir, 0o755)
	for name, text := range files {
		if target, ok := strings.CutPrefix(text, "->"); ok {
			f.link(dir+"/"+name, target)
		} else {
			f.write(dir+"/"+name, text, 0o644)
		}
	}
}

// component writes an ordinary root process.
func (f tree) component(pid int, argv ...string) map[string]string {
	return map[string]string{
		"cmdline": strings.Join(argv, "\x00") + "\x00",
		"exe":     "->" + argv[0],
		"comm":    filepath.Base(argv[0]) + "\n",
		"status":  "Name:\tx\nState:\tS (sleeping)\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
		"stat":    strconv.Itoa(pid) + " (x) S 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0 0\n",
		"cgroup":  "0::/\n",
	}
}

func (f tree) live(keep Keep) Node {
	f.t.Helper()
	n, err := Live(LiveOptions{Root: f.dir, Keep: keep, Tool: "test", Now: func() time.Time { return time.Unix(1_700_000_000, 0) }})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { n.(interface{ Close() error }).Close() })
	return n
}

func (f tree) scan(keep Keep) (*Snapshot, Node) {
	f.t.Helper()
	n := f.live(keep)
	s, err := n.Scan(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	return s, n
}
