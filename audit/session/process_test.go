package session

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The test binary runs itself as the other process. These are what it does there.
var roles = map[string]func(path string) error{
	"keep saving": keepSaving,
	"hold":        hold,
	"take turns":  takeTurns,
	"fill":        fillToLimit,
}

const roleVar, pathVar = "MKEAUDIT_TEST_ROLE", "MKEAUDIT_TEST_PATH"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		if err := roles[role](os.Getenv(pathVar)); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type child struct {
	*exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func startChild(t *testing.T, role, path string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role, pathVar+"="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return &child{cmd, in, bufio.NewScanner(out)}
}

func (c *child) expect(t *testing.T, want string) {
	t.Helper()
	if !c.lines.Scan() || c.lines.Text() != want {
		t.Fatalf("the child says %q, want %q", c.lines.Text(), want)
	}
}

// finish lets the child go on to its end.
func (c *child) finish(t *testing.T) {
	t.Helper()
	c.in.Close()
	for c.lines.Scan() {
		t.Logf("child: %s", c.lines.Text())
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
}

// keepSaving saves reviews and says so after each, until it is killed.
func keepSaving(path string) error {
	s, err := Open(path, testIdentity(), testOptions())
	if err != nil {
		return err
	}
	for {
		r, err := s.Review(ctx, pass("5.1.1", fmt.Sprintf("by %d", os.Getpid())))
		if err != nil {
			return err
		}
		fmt.Printf("saved %d %d\n", r.Seq, os.Getpid())
	}
}

// Every review that was said to be saved is there after kill -9.
func TestKill9(t *testing.T) {
	path := journalPath(t)
	rounds, killed, torn, said := 60, 0, 0, map[int]string{}
	for round := range rounds {
		c := startChild(t, "keep saving", path)
		for range 1 + rand.IntN(12) {
			if !c.lines.Scan() {
				t.Fatalf("round %d: the child stopped: %s", round, c.lines.Text())
			}
			note(t, said, c.lines.Text())
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for c.lines.Scan() { // what it said before it died counts as well
			note(t, said, c.lines.Text())
		}
		c.Wait()
		if ws := c.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() && ws.Signal() == syscall.SIGKILL {
			killed++
		}
		s := mustOpen(t, path, testOptions())
		if s.Torn() != "" {
			torn++
		}
		if ro, why := s.ReadOnly(); ro {
			t.Fatalf("round %d: the lock outlived its holder: %s", round, why)
		}
		events := s.Events()
		for seq, pid := range said {
			if seq >= len(events) || events[seq].Type != EventMark || events[seq].Rationale != "by "+pid {
				t.Fatalf("round %d: entry %d by %s was said to be saved and is not there", round, seq, pid)
			}
		}
		mustClose(t, s)
	}
	t.Logf("%d rounds, %d killed, %d reviews said to be saved, all there; %d torn lines", rounds, killed, len(said), torn)
	if killed != rounds {
		t.Errorf("only %d of %d children died by the signal", killed, rounds)
	}
}

func note(t *testing.T, said map[int]string, line string) {
	t.Helper()
	var seq int
	var pid string
	if n, _ := fmt.Sscanf(line, "saved %d %s", &seq, &pid); n != 2 {
		t.Fatalf("the child says %q", line)
	}
	said[seq] = pid
}

// hold saves a review and keeps the session until its input ends.
func hold(path string) error {
	s, err := Open(path, testIdentity(), testOptions())
	if err != nil {
		return err
	}
	if _, err := s.Review(ctx, pass("5.1.1", "by the child")); err != nil {
		return err
	}
	fmt.Println("holding")
	io.Copy(io.Discard, os.Stdin)
	return s.Close()
}

// The second process reads, is told who writes, and cannot write itself.
func TestTwoProcesses(t *testing.T) {
	path := journalPath(t)
	before := mustOpen(t, path, testOptions()) // looked before there was a journal
	c := startChild(t, "hold", path)
	c.expect(t, "holding")
	s := mustOpen(t, path, testOptions())
	who := fmt.Sprintf("pid %d, user j.doe@example.org (uid %d), ", c.Process.Pid, os.Geteuid())
	host, _ := os.Hostname()
	for name, x := range map[string]*Session{"second": s, "looked before": before} {
		_, err := x.Review(ctx, pass("5.1.2", "by the parent"))
		if !errors.Is(err, ErrReadOnly) || !errors.Is(err, ErrNotSaved) || !strings.Contains(err.Error(), who) || !strings.Contains(err.Error(), "host "+host) {
			t.Errorf("%s: error %v, want %s", name, err, who)
		}
		if ro, why := x.ReadOnly(); !ro || !strings.Contains(why, who) {
			t.Errorf("%s: read-only %v: %s", name, ro, why)
		}
	}
	if s.Reviews()["5.1.1"].Rationale != "by the child" {
		t.Errorf("the second reads %v", s.Reviews())
	}
	mustClose(t, s)
	c.finish(t)
	s = mustOpen(t, path, testOptions())
	mustReview(t, s, pass("5.1.2", "by the parent"))
	if got := types(s); got != "open mark close resume mark" {
		t.Errorf("events %q", got)
	}
}

// Who looked before there was a journal finds what another process has saved since.
func TestJournalMadeByAnotherSince(t *testing.T) {
	path := Path(filepath.Join(t.TempDir(), "state"), testIdentity())
	s := mustOpen(t, path, testOptions())
	c := startChild(t, "hold", path)
	c.expect(t, "holding")
	c.finish(t)
	mustReview(t, s, pass("5.1.2", "by the parent"))
	if got := types(s); got != "open mark close resume mark" || len(s.Reviews()) != 2 {
		t.Errorf("events %q, reviews %v", got, s.Reviews())
	}
	// If it is another's, it is not written to.
	path = Path(filepath.Join(t.TempDir(), "state"), testIdentity())
	id := testIdentity()
	id.Profile = "kubeadm"
	s, err := Open(path, id, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c = startChild(t, "hold", path)
	c.expect(t, "holding")
	c.finish(t)
	data := mustRead(t, path)
	if _, err := s.Review(ctx, pass("5.1.2", "by the parent")); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "profile") {
		t.Errorf("error %v", err)
	}
	if !bytes.Equal(mustRead(t, path), data) {
		t.Error("another's journal was written to")
	}
}

const turns = 15

// takeTurns saves some reviews, each in a session of its own, as soon as nobody else
// holds the lock.
func takeTurns(path string) error {
	for n := 0; n < turns; {
		s, err := Open(path, testIdentity(), testOptions())
		if err != nil {
			return err
		}
		_, err = s.Review(ctx, pass(fmt.Sprintf("%d", os.Getpid()), fmt.Sprintf("turn %d", n)))
		if err == nil {
			n++
		} else if !errors.Is(err, ErrReadOnly) {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	return nil
}

func TestProcessesTakeTurns(t *testing.T) {
	path := Path(filepath.Join(t.TempDir(), "state"), testIdentity())
	var children []*child
	for range 3 {
		children = append(children, startChild(t, "take turns", path))
	}
	for _, c := range children {
		c.finish(t)
	}
	s := mustOpen(t, path, testOptions())
	marks := 0
	for _, e := range s.Events() {
		if e.Type == EventMark {
			marks++
		}
	}
	if len(s.Reviews()) != 3 || marks != 3*turns || s.Torn() != "" {
		t.Errorf("%d reviews, %d marks, torn %q", len(s.Reviews()), marks, s.Torn())
	}
	for _, c := range children {
		if r := s.Reviews()[pass(fmt.Sprint(c.Process.Pid), "").Control]; r.Rationale != fmt.Sprintf("turn %d", turns-1) {
			t.Errorf("latest of %d is %q", c.Process.Pid, r.Rationale)
		}
	}
}

// fillToLimit saves under a file-size limit until there is no room, then with room.
func fillToLimit(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{}
	if err := syscall.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	s, err := Open(path, testIdentity(), testOptions())
	if err != nil {
		return err
	}
	for _, size := range []uint64{10, 1000, 1500, 3001, 3002, 20000} {
		if err := syscall.Setrlimit(unix.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: limit.Max}); err != nil {
			return err
		}
		if err := saveUntilFull(s, path, unix.EFBIG); err != nil {
			return fmt.Errorf("limit %d: %w", size, err)
		}
	}
	if err := syscall.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if _, err := s.Review(ctx, pass("2.2", "room again")); err != nil {
		return err
	}
	fmt.Println("entries", len(s.Events()))
	return s.Close()
}

// saveUntilFull saves reviews until the system says why not, and checks that the
// journal holds what was said to be saved, and nothing else.
func saveUntilFull(s *Session, path string, want error) error {
	for {
		r, err := s.Review(ctx, pass("5.1.1", "as long as there is room: "+strings.Repeat("x", rand.IntN(300))))
		if err == nil {
			if seq, _ := s.Head(); seq != r.Seq {
				return fmt.Errorf("head is %d after saving %d", seq, r.Seq)
			}
			continue
		}
		if !errors.Is(err, want) || !errors.Is(err, ErrNotSaved) || errors.Is(err, ErrReadOnly) {
			return fmt.Errorf("full, and the error is %w", err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		events, rep, err := Read(bytes.NewReader(data))
		if err != nil {
			return err
		}
		if rep.Torn != 0 || len(events) != len(s.Events()) {
			return fmt.Errorf("%d entries and %d torn bytes, want %d", len(events), rep.Torn, len(s.Events()))
		}
		return nil
	}
}

func TestFileSizeLimit(t *testing.T) {
	path := journalPath(t)
	c := startChild(t, "fill", path)
	c.finish(t)
	s := mustOpen(t, path, testOptions())
	if s.Reviews()["2.2"].Rationale != "room again" || s.Torn() != "" {
		t.Errorf("reviews %v, torn %q", s.Reviews(), s.Torn())
	}
}

func TestFullFileSystem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=0700"); err != nil {
		t.Skipf("a file system that can be filled needs the right to mount one: %v (the file-size limit is tested instead)", err)
	}
	defer func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	path := Path(dir, testIdentity())
	ballast := filepath.Join(dir, "ballast")
	mustWrite(t, ballast, make([]byte, 40<<10))
	s, err := Open(path, testIdentity(), testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := saveUntilFull(s, path, unix.ENOSPC); err != nil {
		t.Fatal(err)
	}
	full := len(s.Events())
	if err := os.Truncate(ballast, 0); err != nil {
		t.Fatal(err)
	}
	mustReview(t, s, pass("2.2", "room again"))
	if err := saveUntilFull(s, path, unix.ENOSPC); err != nil {
		t.Fatal(err)
	}
	t.Logf("full after %d entries, and again after %d", full, len(s.Events()))
	// A torn line that cannot be kept aside because the disk is full is not cut off.
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s.Close() // for whose entry there is hardly room
	data := mustRead(t, path)
	data = data[:len(data)-5]
	mustWrite(t, path, data)
	if err := os.WriteFile(ballast, make([]byte, 64<<10), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	again, err := Open(path, testIdentity(), testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if ro, why := again.ReadOnly(); !ro || !strings.Contains(why, "no space") || !bytes.Equal(mustRead(t, path), data) {
		t.Errorf("read-only %v (%s), torn %q", ro, why, again.Torn())
	}
}
