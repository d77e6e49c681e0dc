package facts

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func causeOf(err error) Cause {
	var t *Trouble
	if errors.As(err, &t) {
		return t.Cause
	}
	return NoCause
}

// eachResolver runs a test with openat2 and with the fallback.
func eachResolver(t *testing.T, test func(t *testing.T)) {
	t.Run("openat2", func(t *testing.T) {
		if !hasOpenat2() {
			t.Skip("this kernel, or the filter around this process, has no openat2")
		}
		test(t)
	})
	t.Run("fallback", func(t *testing.T) {
		was := hasOpenat2
		hasOpenat2 = func() bool { return false }
		defer func() { hasOpenat2 = was }()
		test(t)
	})
}

func TestFilesFixture(t *testing.T) { eachResolver(t, testFilesFixture) }

func testFilesFixture(t *testing.T) {
	f := newTree(t)
	f.write("etc/kubernetes/a.conf", "host a", 0o640)
	f.write("outside", "outside", 0o644)
	f.mkdir("etc/secret", 0o700)
	f.write("etc/secret/b", "b", 0o755|os.ModeSetuid)
	f.link("etc/abs", "/etc/kubernetes/a.conf")
	f.link("etc/rel", "kubernetes/a.conf")
	f.link("etc/up", "../../../../../../../../outside")
	f.link("etc/dir", "/etc/secret")
	f.link("etc/dangling", "/nowhere")
	f.link("etc/loop", "loop")
	f.link("etc/evil", f.path("outside")) // absolute on this machine, absent in the tree

	// A container with an absolute link: it must read the container's file.
	f.process(30, map[string]string{"root": "->/c", "cmdline": "kubelet\x00", "exe": "->/kubelet"})
	f.write("c/etc/kubernetes/a.conf", "container a", 0o600)
	f.link("c/etc/abs", "/etc/kubernetes/a.conf")
	f.link("c/etc/up", "../../../etc/kubernetes/a.conf")
	// A root link that tries to leave the tree.
	f.process(31, map[string]string{"root": "->../../../../../../../../c", "cmdline": "kubelet\x00"})
	f.process(32, map[string]string{"root": "->/gone", "cmdline": "kubelet\x00"})
	f.process(33, map[string]string{"cmdline": "kubelet\x00"})

	n := f.live(nil)
	stats := []struct {
		root     Root
		path     string
		mode     uint32
		link     string
		guard    string
		typ      FileType
		hostPath string
	}{
		{HostRoot, "/etc/kubernetes/a.conf", 0o640, "", "", Regular, ""},
		{HostRoot, "/etc//kubernetes/../kubernetes/a.conf", 0o640, "", "", Regular, ""},
		{HostRoot, "/etc/abs", 0o640, "/etc/kubernetes/a.conf", "", Regular, ""},
		{HostRoot, "/etc/rel", 0o640, "kubernetes/a.conf", "", Regular, ""},
		{HostRoot, "/etc/up", 0o644, "../../../../../../../../outside", "", Regular, ""},
		{HostRoot, "/etc/dir", 0o700, "/etc/secret", "", Directory, ""},
		{HostRoot, "/etc/secret/b", 0o4755, "", "/etc/secret", Regular, ""},
		{HostRoot, "/etc/dir/b", 0o4755, "", "/etc/secret", Regular, ""},
		{HostRoot, "/", 0o755, "", "", Directory, ""},
		{PIDRoot(30), "/etc/kubernetes/a.conf", 0o600, "", "", Regular, "/c/etc/kubernetes/a.conf"},
		{PIDRoot(30), "/etc/abs", 0o600, "/etc/kubernetes/a.conf", "", Regular, "/c/etc/kubernetes/a.conf"},
		{PIDRoot(30), "/etc/up", 0o600, "../../../etc/kubernetes/a.conf", "", Regular, "/c/etc/kubernetes/a.conf"},
		{PIDRoot(31), "/etc/abs", 0o600, "/etc/kubernetes/a.conf", "", Regular, "/c/etc/kubernetes/a.conf"},
		{PIDRoot(33), "/etc/abs", 0o640, "/etc/kubernetes/a.conf", "", Regular, ""},
	}
	for _, tt := range stats {
		got, err := n.Stat(tt.root, tt.path)
		if err != nil {
			t.Errorf("%s %s: %v", tt.root, tt.path, err)
			continue
		}
		guard := ""
		if got.Guard != nil {
			guard = got.Guard.Path
			if got.Guard.Mode != 0o700 {
				t.Errorf("%s: guard %+v", tt.path, got.Guard)
			}
		}
		if got.Path != tt.path || got.Mode != tt.mode || got.Link != tt.link || guard != tt.guard || got.Type != tt.typ || got.HostPath != tt.hostPath {
			t.Errorf("%s %s: got %+v, guard %q", tt.root, tt.path, got, guard)
		}
		if got.UID != os.Getuid() {
			t.Errorf("%s: uid %d", tt.path, got.UID)
		}
	}

	for p, want := range map[string]string{"/etc/abs": "container a", "/etc/up": "container a"} {
		if b, _, err := n.Read(PIDRoot(30), p, 100); err != nil || string(b) != want {
			t.Errorf("%s: got %q, %v", p, b, err)
		}
	}
	for p, want := range map[string]Cause{"/etc/loop": Failed, "etc/abs": Failed, "": Failed, "/opt/x": NotVisible, "/opt": NotVisible} {
		if _, err := n.Stat(HostRoot, p); causeOf(err) != want {
			t.Errorf("%q: got %v, want %s", p, err, want)
		}
	}
	for _, p := range []string{"/etc/dangling", "/etc/evil", "/etc/nothing", "/etc/kubernetes/a.conf/x", "/etc/kubernetes/a.conf/.."} {
		if _, err := n.Stat(HostRoot, p); !errors.Is(err, fs.ErrNotExist) {
			if p == "/etc/kubernetes/a.conf/.." && err == nil {
				continue // cleaned to its directory before it is opened
			}
			t.Errorf("%s: got %v", p, err)
		}
	}
	if o := Observe(n, Key{Kind: Stat, Root: HostRoot, Path: "/etc/dangling"}); o.State != Absent || o.Why != "does not exist: /etc/dangling (a link to /nowhere)" {
		t.Errorf("a dangling link: %+v", o)
	}
	if _, err := n.Stat(PIDRoot(32), "/etc"); causeOf(err) != NotVisible {
		t.Errorf("a root that is not there: %v", err)
	}
	if _, err := n.Stat(PIDRoot(99), "/etc"); causeOf(err) != Vanished {
		t.Errorf("a process that is not there: %v", err)
	}
	if _, err := n.Stat("pid:x", "/etc"); causeOf(err) != Failed {
		t.Errorf("a root that is none: %v", err)
	}
	if _, _, err := n.List(PIDRoot(30), "/opt", 5); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that a container does not have is absent: %v", err)
	}
}

func TestReadRefuses(t *testing.T) { eachResolver(t, testReadRefuses) }

func testReadRefuses(t *testing.T) {
	f := newTree(t)
	f.mkdir("etc/d", 0o755)
	f.write("etc/empty", "", 0o644)
	f.write("etc/ten", "0123456789", 0o644)
	for _, fifo := range []string{"etc/fifo"} {
		if err := syscall.Mkfifo(f.path(fifo), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f.write("etc/sparse", "", 0o644)
	if err := os.Truncate(f.path("etc/sparse"), 4<<30); err != nil {
		t.Fatal(err)
	}
	f.link("etc/to-fifo", "fifo")
	sock, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(sock)
	// The path of a socket is short, that of a temporary directory need not be.
	if err := bindAt(sock, f.path("etc"), "sock"); err != nil {
		t.Fatal(err)
	}

	n := f.live(nil)
	for p, want := range map[string]Cause{"/etc/d": NotRegular, "/etc/fifo": NotRegular, "/etc/to-fifo": NotRegular, "/etc/sock": NotRegular, "/etc/sparse": TooLarge} {
		_, file, err := n.Read(HostRoot, p, 1<<20)
		if causeOf(err) != want || file.Type == "" {
			t.Errorf("%s: got %v, file %+v", p, err, file)
		}
	}
	for p, want := range map[string]string{"/etc/empty": "", "/etc/ten": "0123456789"} {
		if b, _, err := n.Read(HostRoot, p, 10); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", p, b, err)
		}
	}
	if _, _, err := n.Read(HostRoot, "/etc/ten", 9); causeOf(err) != TooLarge {
		t.Errorf("one byte too many: %v", err)
	}
	if _, _, err := n.List(HostRoot, "/etc/ten", 9); causeOf(err) != NotRegular {
		t.Errorf("list of a file: %v", err)
	}
}

// bindAt binds a socket to a name in a directory whose path may be long.
func bindAt(fd int, dir, name string) error {
	d, err := syscall.Open(dir, unix.O_PATH|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(d)
	return syscall.Bind(fd, &syscall.SockaddrUnix{Name: "/proc/self/fd/" + itoa(d) + "/" + name})
}

func itoa(n int) string { return string(PIDRoot(n))[len("pid:"):] }

func TestListFixture(t *testing.T) {
	f := newTree(t)
	names := []string{"b c", "a\nb", "bad\xffname", "\ufffdff", "z\x1b[2J"}
	for _, name := range names {
		f.write("etc/x/"+name, "content of "+name, 0o600)
	}
	f.link("etc/x/link", "/etc/x")
	f.mkdir("etc/x/sub", 0o711)
	n := f.live(nil)
	entries, more, err := n.List(HostRoot, "/etc/x", 10)
	if err != nil || more || len(entries) != 7 {
		t.Fatalf("%+v, %v, %v", entries, more, err)
	}
	var paths []string
	for _, e := range entries {
		paths = append(paths, e.Path)
		if e.Path == "/etc/x/link" && (e.Type != Link || e.Link != "/etc/x") {
			t.Errorf("link: %+v", e)
		}
		if e.Path == "/etc/x/sub" && (e.Type != Directory || e.Mode != 0o711) {
			t.Errorf("directory: %+v", e)
		}
		if e.Type == Regular {
			// What a listing names can be read by that name.
			b, _, err := n.Read(HostRoot, e.Path, 100)
			if want := "content of " + bytesOf(strings.TrimPrefix(e.Path, "/etc/x/")); err != nil || string(b) != want {
				t.Errorf("%q: %q, %v", e.Path, b, err)
			}
		}
	}
	want := []string{"/etc/x/a\nb", "/etc/x/b c", "/etc/x/bad\ufffdffname", "/etc/x/link", "/etc/x/sub", "/etc/x/z\x1b[2J", "/etc/x/\ufffd\ufffdff"}
	if !reflect.DeepEqual(paths, want) {
		t.Errorf("got  %q\nwant %q", paths, want)
	}
	if entries, more, err = n.List(HostRoot, "/etc/x", 6); err != nil || !more || len(entries) != 6 {
		t.Errorf("bounded: %d, %v, %v", len(entries), more, err)
	}
	if entries, more, err = n.List(HostRoot, "/etc/x", 7); err != nil || more || len(entries) != 7 {
		t.Errorf("just enough: %d, %v, %v", len(entries), more, err)
	}
}

// TestSwappedUnderneath: while a name changes between a file and a link that leads
// out of the tree, nothing from outside is ever read.
func TestSwappedUnderneath(t *testing.T) {
	f := newTree(t)
	outside := t.TempDir() + "/secret"
	if err := os.WriteFile(outside, []byte("OUTSIDE"), 0o644); err != nil {
		t.Fatal(err)
	}
	f.write("etc/inside", "inside", 0o644)
	n := f.live(nil)
	stop := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			os.Symlink(outside, f.path("etc/new"))
			os.Rename(f.path("etc/new"), f.path("etc/swapped"))
			os.Link(f.path("etc/inside"), f.path("etc/new"))
			os.Rename(f.path("etc/new"), f.path("etc/swapped"))
			os.Remove(f.path("etc/new"))
		}
	})
	for range 3000 {
		if b, _, err := n.Read(HostRoot, "/etc/swapped", 100); err == nil && string(b) != "inside" {
			t.Errorf("read %q", b)
			break
		}
	}
	close(stop)
	swapping.Wait()
}

// TestScanWhileReading: a new scan closes what older readings use, and no reading
// sees another file for it.
func TestScanWhileReading(t *testing.T) {
	f := newTree(t)
	f.process(30, map[string]string{"root": "->/c", "cmdline": "kubelet\x00", "exe": "->/kubelet"})
	f.write("c/a", "container", 0o600)
	f.write("a", "host", 0o600)
	s, n := f.scan(nil)
	if len(s.Processes) != 1 {
		t.Fatal("the process is not found")
	}
	var reading sync.WaitGroup
	for range 4 {
		reading.Go(func() {
			for range 200 {
				b, _, err := n.Read(PIDRoot(30), "/a", 100)
				if err == nil && string(b) != "container" || err != nil && causeOf(err) != Vanished {
					t.Errorf("read %q, %v", b, err)
					return
				}
			}
		})
	}
	for range 50 {
		if _, err := n.Scan(t.Context()); err != nil {
			t.Error(err)
		}
	}
	reading.Wait()
}

func TestTextRoundTrip(t *testing.T) {
	for _, s := range []string{"", "a", "\xff", "\ufffd", "\ufffdff", "\xff\ufffd\xfe", "ä\x80", "\xef\xbf", "\ufffd\ufffd"} {
		if got := bytesOf(textOf(s)); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\xff\ufffdff")
	f.Fuzz(func(t *testing.T, s string) {
		if got := bytesOf(textOf(s)); got != s {
			t.Errorf("%q became %q", s, got)
		}
		if text := textOf(s); strings.ToValidUTF8(text, "") != text {
			t.Errorf("%q is not UTF-8", text)
		}
	})
}
