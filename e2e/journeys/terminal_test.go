package journeys

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a screen may take to show something. It is far more than
// a screen needs, so that a busy machine fails nothing.
const patience = 10 * time.Second

// pollEvery is how often the screen is looked at.
const pollEvery = 5 * time.Millisecond

// The sizes of terminals: the smallest that must be fully usable, and a
// comfortable one.
var (
	small = size{80, 24}
	large = size{132, 43}
)

type size struct{ width, height int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.width, s.height) }

// keeper runs a command in a terminal: it writes down the process, how that ended
// (its exit code, or 128 and the signal) and whether the terminal is set as it was
// before. tmux forgets about a process now and then, so it is not asked.
const keeper = `before=$(stty -g)
sh -c 'echo $$ >"$0"; exec "$@"' "$0.pid" "$@"
code=$?
[ "$(stty -g)" = "$before" ] && code="$code restored"
echo "$code" >"$0.tmp" && mv "$0.tmp" "$0.end"
exec cat >/dev/null`

// terminal is a terminal of its own, with one program at a time in it.
type terminal struct {
	t    *testing.T
	dir  string // of the socket and of what keeper writes
	runs int    // programs that were started
	last frame
}

// open makes a terminal and starts a program in it. The command must replace itself
// with the program, as env and setpriv do.
func open(t *testing.T, s size, command []string) *terminal {
	t.Helper()
	dir, err := os.MkdirTemp("", "journey-")
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, dir: dir}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the screen shows:\n%s", x.last)
		}
		_, _ = x.tmux("kill-server")
		os.RemoveAll(dir)
	})
	x.must(append([]string{"start-server", ";", "set-option", "-g", "status", "off", ";",
		"new-session", "-d", "-s", "j", "-x", strconv.Itoa(s.width), "-y", strconv.Itoa(s.height), "--"}, x.kept(command)...)...)
	return x
}

// again starts a program in the same terminal, in place of one that ended.
func (x *terminal) again(command []string) {
	x.t.Helper()
	x.must(append([]string{"respawn-pane", "-k", "-t", "j", "--"}, x.kept(command)...)...)
}

func (x *terminal) kept(command []string) []string {
	x.runs++
	return append([]string{"sh", "-c", keeper, x.file()}, command...)
}

// file is the start of the names of what keeper writes.
func (x *terminal) file() string { return filepath.Join(x.dir, strconv.Itoa(x.runs)) }

// pid is the process of the program.
func (x *terminal) pid() int {
	x.t.Helper()
	data, err := os.ReadFile(x.file() + ".pid")
	if err != nil {
		x.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		x.t.Fatal(err)
	}
	return pid
}

func (x *terminal) tmux(args ...string) (string, error) {
	cmd := exec.Command("tmux", append([]string{"-u", "-L", "journey", "-f", "/dev/null"}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TERM=screen-256color", "SHELL=/bin/sh", "HOME=" + x.dir, "TMUX_TMPDIR=" + x.dir}
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("tmux %s: %w: %s", args[0], err, failed.Stderr)
	}
	return string(out), err
}

func (x *terminal) must(args ...string) string {
	x.t.Helper()
	out, err := x.tmux(args...)
	if err != nil {
		x.t.Fatal(err)
	}
	return out
}

// look says what the terminal shows now.
func (x *terminal) look() frame {
	x.t.Helper()
	end, err := os.ReadFile(x.file() + ".end") // before the screen: what is seen then is the last of it
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		x.t.Fatal(err)
	}
	x.last = readFrame(x.must("display-message", "-p", "-t", "j", "#{alternate_on} #{cursor_flag} #{pane_width} #{pane_height}", ";", "capture-pane", "-p", "-t", "j"))
	x.last.end = strings.TrimSpace(string(end))
	return x.last
}

// coloured says what the terminal shows with its colours.
func (x *terminal) coloured() string { return x.must("capture-pane", "-p", "-e", "-t", "j") }

// errEnded says that the program is not there any more.
var errEnded = errors.New("the program ended")

// wait waits until the screen is as wanted and at rest, or the program has ended. A
// frame may reach the terminal in pieces: it is at rest when it is seen twice.
func (x *terminal) wait(wanted ...want) (frame, error) {
	x.t.Helper()
	return x.poll(true, wanted)
}

// glimpse is wait for whoever cannot wait until the screen is at rest.
func (x *terminal) glimpse(wanted ...want) (frame, error) {
	x.t.Helper()
	return x.poll(false, wanted)
}

func (x *terminal) poll(atRest bool, wanted []want) (frame, error) {
	x.t.Helper()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for before := ""; ; <-tick.C {
		f := x.look()
		missing := f.missing(wanted)
		switch {
		case missing == "" && (!atRest || f.String() == before):
			return f, nil
		case missing != "" && ended.ok(f):
			return f, errEnded
		case time.Now().After(deadline):
			x.t.Fatalf("within %s the screen did not show %s", patience, missing)
		}
		before = f.String()
	}
}

// until waits until the screen is as wanted.
func (x *terminal) until(wanted ...want) frame {
	x.t.Helper()
	f, err := x.wait(wanted...)
	if err != nil {
		x.t.Fatalf("%v before the screen showed %s", err, f.missing(wanted))
	}
	return f
}

// press sends a key and waits for what it does. What it does must not be on the
// screen already: then nothing would be shown by it.
func (x *terminal) press(key string, wanted ...want) frame {
	x.t.Helper()
	x.fresh(key, wanted)
	x.must("send-keys", "-t", "j", key)
	return x.until(wanted...)
}

// enter types a text and waits for what that does.
func (x *terminal) enter(text string, wanted ...want) frame {
	x.t.Helper()
	x.fresh(text, wanted)
	x.must("send-keys", "-t", "j", "-l", "--", text)
	return x.until(wanted...)
}

func (x *terminal) fresh(key string, wanted []want) {
	x.t.Helper()
	if f := x.look(); f.missing(wanted) == "" {
		x.t.Fatalf("%q would show nothing new here: %s is there before it", key, names(wanted))
	}
}

// resize gives the terminal another size and waits for what that does.
func (x *terminal) resize(s size, wanted ...want) frame {
	x.t.Helper()
	x.must("resize-window", "-t", "j", "-x", strconv.Itoa(s.width), "-y", strconv.Itoa(s.height))
	return x.until(append(slices.Clone(wanted), want{"a size of " + s.String(), func(f frame) bool { return f.size == s }})...)
}

// kill ends the program as a power cut does.
func (x *terminal) kill(pid int) {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		x.t.Errorf("kill -9 %d: %v", pid, err)
	}
}

// leave quits with a key and checks how the program ends: without a fault, and
// with the terminal as it was.
func (x *terminal) leave(key string) {
	x.t.Helper()
	f := x.press(key, ended)
	if f.end != "0 restored" || f.alternate || !f.cursor {
		x.t.Errorf("%q ended the program with %q (alternate screen %t, cursor %t)", key, f.end, f.alternate, f.cursor)
	}
}

// scratch is a directory that every user may enter and nobody else may write to.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "journey-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// lines splits a text and drops the blanks at the ends of its lines.
func lines(s string) []string {
	out := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return out
}
