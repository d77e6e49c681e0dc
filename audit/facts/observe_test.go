package facts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	pemCert = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"
	pemKey  = "-----BEGIN EC PRIVATE KEY-----\nMA==\n-----END EC PRIVATE KEY-----\n"
)

func TestObserveStates(t *testing.T) {
	n := Imagined{Files: []ImaginedFile{
		{Path: "/etc/a", Mode: 0o600, Text: "x"},
		{Path: "/etc/denied", Mode: 0o600, Denied: true},
		{Path: "/root", Type: Directory, Mode: 0o700, Denied: true},
		{Path: "/root/x", Mode: 0o600},
		{Path: "/dev/fifo", Type: Other, Mode: 0o600},
		{Path: "/etc/link", Link: "a"},
		{Path: "/etc/dangling", Link: "/gone"},
		{Path: "/etc/loop", Link: "/etc/loop"},
	}}
	tests := []struct {
		kind  Kind
		path  string
		state State
		cause Cause
		why   string
	}{
		{Stat, "/etc/a", Present, NoCause, ""},
		{Stat, "/etc/denied", Present, NoCause, ""},
		{Stat, "/etc/link", Present, NoCause, ""},
		{Stat, "/etc/none", Absent, NoCause, ""},
		{Stat, "/etc/a/b", Absent, NoCause, ""},
		{Stat, "/etc/dangling", Absent, NoCause, ""},
		{Stat, "/etc/loop", Unreadable, Failed, "too many links"},
		{Stat, "/root/x", Unreadable, Denied, "permission denied: needs root: /root/x"},
		{Stat, "/root", Present, NoCause, ""},
		{List, "/root", Unreadable, Denied, "permission denied: needs root: /root"},
		{List, "/etc/a", Unreadable, NotRegular, "not a directory: /etc/a"},
		{List, "/etc", Present, NoCause, ""},
		{List, "/none", Absent, NoCause, ""},
		{Tree, "/none", Absent, NoCause, ""},
		{Tree, "/dev/fifo", Unreadable, NotRegular, "not a directory"},
		{Certificates, "/etc/a", Unreadable, Malformed, "holds no certificate"},
		{Certificates, "/etc", Unreadable, NotRegular, "a directory, not a file: /etc"},
		{Certificates, "/dev/fifo", Unreadable, NotRegular, "device, socket or FIFO"},
		{Certificates, "/etc/denied", Unreadable, Denied, "needs root: /etc/denied"},
		{Document, "/etc/none", Absent, NoCause, ""},
		{Document, "/etc/a", Unreadable, Failed, "no such form"},
		{KindUnset, "/etc/a", Unreadable, Failed, "no such kind"},
	}
	for _, tt := range tests {
		t.Run(tt.kind.String()+tt.path, func(t *testing.T) {
			k := Key{Kind: tt.kind, Root: HostRoot, Path: tt.path}
			o := Observe(n, k)
			if o.Key != k || o.State != tt.state || o.Cause != tt.cause || !strings.Contains(o.Why, tt.why) || tt.state == Present && o.Why != "" {
				t.Errorf("got %+v", o)
			}
			if o.State == Present && tt.kind == Stat && o.File == nil {
				t.Error("present without a file")
			}
		})
	}
	if o := Observe(n, Key{Kind: Certificates, Root: HostRoot, Path: "/etc/a"}); o.File == nil || o.File.Mode != 0o600 {
		t.Errorf("a file that does not parse is still described: %+v", o.File)
	}
	if o := Observe(n, Key{Kind: Stat, Root: PIDRoot(5), Path: "/etc/a"}); o.Cause != Vanished || o.Why != "process 5 has ended" {
		t.Errorf("got %+v", o)
	}
}

func TestVerdictOf(t *testing.T) {
	tests := []struct {
		err   error
		state State
		cause Cause
		why   string
	}{
		{nil, Present, NoCause, ""},
		{fs.ErrNotExist, Absent, NoCause, ""},
		{&fs.PathError{Op: "open", Path: "/p", Err: syscall.ENOENT}, Absent, NoCause, ""},
		{fmt.Errorf("x: %w", fs.ErrPermission), Unreadable, Denied, "permission denied: needs root: /p"},
		{deniedRoot("/p"), Unreadable, Denied, "permission denied, even to root: a security module, a missing capability or a network file system forbids /p"},
		{&Trouble{TooLarge, "big"}, Unreadable, TooLarge, "big"},
		{fmt.Errorf("x: %w", &Trouble{Vanished, "gone"}), Unreadable, Vanished, "gone"},
		{errors.New("io \xff"), Unreadable, Failed, "io \ufffdff"},
		{os.ErrDeadlineExceeded, Unreadable, Failed, "i/o timeout"},
	}
	for _, tt := range tests {
		if s, c, w := verdictOf("/p", tt.err); s != tt.state || c != tt.cause || w != tt.why {
			t.Errorf("%v: got %s, %s, %q", tt.err, s, c, w)
		}
	}
	if !errors.Is(deniedRoot("/p"), fs.ErrPermission) {
		t.Error("a refusal to root is no fs.ErrPermission")
	}
}

func TestObserveTree(t *testing.T) {
	f := newTree(t)
	for name, text := range map[string]string{
		"pki/ca.crt": pemCert, "pki/ca.key": pemKey, "pki/both.pem": pemCert + pemKey, "pki/etcd/server.crt": pemCert,
		"pki/noext": strings.Repeat("x", 100_000) + pemKey, "pki/request.csr": "-----BEGIN CERTIFICATE REQUEST-----\n",
		"pki/trusted": "-----BEGIN TRUSTED CERTIFICATE-----\n", "pki/der.crt": "\x30\x82", "pki/empty.key": "",
		"pki/lock": "x", "pki/cert named.key": pemCert, "pki/a\nb.conf": pemKey, "pki/sa.pub": "-----BEGIN PUBLIC KEY-----\n",
		"pki/broken": "-----BEGIN \nCERTIFICATE-----",
	} {
		f.write(name, text, 0o600)
	}
	f.write("pki/huge.key", "", 0o600)
	if err := os.Truncate(f.path("pki/huge.key"), 4<<30); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(f.path("pki/fifo.crt"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.write("elsewhere/stolen.key", pemKey, 0o644)
	f.link("pki/current.pem", "ca.crt")
	f.link("pki/out", "/elsewhere")
	f.link("pki/self", ".")

	o := Observe(f.live(nil), Key{Kind: Tree, Root: HostRoot, Path: "/pki"})
	if o.State != Present || o.Truncated != "" || o.File == nil || o.File.Type != Directory {
		t.Fatalf("%+v", o)
	}
	type seen struct {
		typ   FileType
		class Class
		cause Cause
		link  string
	}
	want := map[string]seen{
		"/pki/ca.crt": {Regular, ClassCertificate, NoCause, ""}, "/pki/ca.key": {Regular, ClassKey, NoCause, ""},
		"/pki/both.pem": {Regular, ClassKey, NoCause, ""}, "/pki/etcd": {Directory, ClassNone, NoCause, ""},
		"/pki/etcd/server.crt": {Regular, ClassCertificate, NoCause, ""}, "/pki/noext": {Regular, ClassKey, NoCause, ""},
		"/pki/request.csr": {Regular, ClassNone, NoCause, ""}, "/pki/trusted": {Regular, ClassCertificate, NoCause, ""},
		"/pki/der.crt": {Regular, ClassCertificate, NoCause, ""}, "/pki/empty.key": {Regular, ClassKey, NoCause, ""},
		"/pki/lock": {Regular, ClassNone, NoCause, ""}, "/pki/cert named.key": {Regular, ClassCertificate, NoCause, ""},
		"/pki/a\nb.conf": {Regular, ClassKey, NoCause, ""}, "/pki/sa.pub": {Regular, ClassNone, NoCause, ""},
		"/pki/broken": {Regular, ClassNone, NoCause, ""}, "/pki/huge.key": {Regular, ClassKey, TooLarge, ""},
		"/pki/fifo.crt": {Other, ClassNone, NoCause, ""}, "/pki/current.pem": {Link, ClassNone, NoCause, "ca.crt"},
		"/pki/out": {Link, ClassNone, NoCause, "/elsewhere"}, "/pki/self": {Link, ClassNone, NoCause, "."},
	}
	got := map[string]seen{}
	for i, f := range o.Files {
		got[f.Path] = seen{f.Type, f.Class, f.Cause, f.Link}
		if i > 0 && o.Files[i-1].Path >= f.Path {
			t.Errorf("%q is not sorted", f.Path)
		}
	}
	for p, w := range want {
		if got[p] != w {
			t.Errorf("%q: got %+v, want %+v", p, got[p], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d entries, want %d: %v", len(got), len(want), got)
	}
}

func TestObserveTreeOfOneFile(t *testing.T) {
	n := Imagined{Files: []ImaginedFile{{Path: "/x/a", Mode: 0o644, Text: pemCert}, {Path: "/l", Link: "/x/a"}, {Path: "/x/d", Denied: true}}}
	for _, p := range []string{"/x/a", "/l"} {
		o := Observe(n, Key{Kind: Tree, Root: HostRoot, Path: p})
		if len(o.Files) != 1 || o.Files[0].Class != ClassCertificate || o.Files[0].Path != p || o.State != Present {
			t.Errorf("%s: %+v", p, o)
		}
	}
	if o := Observe(n, Key{Kind: Tree, Root: HostRoot, Path: "/x/d"}); o.State != Present || o.Files[0].Cause != Denied {
		t.Errorf("%+v", o)
	}
}

func TestObserveBounds(t *testing.T) {
	dir := t.TempDir()
	f := tree{t, dir}
	f.mkdir("proc", 0o755)
	deep := strings.TrimSuffix(strings.Repeat("d/", 30), "/")
	f.write("deep/"+deep+"/x", "x", 0o644)
	many := filepath.Join(dir, "many")
	if err := os.Mkdir(many, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range maxTree + 5 {
		if err := syscall.Mknod(filepath.Join(many, fmt.Sprintf("%05d", i)), syscall.S_IFREG|0o600, 0); err != nil {
			t.Fatal(err)
		}
	}
	n := f.live(nil)
	if o := Observe(n, Key{Kind: List, Root: HostRoot, Path: "/many"}); len(o.Files) != maxList || o.Truncated != "more than 2000 entries" || o.State != Present {
		t.Errorf("list: %d, %q", len(o.Files), o.Truncated)
	}
	if o := Observe(n, Key{Kind: Tree, Root: HostRoot, Path: "/many"}); len(o.Files) != maxTree || o.Truncated != "more than 10000 entries" || o.State != Present {
		t.Errorf("tree: %d, %q", len(o.Files), o.Truncated)
	}
	if o := Observe(n, Key{Kind: Tree, Root: HostRoot, Path: "/"}); len(o.Files) > maxTree || o.Truncated == "" {
		t.Errorf("tree of all: %d, %q", len(o.Files), o.Truncated)
	}
	if o := Observe(n, Key{Kind: Tree, Root: HostRoot, Path: "/deep"}); len(o.Files) != maxDepth || o.Truncated != "deeper than 16 directories" {
		t.Errorf("deep: %d, %q", len(o.Files), o.Truncated)
	}
}

// stuck answers nothing until it is released.
type stuck struct {
	Imagined
	release chan struct{}
}

func (s stuck) Stat(r Root, p string) (File, error) {
	if p == "/nfs" {
		<-s.release
	}
	return s.Imagined.Stat(r, p)
}

func TestCollect(t *testing.T) {
	n := stuck{Imagined{Files: []ImaginedFile{{Path: "/a", Text: "x"}}}, make(chan struct{})}
	defer close(n.release)
	calls := 0
	s, err := Collect(t.Context(), n, 20*time.Millisecond, func(s *Snapshot) []Key {
		calls++
		keys := []Key{{Kind: Stat, Root: HostRoot, Path: "/a"}, {Kind: Stat, Root: HostRoot, Path: "/a"}, {Kind: Stat, Root: HostRoot, Path: "/nfs"}}
		if s.Get(keys[0]).State == Present {
			keys = append(keys, Key{Kind: List, Root: HostRoot, Path: "/"})
		}
		return keys
	})
	if err != nil || calls != 3 || len(s.Observations) != 3 {
		t.Fatalf("%v, %d calls, %+v", err, calls, s.Observations)
	}
	if o := s.Get(Key{Kind: Stat, Root: HostRoot, Path: "/nfs"}); o.Cause != TimedOut {
		t.Errorf("got %+v", o)
	}
	if o := s.Get(Key{Kind: Stat, Root: HostRoot, Path: "/other"}); o.State != Unseen {
		t.Errorf("got %+v", o)
	}
}
