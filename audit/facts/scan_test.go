package facts

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"mkeaudit/catalog"
)

func everything(catalog.Component, string) bool { return true }

func byPID(s *Snapshot, pid int) *Process {
	for i := range s.Processes {
		if s.Processes[i].PID == pid {
			return &s.Processes[i]
		}
	}
	return nil
}

func TestScanFixture(t *testing.T) {
	f := newTree(t)
	f.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nbroken\netcd:x:998:997::/:/bin/false\netcd:x:5:5::/:/\nme:x:1000:1000::/:/\n", 0o644)
	f.write("etc/group", "root:x:0:\netcd:x:997:\n", 0o644)
	f.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n", 0o444)
	f.write("etc/hostname", "mgr-01\n", 0o644)
	f.mkdir("var/log/pods/kube-system_kube-proxy-x_"+uidDashed, 0o755)

	api := f.component(20, "/usr/local/bin/kube-apiserver", "--anonymous-auth=false", "--token=x", "", "")
	api["cgroup"] = "0::/system.slice/docker-" + idA + ".scope\n"
	api["cwd"] = "->/work"
	f.process(20, api)

	proxy := f.component(30, "/kube-proxy")
	proxy["cgroup"] = "0::/kubepods/pod" + uidDashed + "/" + idB + "\n"
	proxy["root"] = "->/containers/proxy"
	proxy["cwd"] = "->/containers/proxy/run/x"
	f.process(30, proxy)
	f.mkdir("containers/proxy/etc", 0o755)

	etcd := f.component(7, "/bin/etcd", "-cert-file=/a")
	etcd["environ"] = "ETCD_CERT_FILE=/b\x00PATH=/x\x00ETCD_INITIAL_CLUSTER_TOKEN=s\x00"
	etcd["status"] = "Uid:\t998\t998\t998\t998\n"
	f.process(7, etcd)

	// What must not be found.
	zombie := f.component(40, "/bin/kubelet")
	zombie["stat"] = "40 (kubelet) Z 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0 0\n"
	f.process(40, zombie)
	kthread := f.component(41, "/bin/kubelet")
	kthread["stat"] = "41 (kubelet) S 2 0 0 0 -1 2097216 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0 0\n"
	f.process(41, kthread)
	f.process(42, f.component(42, "/usr/bin/tail", "-f", "kubelet"))
	f.process(43, map[string]string{})
	f.process(44, map[string]string{"comm": "kubelet\n"})
	f.link("proc/self", "20")
	f.link("proc/45", "20") // a directory of a process is never a link
	f.mkdir("proc/sys", 0o755)
	f.mkdir("proc/20x", 0o755)
	f.write("proc/46", "not a directory", 0o644)

	s, _ := f.scan(func(_ catalog.Component, flag string) bool { return flag != "token" && flag != "initial-cluster-token" })
	if got := []int{s.Processes[0].PID, s.Processes[1].PID, s.Processes[2].PID}; len(s.Processes) != 3 || !reflect.DeepEqual(got, []int{7, 20, 30}) {
		t.Fatalf("processes: %+v", s.Processes)
	}
	want := Process{
		PID: 20, Component: catalog.APIServer, Argv: []string{"--anonymous-auth=false", "--token=[redacted]", Redacted, Redacted},
		Exe: "/usr/local/bin/kube-apiserver", Argv0: "/usr/local/bin/kube-apiserver", UIDs: []int{0, 0, 0, 0}, Cwd: "/work",
		SameRoot: true, Container: &Container{ID: idA},
	}
	if got := *byPID(s, 20); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	p := byPID(s, 30)
	if p.SameRoot || p.Cwd != "/run/x" || p.Pod == nil || p.Pod.Name != "kube-proxy-x" || p.Pod.Namespace != "kube-system" || p.Container.ID != idB {
		t.Errorf("got %+v, pod %+v", p, p.Pod)
	}
	e := byPID(s, 7)
	if e.EnvState != Present || !reflect.DeepEqual(e.Env, map[string]string{"ETCD_CERT_FILE": "/b", "ETCD_INITIAL_CLUSTER_TOKEN": Redacted}) {
		t.Errorf("environment: %+v", e)
	}
	if byPID(s, 20).Env != nil || byPID(s, 20).EnvState != Unseen {
		t.Error("the environment of another component was read")
	}
	if s.Host.Name != "mgr-01" || s.Host.ID != nodeID("0123456789abcdef0123456789abcdef") || strings.Contains(s.Host.ID, "0123456789abcdef") {
		t.Errorf("host: %+v", s.Host)
	}
	if a := s.Accounts; a.State != Present || !reflect.DeepEqual(a.Users, map[string]int{"root": 0, "etcd": 998}) || a.Groups["etcd"] != 997 {
		t.Errorf("accounts: %+v", a)
	}
	if !s.View.Complete || len(s.View.Gaps) != 0 {
		t.Errorf("view: %+v", s.View)
	}
	if s.Engine.State != Absent {
		t.Errorf("engine: %+v", s.Engine)
	}
	if s.SchemaVersion != SnapshotVersion || s.RecordedAt.Unix() != 1_700_000_000 {
		t.Errorf("snapshot: %+v", s)
	}
}

func TestScanFixtureThatIsPoor(t *testing.T) {
	f := newTree(t)
	f.process(5, map[string]string{"cmdline": "kubelet\x00--config\x00/a\x00"})
	f.process(6, map[string]string{"cmdline": "kubelet\x00", "comm": "kubelet\n"})
	f.process(7, map[string]string{"cmdline": "kubelet\x00", "comm": "bash\n"})
	f.process(8, map[string]string{"cmdline": "kubelet\x00", "status": "Uid:\t0\t0\t0\t0\n"})
	f.process(9, map[string]string{"exe": "->/bin/kubelet"})
	f.process(10, map[string]string{"cmdline": "etcd\x00", "exe": "->/bin/etcd"})
	s, _ := f.scan(nil)
	doubts := map[int]string{}
	for _, p := range s.Processes {
		doubts[p.PID] = p.Doubt
	}
	want := map[int]string{
		5: "neither its program nor its user could be read", 6: "", 7: "exe could not be read, and the short name is bash", 8: "",
		9: "argv[0] is empty", 10: "",
	}
	if !reflect.DeepEqual(doubts, want) {
		t.Errorf("got %v, want %v", doubts, want)
	}
	if s.Accounts.State != Unreadable || !strings.Contains(s.Accounts.Why, "has no /etc") {
		t.Errorf("accounts: %+v", s.Accounts)
	}
	if p := byPID(s, 10); p.EnvState != Absent {
		t.Errorf("environment: %+v", p)
	}
	if s.Host.ID != nodeID("") {
		t.Errorf("host: %+v", s.Host)
	}
}

// TestScanHostileFixture: FIFOs and links in the place of the files of a process
// neither block nor lead out.
func TestScanHostileFixture(t *testing.T) {
	f := newTree(t)
	f.write("secret", "kubelet\x00--stolen=1\x00", 0o644)
	f.process(5, map[string]string{"exe": "->/bin/kubelet", "cmdline": "->" + f.path("secret")})
	f.process(6, map[string]string{"exe": "->/bin/kubelet"})
	if err := syscall.Mkfifo(f.path("proc/6/cmdline"), 0o644); err != nil {
		t.Fatal(err)
	}
	f.process(7, map[string]string{"exe": "->/bin/kubelet", "cmdline": "kubelet\x00"})
	for _, name := range []string{"stat", "status", "comm", "cgroup"} {
		if err := syscall.Mkfifo(f.path("proc/7/"+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f.process(8, map[string]string{"exe": "->/bin/kubelet", "cmdline": "kubelet\x00", "status": "Uid:\t0\t0\t0\t0\t0\t0\nUid: 1", "stat": ")", "cgroup": "\x00"})
	huge := f.component(9, "/bin/kubelet")
	huge["cmdline"] = "kubelet\x00" + strings.Repeat("--anonymous-auth=true\x00", 60_000) + "--anonymous-auth=false\x00"
	f.process(9, huge)

	s, _ := f.scan(everything)
	for _, pid := range []int{5, 6} {
		if p := byPID(s, pid); p == nil || p.Doubt != "argv[0] is empty" || len(p.Argv) != 0 {
			t.Errorf("process %d: %+v", pid, p)
		}
	}
	if p := byPID(s, 7); p == nil || !strings.HasPrefix(p.Doubt, "whether it runs in a pod could not be read") {
		t.Errorf("process 7: %+v", p)
	}
	if p := byPID(s, 8); p == nil || p.UIDs != nil {
		t.Errorf("process 8: %+v", p)
	}
	if p := byPID(s, 9); p == nil || !strings.Contains(p.Doubt, "longer than 1 MiB") {
		t.Errorf("a command line that was cut is not doubted: %.100v", p)
	}
}

func TestScanEmptyProc(t *testing.T) {
	f := newTree(t)
	s, _ := f.scan(nil)
	if s.View.Complete || len(s.View.Gaps) != 1 || !strings.Contains(s.View.Gaps[0], "no process is visible") {
		t.Errorf("an empty /proc lets absence be concluded: %+v", s.View)
	}
}

func TestLiveWithoutProc(t *testing.T) {
	if _, err := Live(LiveOptions{Root: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "mount the machine's procfs there") {
		t.Errorf("got %v", err)
	}
	if _, err := Live(LiveOptions{Root: "/nonexistent"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestScanCancelled(t *testing.T) {
	f := newTree(t)
	f.process(5, f.component(5, "/bin/kubelet"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.live(nil).Scan(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestJudgeView(t *testing.T) {
	whole := viewFacts{proc: "/proc", real: true, euid: 0, ptrace: true, pidOne: true, initialPID: true, count: scanCount{all: 100}}
	tests := map[string]struct {
		change func(*viewFacts)
		gaps   []string // a part of each
	}{
		"root on the machine":             {func(*viewFacts) {}, nil},
		"root, some exe refused":          {func(f *viewFacts) { f.count.noProgram = 1 }, nil},
		"root and hidepid":                {func(f *viewFacts) { f.hidepid = "2" }, nil},
		"root without ptrace and hidepid": {func(f *viewFacts) { f.hidepid = "invisible"; f.ptrace = false }, []string{"hidepid=invisible on /proc"}},
		"a container":                     {func(f *viewFacts) { f.initialPID = false }, []string{"not the initial pid namespace"}},
		"not root":                        {func(f *viewFacts) { f.euid = 1000; f.ptrace = false; f.count.noProgram = 90 }, []string{"not root: the programs of 90 processes"}},
		"not root, sees everything":       {func(f *viewFacts) { f.euid = 1000 }, nil},
		"not root and hidepid":            {func(f *viewFacts) { f.euid = 1000; f.ptrace = false; f.hidepid = "2"; f.pidOne = false }, []string{"process 1 is not visible", "hidepid=2 on /proc"}},
		"in the group that is spared":     {func(f *viewFacts) { f.euid = 1000; f.hidepid = "2"; f.inGroup = true }, nil},
		"ptraceable spares no group":      {func(f *viewFacts) { f.euid = 1000; f.hidepid = "ptraceable"; f.inGroup = true }, []string{"hidepid=ptraceable"}},
		"hidepid off":                     {func(f *viewFacts) { f.euid = 1000; f.hidepid = "0" }, nil},
		"root of a user namespace":        {func(f *viewFacts) { f.innerRoot = true; f.count.noProgram = 3 }, []string{"only inside a user namespace"}},
		"nothing there":                   {func(f *viewFacts) { f.count.all = 0; f.pidOne = false; f.initialPID = false }, []string{"no process is visible"}},
		"hidepid=1":                       {func(f *viewFacts) { f.euid = 1000; f.count.noCmdline = 5; f.hidepid = "1" }, []string{"command lines of 5", "hidepid=1"}},
		"a tree":                          {func(f *viewFacts) { *f = viewFacts{proc: "/x/proc", count: scanCount{all: 1}} }, nil},
		"a tree that is refused":          {func(f *viewFacts) { *f = viewFacts{proc: "/x/proc", euid: 5, count: scanCount{all: 1, unreadable: 1}} }, []string{"not root"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := whole
			tt.change(&f)
			v := judgeView(f)
			if v.Complete != (len(tt.gaps) == 0) {
				t.Errorf("complete is %v: %q", v.Complete, v.Gaps)
			}
			for _, want := range tt.gaps {
				if !strings.Contains(strings.Join(v.Gaps, "\n"), want) {
					t.Errorf("no gap says %q: %q", want, v.Gaps)
				}
			}
		})
	}
}

func TestWholeMap(t *testing.T) {
	for text, want := range map[string]bool{
		"         0          0 4294967295\n": true, "0 1000 1\n": false, "": false, "0 0 4294967295\n1 2 3\n": false,
	} {
		if wholeMap(text) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

func TestParseStat(t *testing.T) {
	s, ok := parseStat([]byte("2 (a) b (c)) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 12345 0"))
	if !ok || s.state != 'S' || s.ppid != 0 || s.flags&kernelThread == 0 || s.start != "12345" {
		t.Errorf("got %+v, %v", s, ok)
	}
	for _, bad := range []string{"", "2 (a", ")", "2 (a) S 0", "2 (a) SS 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 12345", "2 (a) S x 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 12345"} {
		if _, ok := parseStat([]byte(bad)); ok {
			t.Errorf("%q parses", bad)
		}
	}
}

func TestParseAccounts(t *testing.T) {
	got := parseAccounts([]byte("etcd:x:-1:0\netcd:x:99999999999:0\n#root:x:5\nroot:x:0:0:a:b:c\nroot:x:1\netcd\netcdx:x:4\n\x00:::\netcd:x:12"))
	if !reflect.DeepEqual(got, map[string]int{"root": 0, "etcd": 12}) {
		t.Errorf("got %v", got)
	}
}

func FuzzProcFiles(f *testing.F) {
	f.Add([]byte("2 (a) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 12345 0"))
	f.Add([]byte("Name:\tx\nUid:\t0\t0\t0\t0\n"))
	f.Add([]byte("root:x:0:0\netcd:x:1:1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		parseStat(b)
		parseState(b)
		parseAccounts(b)
		if ids := parseUIDs(b); len(ids) > 4 {
			t.Errorf("%d uids", len(ids))
		}
	})
}
