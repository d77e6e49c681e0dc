package facts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"mkeaudit/catalog"
)

// LiveOptions says which machine to look at, and how.
type LiveOptions struct {
	// Root is the root directory of the machine: "" or "/" for this one, else a
	// directory under which another root file system is visible, with its procfs
	// (or a tree that looks like one) under Root/proc.
	Root string
	// Keep says which flags' values are recorded; nil keeps none.
	Keep Keep
	// DockerSocket is the engine's socket below the root; "" is /var/run/docker.sock.
	// It is never taken from the environment: an MKE client bundle points DOCKER_HOST
	// at the whole cluster.
	DockerSocket string
	Tool         string           // name and version of the program, for the snapshot
	Now          func() time.Time // the clock; nil is time.Now
}

// Live returns the live machine, or the one below a root directory. The Node is an
// io.Closer; it may be used by several goroutines, and scanned again and again.
func Live(o LiveOptions) (Node, error) {
	if o.Root == "" {
		o.Root = "/"
	}
	if o.DockerSocket == "" {
		o.DockerSocket = "/var/run/docker.sock"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	root, err := os.OpenFile(o.Root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open the root directory: %w", err)
	}
	l := &live{o: o, here: path.Clean(o.Root) == "/", root: root, procs: map[int]*handle{}}
	if err := l.openProc(); err != nil {
		root.Close()
		return nil, err
	}
	return l, nil
}

// live is a Node that looks at a machine.
type live struct {
	o    LiveOptions
	here bool // the root is this program's own
	root *os.File
	proc procDir

	mu        sync.Mutex
	procs     map[int]*handle
	hostTable mounts
}

// handle is what is kept open of a process between the scan and the reading of its
// files.
type handle struct {
	dir      *os.File // /proc/PID
	start    string
	sameRoot bool

	once sync.Once
	root *os.File // opened when it is first asked for
	err  error

	tableOnce sync.Once
	table     mounts
}

func (h *handle) close() {
	h.dir.Close()
	h.once.Do(func() { h.err = os.ErrClosed })
	if h.root != nil {
		h.root.Close()
	}
}

func (l *live) openProc() error {
	f, err := openIn(l.root, "/proc", unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return fmt.Errorf("no processes to look at below %s: %w: mount the machine's procfs there", l.o.Root, err)
	}
	var st unix.Statfs_t
	if err := withFD(f, func(fd int) error { return unix.Fstatfs(fd, &st) }); err != nil {
		f.Close()
		return fmt.Errorf("look at %s: %w", path.Join(l.o.Root, "proc"), err)
	}
	l.proc = procDir{f: f, real: st.Type == unix.PROC_SUPER_MAGIC}
	if l.here && !l.proc.real {
		f.Close()
		return errors.New("/proc is not a procfs: mount one, or name another root directory with --root")
	}
	return nil
}

// Close releases what is held open. Observations that are under way end with an error.
func (l *live) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.procs {
		h.close()
	}
	clear(l.procs)
	l.proc.f.Close()
	return l.root.Close()
}

// Scan lists the candidates among the processes, and says how much of the machine
// could be seen.
func (l *live) Scan(ctx context.Context) (*Snapshot, error) {
	s := &Snapshot{SchemaVersion: SnapshotVersion, Tool: l.o.Tool, RecordedAt: l.o.Now().UTC()}
	listed := make(chan engineAnswer, 1)
	go func() { listed <- l.listContainers(ctx) }()

	found, seen, err := l.scanProcesses(ctx)
	if err != nil {
		return nil, err
	}
	s.View = judgeView(l.viewFacts(seen))
	s.Host = l.host()
	s.Accounts = readAccounts(l)
	if w := l.elsewhere(); w != "" {
		s.Warnings = append(s.Warnings, w)
	}

	engine := <-listed
	s.Engine = engine.Engine
	names := placeNames{containers: engine.containers, pods: l.podNames(found)}
	s.Processes, s.Containers = conclude(found, l.o.Keep, names)
	return s, ctx.Err()
}

// conclude turns raw processes into candidates, and selects the containers that a
// snapshot keeps.
func conclude(found []rawProcess, keep Keep, names placeNames) ([]Process, []Container) {
	processes := make([]Process, 0, len(found))
	for _, raw := range found {
		if p, ok := raw.process(keep, names); ok {
			processes = append(processes, p)
		}
	}
	return processes, keptContainers(names.containers, processes)
}

// podNames reads the names of pods, where a candidate runs in one.
func (l *live) podNames(found []rawProcess) map[string]Pod {
	for _, p := range found {
		if parseCgroup(p.cgroup).podUID == "" {
			continue
		}
		entries, _, err := l.List(HostRoot, "/var/log/pods", 10_000)
		if err != nil {
			return nil // a pod without a name is still a pod
		}
		names := make([]string, len(entries))
		for i, e := range entries {
			names[i] = path.Base(e.Path)
		}
		return podNames(names)
	}
	return nil
}

// scanCount counts what could not be seen of the processes.
type scanCount struct {
	all        int
	noProgram  int // processes whose exe could not be read
	noCmdline  int // processes whose command line could not be read
	unreadable int // directories that could not be opened
}

// scanProcesses reads every process as far as it must to tell whether it is a
// candidate, and the candidates in full. The handles of processes that are gone
// are closed.
func (l *live) scanProcesses(ctx context.Context) ([]rawProcess, scanCount, error) {
	pids, err := l.proc.pids()
	if err != nil {
		return nil, scanCount{}, fmt.Errorf("list the processes below %s: %w", path.Join(l.o.Root, "proc"), err)
	}
	count := scanCount{all: len(pids)}
	var found []rawProcess
	fresh := map[int]*handle{}
	host := l.hostMark()
	err = withFD(l.proc.f, func(fd int) error {
		look := glance{fd: fd, exe: make([]byte, unix.PathMax), arg: make([]byte, 4096)}
		for i, pid := range pids {
			if i%256 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if l.proc.real && !look.at(pid, &count) {
				continue
			}
			if p, h, ok := l.readProcess(pid, host, &count); ok {
				found = append(found, p)
				fresh[pid] = h
			}
		}
		return nil
	})
	l.keepHandles(fresh)
	return found, count, err
}

// keepHandles replaces the handles by those of this scan. Nothing is carried over:
// what a process's root directory and mounts are is asked anew with every scan.
func (l *live) keepHandles(fresh map[int]*handle) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.procs {
		h.close()
	}
	l.procs, l.hostTable = fresh, nil
}

// glance looks at processes of a real procfs with two reads each and without
// allocating buffers: this is where the time of a scan goes.
type glance struct {
	fd  int
	exe []byte
	arg []byte
}

// at reports whether a process is worth reading in full.
func (g *glance) at(pid int, count *scanCount) bool {
	dir := strconv.Itoa(pid)
	n, err := unix.Readlinkat(g.fd, dir+"/exe", g.exe)
	switch err {
	case nil:
	case unix.EACCES, unix.EPERM:
		n = 0
	default:
		// ENOENT: a kernel thread, a zombie, or a process that has ended.
		return false
	}
	exe := g.exe[:n]
	fd, err := unix.Openat(g.fd, dir+"/cmdline", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		if err == unix.EACCES || err == unix.EPERM {
			count.noCmdline++
			return promising(exe, nil)
		}
		return false
	}
	m, err := retryInt(func() (int, error) { return unix.Read(fd, g.arg) })
	unix.Close(fd)
	if err != nil {
		return false
	}
	arg := g.arg[:m]
	for i, c := range arg {
		if c == 0 {
			arg = arg[:i]
			break
		}
	}
	if n == 0 {
		if m == 0 {
			return false // a kernel thread, as one who is not root sees it
		}
		count.noProgram++
	}
	return promising(exe, arg)
}

// hostMark is what the root directory and the mount namespace of the host are.
type hostMark struct {
	root   object
	rootOK bool
	mnt    string
}

// hostMark reads it: of this program where the root is its own, and of process 1
// where another machine's procfs is given.
func (l *live) hostMark() hostMark {
	var m hostMark
	who := "1"
	if l.here {
		who = "self"
	}
	dir, err := openAt(l.proc.f, who, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return m
	}
	defer dir.Close()
	m.mnt, _ = namespaceAt(dir, "mnt")
	if l.proc.real {
		o, err := followAt(dir, "root")
		m.root, m.rootOK = o, err == nil
	}
	return m
}

// readProcess reads a candidate in full, through one descriptor of its directory.
// ok is false where it is none, or has ended.
func (l *live) readProcess(pid int, host hostMark, count *scanCount) (p rawProcess, h *handle, ok bool) {
	dir, err := l.proc.open(pid)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			count.unreadable++
		}
		return p, nil, false
	}
	defer func() {
		if !ok {
			dir.Close()
		}
	}()
	p = rawProcess{pid: pid}
	if ok := l.readProgram(dir, &p, count); !ok || !promisingArgs(p.exe, p.argv) {
		return p, nil, false
	}
	start, alive := l.readIdentity(dir, &p)
	if !alive {
		return p, nil, false
	}
	if _, isCandidate := identify(p); !isCandidate {
		return p, nil, false
	}
	h = &handle{dir: dir, start: start}
	p.sameRoot = l.sameRoot(dir, host)
	h.sameRoot = p.sameRoot
	p.cwd = l.cwd(dir)
	p.environ, p.envState, p.envWhy = l.environ(dir, p)
	if l.proc.real && !l.alive(h) {
		return p, nil, false
	}
	return p, h, true
}

func promisingArgs(exe string, argv []string) bool {
	argv0 := ""
	if len(argv) > 0 {
		argv0 = argv[0]
	}
	return promising([]byte(exe), []byte(argv0))
}

// readProgram reads the link exe and the command line.
func (l *live) readProgram(dir *os.File, p *rawProcess, count *scanCount) bool {
	exe, err := linkAt(dir, "exe")
	switch {
	case err == nil:
		p.exe = exe
	case errors.Is(err, fs.ErrPermission):
		if !l.proc.real {
			count.noProgram++
		}
	case l.proc.real:
		return false // it has ended, or is a kernel thread
	}
	b, cut, err := l.proc.readAt(dir, "cmdline", maxCmdline)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrPermission):
		if !l.proc.real {
			count.noCmdline++
		}
	case l.proc.real:
		return false
	}
	p.argv, p.cut = splitArgs(b), cut
	return true
}

// readIdentity reads short name, users and cgroup; alive is false for a zombie and
// for a process that has ended.
func (l *live) readIdentity(dir *os.File, p *rawProcess) (start string, alive bool) {
	b, _, err := l.proc.readAt(dir, "stat", maxOther)
	stat, ok := parseStat(b)
	switch {
	case err == nil && ok:
		if stat.state == 'Z' || stat.state == 'X' || stat.flags&kernelThread != 0 {
			return "", false
		}
	case l.proc.real && !errors.Is(err, fs.ErrPermission):
		return "", false
	}
	if b, _, err := l.proc.readAt(dir, "comm", maxOther); err == nil {
		p.comm = strings.TrimSuffix(string(b), "\n")
	}
	if b, _, err := l.proc.readAt(dir, "status", maxOther); err == nil {
		p.uids = parseUIDs(b)
		if s := parseState(b); s == 'Z' || s == 'X' {
			return "", false
		}
	}
	b, _, err = l.proc.readAt(dir, "cgroup", maxOther)
	switch {
	case err == nil:
		p.cgroup = string(b)
	case !errors.Is(err, fs.ErrNotExist): // a kernel without cgroups has no pods
		p.noCgroup = reason(err)
	}
	return stat.start, true
}

// sameRoot reports whether root directory and mount namespace of a process are the
// host's. In a directory tree an absent link means the tree itself.
func (l *live) sameRoot(dir *os.File, host hostMark) bool {
	mnt, err := namespaceAt(dir, "mnt")
	if l.proc.real {
		if err != nil || host.mnt == "" || mnt != host.mnt || !host.rootOK {
			return false
		}
		root, err := followAt(dir, "root")
		return err == nil && root == host.root
	}
	if mnt != host.mnt {
		return false
	}
	text, err := linkAt(dir, "root")
	return errors.Is(err, fs.ErrNotExist) || err == nil && path.Clean(text) == "/"
}

// cwd returns the working directory of a process in its own root; "" where it
// cannot be told. The kernel shows it from this program's root: of a process that
// is confined to a directory the path of that directory is cut off.
func (l *live) cwd(dir *os.File) string {
	cwd, err := linkAt(dir, "cwd")
	if err != nil || !strings.HasPrefix(cwd, "/") || strings.HasSuffix(cwd, deleted) {
		return ""
	}
	root, err := linkAt(dir, "root")
	if err != nil || root == "/" || !strings.HasPrefix(root, "/") {
		if err != nil && l.proc.real {
			return ""
		}
		return path.Clean(cwd)
	}
	if below, ok := cutDir(cwd, root); ok {
		return below
	}
	if l.proc.real {
		return ""
	}
	return path.Clean(cwd)
}

// cutDir returns a path as seen from a directory above it.
func cutDir(p, dir string) (string, bool) {
	if dir == "/" {
		return p, true
	}
	rest, ok := strings.CutPrefix(p, dir)
	switch {
	case ok && rest == "":
		return "/", true
	case ok && rest[0] == '/':
		return rest, true
	}
	return "", false
}

// environ reads the environment of etcd, and of nothing else.
func (l *live) environ(dir *os.File, p rawProcess) ([]string, State, string) {
	if id, _ := identify(p); id.component != catalog.Etcd {
		return nil, Unseen, ""
	}
	b, cut, err := l.proc.readAt(dir, "environ", maxEnviron)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, Absent, ""
	case err != nil:
		return nil, Unreadable, reason(err)
	case cut:
		return nil, Unreadable, "the environment is larger than 1 MiB"
	}
	return splitArgs(b), Present, ""
}

// alive reports whether a handle still stands for the process that it was opened for.
func (l *live) alive(h *handle) bool {
	b, _, err := l.proc.readAt(h.dir, "stat", maxOther)
	if errors.Is(err, fs.ErrPermission) {
		return true // hidepid: the descriptor would be dead if the process were
	}
	stat, ok := parseStat(b)
	if !l.proc.real {
		return err != nil && errors.Is(err, fs.ErrNotExist) || stat.start == h.start
	}
	return err == nil && ok && stat.start == h.start
}

// reason is an error in the words of a fact.
func reason(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		if os.Geteuid() == 0 {
			return "permission denied, even to root: a security module or a missing capability forbids it"
		}
		return "permission denied: needs root"
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
