package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// built is the file of the program as it is shipped, or "".
var built string

// program builds the program once for all tests that need it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mkeaudit-test-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "mkeaudit")
	cmd := exec.Command("go", "build", "-o", file, "mkeaudit")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	built = file
	return file, nil
})

// deaf is a terminal of 80x24 that shows what is written to it and never answers.
type deaf struct {
	cmd    *exec.Cmd
	master *os.File

	mu     sync.Mutex
	seen   bytes.Buffer
	more   chan struct{} // has an element whenever something new was seen
	closed chan struct{}
}

// openPTY returns both ends of a new pseudo terminal.
func openPTY() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err != nil {
		master.Close()
	}
	return master, slave, err
}

// start runs the program on a terminal that never answers.
func start(t testing.TB, args ...string) *deaf {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	master, slave, err := openPTY()
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	cmd := exec.Command(file, args...)
	home := t.TempDir()
	cmd.Env = []string{"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "HOME=" + home, "XDG_STATE_HOME=" + home}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d := &deaf{cmd: cmd, master: master, more: make(chan struct{}, 1), closed: make(chan struct{})}
	go d.watch()
	t.Cleanup(d.stop)
	return d
}

// stop ends the program and the terminal, if they are there still.
func (d *deaf) stop() {
	d.cmd.Process.Kill()
	d.cmd.Wait()
	d.master.Close()
	<-d.closed
}

func (d *deaf) watch() {
	defer close(d.closed)
	b := make([]byte, 4096)
	for {
		n, err := d.master.Read(b)
		d.mu.Lock()
		d.seen.Write(b[:n])
		d.mu.Unlock()
		select {
		case d.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (d *deaf) text() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.seen.Bytes())
}

// until waits for a text, for at most limit. It reports whether the text came.
func (d *deaf) until(limit time.Duration, text string) bool {
	deadline := time.After(limit)
	for !bytes.Contains(d.text(), []byte(text)) {
		select {
		case <-d.more:
		case <-d.closed:
			return bytes.Contains(d.text(), []byte(text))
		case <-deadline:
			return false
		}
	}
	return true
}

// end waits for the program to end and for all of its output.
func (d *deaf) end(t testing.TB) int {
	t.Helper()
	err := d.cmd.Wait()
	<-d.closed
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		t.Fatal(err)
	}
	return d.cmd.ProcessState.ExitCode()
}

// The library of the screen would ask the terminal for its colours as soon as it is
// linked in. No command that writes a result may do that: the question would stand in
// front of the result, and the answer in the person's next command line.
func TestResultsHoldNoEscapes(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"scan", "--demo"}, {"controls"}, {"explain", "1.2.1", "--demo"}, {"--help"}, {"scan", "--bad"}} {
		d := start(t, args...)
		d.end(t)
		text := d.text()
		if len(text) == 0 {
			t.Errorf("%v: no output", args)
		}
		if i := bytes.IndexByte(text, 0x1b); i >= 0 {
			t.Errorf("%v: an escape at byte %d: %q", args, i, text[i:min(i+20, len(text))])
		}
	}
}

// firstFrame stands in the header of the screen and in nothing that comes before it.
const firstFrame = "determined"

// The first frame must not wait for an answer. The library would wait five seconds.
func TestFirstFrameOnATerminalThatNeverAnswers(t *testing.T) {
	d := start(t, "--demo")
	if !d.until(4*time.Second, firstFrame) {
		t.Fatalf("no frame came within 4 s; the terminal shows %q", d.text())
	}
	if asked := bytes.Contains(d.text(), []byte("\x1b]11;?")); asked {
		t.Error("the terminal was asked for its background")
	}
	// It ends on request, and leaves the terminal as it was.
	if _, err := d.master.Write([]byte("q")); err != nil {
		t.Fatal(err)
	}
	if code := d.end(t); code != ExitClean {
		t.Errorf("exit code %d after q:\n%q", code, d.text())
	}
	if text := d.text(); !bytes.Contains(text, []byte("\x1b[?1049l")) {
		t.Errorf("the alternate screen was not left: %q", text[max(0, len(text)-200):])
	}
}

// BenchmarkFirstFrame is the time from the start of the program to its first frame,
// against 50 ms: 1 is at the limit.
func BenchmarkFirstFrame(b *testing.B) {
	measure(b, 50*time.Millisecond, func(d *deaf) {
		if !d.until(4*time.Second, firstFrame) {
			b.Fatal("no frame came")
		}
	}, "--demo")
}

// BenchmarkVersion is the least that any command takes, against 50 ms.
func BenchmarkVersion(b *testing.B) {
	measure(b, 50*time.Millisecond, func(d *deaf) { d.end(b) }, "version")
}

// BenchmarkScanProcess is a whole scan of this machine as a process, against a
// fiftieth of the 1.5 s that kube-bench takes on a node.
func BenchmarkScanProcess(b *testing.B) {
	measure(b, 1500*time.Millisecond/50, func(d *deaf) { d.end(b) }, "scan")
}

// measure runs the program again and again until it is where until says.
func measure(b *testing.B, limit time.Duration, until func(*deaf), args ...string) {
	if _, err := program(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		d := start(b, args...)
		until(d)
		b.StopTimer()
		d.stop()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(limit), "of-limit")
}
