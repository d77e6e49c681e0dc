package facts

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mkeaudit/catalog"
)

// childMode names what this test program does when it is started again with other
// rights or in other namespaces.
const childMode = "FACTS_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		if err := child(mode); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if helperDir != "" {
		os.RemoveAll(helperDir)
	}
	os.Exit(code)
}

// helperDir is where the helper was built.
var helperDir string

// childAnswer is what a child reports.
type childAnswer struct {
	View         View
	Warnings     []string
	Processes    []Process
	Observations []Observation
}

// child scans and observes; its further arguments are keys as JSON.
func child(mode string) error {
	root := ""
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil && mode != "plain" {
		return fmt.Errorf("private mounts: %w", err)
	}
	switch mode {
	case "plain":
	case "newproc": // an inner pid namespace with its own procfs
		if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
			return fmt.Errorf("mount proc: %w", err)
		}
	case "hidepid": // a procfs that hides, seen by somebody who is not root
		if err := unix.Mount("proc", "/proc", "proc", 0, "hidepid=2"); err != nil {
			return fmt.Errorf("mount proc: %w", err)
		}
		again := exec.Command("/proc/self/exe", os.Args[1:]...)
		again.Env = append(os.Environ(), childMode+"=plain")
		again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: true}}
		again.Stdout, again.Stderr = os.Stdout, os.Stderr
		return again.Run()
	case "bindroot": // the machine's root directory, seen below another one
		root = os.Getenv("FACTS_TEST_ROOT")
		if err := unix.Mount("/", root, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("bind the root directory: %w", err)
		}
	}
	n, err := Live(LiveOptions{Root: root, Keep: everything, DockerSocket: "/nonexistent"})
	if err != nil {
		return err
	}
	s, err := n.Scan(context.Background())
	if err != nil {
		return err
	}
	a := childAnswer{View: s.View, Warnings: s.Warnings, Processes: s.Processes}
	for _, arg := range os.Args[1:] {
		var k Key
		if err := json.Unmarshal([]byte(arg), &k); err != nil {
			return err
		}
		a.Observations = append(a.Observations, Observe(n, k))
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

// inChild runs this program again.
func inChild(t *testing.T, mode string, attr *syscall.SysProcAttr, env []string, keys ...Key) childAnswer {
	t.Helper()
	var args []string
	for _, k := range keys {
		b, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, string(b))
	}
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(append(os.Environ(), childMode+"="+mode), env...)
	cmd.SysProcAttr = attr
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var a childAnswer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return a
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to change the root directory, the user or the namespaces of a child")
	}
}

// helper is a small static program that says "ready" and waits for the end of its
// input; FACTS_TEST_BIND=from:to makes it mount first.
var helper = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "facts-helper")
	if err != nil {
		return "", err
	}
	helperDir = dir
	src := filepath.Join(dir, "main.go")
	text := `package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

func main() {
	if from, to, ok := strings.Cut(os.Getenv("FACTS_TEST_BIND"), ":"); ok {
		if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if err := syscall.Mount(from, to, "", syscall.MS_BIND, ""); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}
`
	if err := os.WriteFile(src, []byte(text), 0o600); err != nil {
		return "", err
	}
	out := filepath.Join(dir, "helper")
	cmd := exec.Command("go", "build", "-o", out, src)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if b, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the helper: %w: %s", err, b)
	}
	return out, nil
})

// install copies the helper to a path.
func install(t testing.TB, to string) string {
	t.Helper()
	from, err := helper()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return to
}

// start starts a program and waits until it is ready; stop ends it and waits for it.
func start(t testing.TB, cmd *exec.Cmd) (pid int, stop func()) {
	t.Helper()
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
	var once sync.Once
	stop = func() {
		once.Do(func() {
			in.Close()
			io.Copy(io.Discard, out)
			cmd.Wait()
		})
	}
	t.Cleanup(stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "ready\n" {
		t.Fatalf("the program did not start: %q, %v", line, err)
	}
	return cmd.Process.Pid, stop
}

func liveHere(t testing.TB) Node {
	t.Helper()
	n, err := Live(LiveOptions{Keep: keepSome, Tool: "test", DockerSocket: "/nonexistent"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.(io.Closer).Close() })
	return n
}

func scanHere(t testing.TB) (*Snapshot, Node) {
	t.Helper()
	n := liveHere(t)
	s, err := n.Scan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, n
}

func TestRealProcesses(t *testing.T) {
	dir := t.TempDir()
	api := &exec.Cmd{Path: install(t, dir+"/kube-apiserver"), Dir: dir,
		Args: []string{"kube-apiserver", "--authorization-mode=RBAC", "--token", "s3cret", "--client-ca-file=/a\x1b[2J b\nc", "--client-ca-file", "", ""}}
	apiPID, _ := start(t, api)
	spoof := &exec.Cmd{Path: install(t, dir+"/other"), Args: []string{"kubelet", "--anonymous-auth=false"}}
	spoofPID, _ := start(t, spoof)
	etcd := &exec.Cmd{Path: install(t, dir+"/etcd"), Args: []string{"/bin/etcd"},
		Env: []string{"ETCD_CERT_FILE=/a", "ETCD_INITIAL_CLUSTER_TOKEN=s3cret", "PASSWORD=s3cret"}}
	etcdPID, _ := start(t, etcd)
	if err := os.Remove(dir + "/etcd"); err != nil {
		t.Fatal(err)
	}
	huge := make([]string, 1000)
	for i := range huge {
		huge[i] = "--anonymous-auth=" + strings.Repeat("x", 1500)
	}
	hugePID, _ := start(t, &exec.Cmd{Path: install(t, dir+"/kube-proxy"), Args: append([]string{"kube-proxy"}, huge...)})
	script := dir + "/kube-scheduler"
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho ready\nread x\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	scriptPID, _ := start(t, exec.Command(script, "--profiling=false"))
	wrapPID, _ := start(t, exec.Command("/bin/sh", "-c", "echo ready; read x; true", "kubelet", "kubelet"))
	// A process that has ended and was not waited for.
	zombie := &exec.Cmd{Path: dir + "/kube-apiserver", Args: []string{"kube-apiserver", "--zombie"}, Stdin: strings.NewReader("")}
	stdin, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	zombie.Stdin = stdin
	out, err := zombie.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := zombie.Start(); err != nil {
		t.Fatal(err)
	}
	defer zombie.Wait()
	io.Copy(io.Discard, out) // its output ends when it does
	waitZombie(t, zombie.Process.Pid)

	s, n := scanHere(t)
	p := byPID(s, apiPID)
	if p == nil {
		t.Fatal("the API server is not found")
	}
	wantArgv := []string{"--authorization-mode=RBAC", "--token", Redacted, "--client-ca-file=/a\x1b[2J b\nc", "--client-ca-file", "", Redacted}
	if p.Component != catalog.APIServer || p.Doubt != "" || !reflect.DeepEqual(p.Argv, wantArgv) || p.Exe != dir+"/kube-apiserver" ||
		p.Cwd != dir || !p.SameRoot || len(p.UIDs) != 4 || p.UIDs[0] != os.Getuid() || p.Argv0 != "kube-apiserver" || p.EnvState != Unseen {
		t.Errorf("got %+v", p)
	}
	if p = byPID(s, spoofPID); p == nil || p.Doubt != "exe is "+dir+"/other" || p.Component != catalog.Kubelet {
		t.Errorf("the impostor: %+v", p)
	}
	if ok, _ := s.Trusted(*p, catalog.Trust{Containers: []string{"ucp-*"}}); ok {
		t.Error("the impostor is trusted")
	}
	if p = byPID(s, etcdPID); p == nil || p.Doubt != "" || p.Exe != dir+"/etcd" || p.EnvState != Present ||
		!reflect.DeepEqual(p.Env, map[string]string{"ETCD_CERT_FILE": "/a", "ETCD_INITIAL_CLUSTER_TOKEN": Redacted}) {
		t.Errorf("etcd: %+v", p)
	}
	if p = byPID(s, hugePID); p == nil || !strings.Contains(p.Doubt, "longer than 1 MiB") {
		t.Errorf("the huge command line is not doubted: %.200v", p)
	}
	for what, pid := range map[string]int{"script": scriptPID, "wrapper": wrapPID, "zombie": zombie.Process.Pid, "this test": os.Getpid()} {
		if p := byPID(s, pid); p != nil {
			t.Errorf("%s is a candidate: %+v", what, p)
		}
	}
	for i := 1; i < len(s.Processes); i++ {
		if s.Processes[i-1].PID >= s.Processes[i].PID {
			t.Error("the processes are not sorted")
		}
	}
	if b := written(t, s, false); strings.Contains(string(b), "s3cret") {
		t.Error("a secret reached the snapshot")
	}
	f, err := n.Stat(PIDRoot(apiPID), dir+"/kube-apiserver")
	if err != nil || f.Mode != 0o755 || f.HostPath != "" {
		t.Errorf("a file of a process of the host's root: %+v, %v", f, err)
	}
}

// waitZombie waits until a child has become a zombie. It is one when waitid says
// so, which leaves it one.
func waitZombie(t *testing.T, pid int) {
	t.Helper()
	err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
	if err != nil {
		t.Fatal(err)
	}
}

func TestRealProcessThatVanishes(t *testing.T) {
	dir := t.TempDir()
	pid, stop := start(t, &exec.Cmd{Path: install(t, dir+"/kubelet"), Args: []string{"kubelet"}})
	s, n := scanHere(t)
	if byPID(s, pid) == nil {
		t.Fatal("not found")
	}
	stop()
	for _, k := range []Kind{Stat, List, Tree, Certificates} {
		if o := Observe(n, Key{Kind: k, Root: PIDRoot(pid), Path: "/etc"}); o.State != Unreadable || o.Cause != Vanished {
			t.Errorf("%s: %+v", k, o)
		}
	}
	if s, err := n.Scan(t.Context()); err != nil || byPID(s, pid) != nil {
		t.Errorf("found again: %v", err)
	}
	if _, err := n.Stat(PIDRoot(1<<22-1), "/"); causeOf(err) != Vanished {
		t.Errorf("a pid that never was: %v", err)
	}
	if err := n.(io.Closer).Close(); err != nil {
		t.Error(err)
	}
	if _, err := n.Stat(HostRoot, "/etc"); err == nil {
		t.Error("a closed node answers")
	}
}

// TestRealChroot: the links of a process that is confined to a directory are
// resolved there and nowhere else.
func TestRealChroot(t *testing.T) { eachResolver(t, testRealChroot) }

func testRealChroot(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	f := tree{t, dir}
	install(t, dir+"/bin/kubelet")
	f.write("etc/mkeaudit-test", "inside", 0o640)
	f.link("etc/abs", "/etc/mkeaudit-test")
	f.link("etc/passwd", "/etc/mkeaudit-test")
	f.link("etc/climb", "../../../../../../../../../etc/mkeaudit-test")
	f.link("etc/host", "/etc/hostname")
	f.link("etc/magic", "/proc/self/root/etc/passwd")
	pid, _ := start(t, &exec.Cmd{Path: "/bin/kubelet", Args: []string{"kubelet"}, Dir: "/etc", SysProcAttr: &syscall.SysProcAttr{Chroot: dir}})
	s, n := scanHere(t)
	p := byPID(s, pid)
	if p == nil || p.SameRoot || p.Cwd != "/etc" || p.Doubt != "" {
		t.Fatalf("got %+v", p)
	}
	for _, at := range []string{"/etc/mkeaudit-test", "/etc/abs", "/etc/passwd", "/etc/climb", "/../../etc/abs"} {
		b, file, err := n.Read(PIDRoot(pid), at, 100)
		if err != nil || string(b) != "inside" || file.HostPath != dir+"/etc/mkeaudit-test" {
			t.Errorf("%s: %q, %+v, %v", at, b, file, err)
		}
	}
	for _, at := range []string{"/etc/host", "/etc/magic", "/etc/shadow", dir + "/etc/abs"} {
		if o := Observe(n, Key{Kind: Stat, Root: PIDRoot(pid), Path: at}); o.State != Absent {
			t.Errorf("%s: %+v", at, o)
		}
	}
}

// TestRealMountNamespace: a path in a process's mount namespace is that process's,
// and its place on the host is found by the mount table.
func TestRealMountNamespace(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	f := tree{t, dir}
	f.write("volume with blank/_data/certs/ca.pem", "volume", 0o600)
	f.write("mounted/ca.pem", "under the mount", 0o644)
	cmd := &exec.Cmd{Path: install(t, dir+"/kubelet"), Args: []string{"kubelet"}, SysProcAttr: &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS},
		Env: []string{"FACTS_TEST_BIND=" + dir + "/volume with blank/_data/certs:" + dir + "/mounted"}}
	pid, _ := start(t, cmd)
	s, n := scanHere(t)
	if p := byPID(s, pid); p == nil || p.SameRoot {
		t.Fatalf("got %+v", p)
	}
	b, file, err := n.Read(PIDRoot(pid), dir+"/mounted/ca.pem", 100)
	if err != nil || string(b) != "volume" || file.HostPath != dir+"/volume with blank/_data/certs/ca.pem" {
		t.Errorf("%q, %+v, %v", b, file, err)
	}
	if b, _, err = n.Read(HostRoot, dir+"/mounted/ca.pem", 100); err != nil || string(b) != "under the mount" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestViewInAnInnerNamespace(t *testing.T) {
	needRoot(t)
	a := inChild(t, "newproc", &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}, nil)
	if a.View.Complete || len(a.View.Gaps) != 1 || !strings.HasPrefix(a.View.Gaps[0], "not the initial pid namespace") {
		t.Errorf("got %+v", a.View)
	}
}

func TestViewOfSomebody(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	nobody := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: true}}
	pid, _ := start(t, &exec.Cmd{Path: install(t, dir+"/etcd"), Args: []string{"etcd", "-cert-file=/a"}, Env: []string{"ETCD_NAME=x"}})
	shut := shortDir(t)
	if err := os.WriteFile(shut+"/key", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a := inChild(t, "plain", nobody, nil, Key{Kind: Stat, Root: HostRoot, Path: shut + "/key"}, Key{Kind: Stat, Root: PIDRoot(pid), Path: "/etc"},
		Key{Kind: List, Root: HostRoot, Path: shut}, Key{Kind: Stat, Root: HostRoot, Path: "/etc/passwd"})
	if a.View.EUID != 65534 || a.View.Complete || !strings.Contains(strings.Join(a.View.Gaps, "\n"), "not root: the programs of") {
		t.Errorf("view: %+v", a.View)
	}
	for i, o := range a.Observations[:3] {
		if o.State != Unreadable || o.Cause != Denied || !strings.HasPrefix(o.Why, "permission denied: needs root: "+o.Path) {
			t.Errorf("observation %d: %+v", i, o)
		}
	}
	if a.Observations[3].State != Present {
		t.Errorf("%+v", a.Observations[3])
	}
	var found *Process
	for i, p := range a.Processes {
		if p.PID == pid {
			found = &a.Processes[i]
		}
	}
	if found == nil || found.Doubt != "" || found.Exe != "" || found.EnvState != Unreadable || found.EnvWhy != "permission denied: needs root" || found.SameRoot || len(found.UIDs) != 4 {
		t.Errorf("etcd as somebody sees it: %+v", found)
	}
}

func TestViewWithHidepid(t *testing.T) {
	needRoot(t)
	a := inChild(t, "hidepid", &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}, nil)
	if a.View.Complete || !strings.Contains(strings.Join(a.View.Gaps, "\n"), "hidepid=") {
		t.Errorf("got %+v", a.View)
	}
}

// TestRootBelowAnother: the machine's root directory, seen at another place as in a
// container with the host mounted, gives the same as the machine itself.
func TestRootBelowAnother(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	pid, _ := start(t, &exec.Cmd{Path: install(t, dir+"/kubelet"), Args: []string{"kubelet"}})
	at := dir + "/host"
	if err := os.Mkdir(at, 0o755); err != nil {
		t.Fatal(err)
	}
	a := inChild(t, "bindroot", &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}, []string{"FACTS_TEST_ROOT=" + at},
		Key{Kind: Stat, Root: PIDRoot(pid), Path: "/etc/passwd"}, Key{Kind: Stat, Root: HostRoot, Path: "/etc/passwd"})
	here, _ := scanHere(t)
	if !reflect.DeepEqual(a.View, here.View) {
		t.Errorf("view %+v, and on the machine itself %+v", a.View, here.View)
	}
	found := false
	for _, p := range a.Processes {
		found = found || p.PID == pid && p.Doubt == ""
	}
	if !found {
		t.Errorf("the kubelet is not among %+v", a.Processes)
	}
	for _, o := range a.Observations {
		if o.State != Present || o.File.Type != Regular {
			t.Errorf("got %+v", o)
		}
	}
	if f := a.Observations[0].File; f.HostPath != "/etc/passwd" {
		t.Errorf("the host path of a process's file: %+v", f)
	}
}

func TestViewOfThisMachine(t *testing.T) {
	s, n := scanHere(t)
	l := n.(*live)
	want := os.Geteuid() == 0 && l.initialPID()
	if s.View.Complete != want {
		t.Errorf("as uid %d, initial pid namespace %v: %+v", os.Geteuid(), l.initialPID(), s.View)
	}
	if s.Host.ID == "" || s.RecordedAt.IsZero() || time.Since(s.RecordedAt) > time.Minute {
		t.Errorf("%+v", s)
	}
}

// TestHostileFilesLive: what may stand in the place of a file never blocks.
func TestHostileFilesLive(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(dir+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/sparse", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(dir+"/sparse", 4<<30); err != nil {
		t.Fatal(err)
	}
	n := liveHere(t)
	for p, want := range map[string]Cause{dir + "/fifo": NotRegular, dir + "/sparse": TooLarge, "/dev/zero": NotRegular, "/dev/tty": NotRegular, dir: NotRegular, "/dev/stdin": NoCause} {
		for _, k := range []Key{{Kind: Document, Form: KubeletConfig}, {Kind: Certificates}} {
			k.Root, k.Path = HostRoot, p
			o := Observe(n, k)
			if want == NoCause { // a link of procfs: refused, whatever it leads to
				if o.State == Present {
					t.Errorf("%s: %+v", k, o)
				}
				continue
			}
			if o.State != Unreadable || o.Cause != want {
				t.Errorf("%s: %+v", k, o)
			}
		}
	}
	// A file of procfs has no size and much content; it is bounded all the same.
	if _, _, err := n.Read(HostRoot, "/proc/kallsyms", 1000); causeOf(err) != TooLarge && !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
}
