package facts

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"mkeaudit/catalog"
)

// Imagined is a node made of plain data, for examples and tests. Processes go
// through the same identification and redaction as those of a live machine, and
// files through the same parsing.
type Imagined struct {
	Host       Host
	View       View
	Engine     Engine
	Containers []Container // what the engine lists
	Pods       []Pod       // names of pods by their uid
	Accounts   Accounts
	Processes  []RawProcess
	Files      []ImaginedFile
	Warnings   []string

	Keep   Keep
	Tool   string
	Origin string
	At     time.Time
}

// RawProcess is a process as the kernel would show it.
type RawProcess struct {
	PID    int
	Argv   []string // with argv[0]
	Exe    string   // "" where the link cannot be read
	Comm   string
	UIDs   []int // real, effective, saved, file system
	Cgroup string
	Cwd    string
	Env    map[string]string
	// EnvDenied says that the environment cannot be read.
	EnvDenied bool
	// Container is used as it stands where the cgroup shows none.
	Container *Container
	// Root is the root directory of its files; "" is the host's.
	Root Root
}

// ImaginedFile is a file, directory or link. Directories above it are there without
// being listed, with mode 0755 and owner 0:0.
type ImaginedFile struct {
	Root     Root   // "" is the host's
	Path     string // absolute
	HostPath string // where the host sees it, for a file of another root
	Type     FileType
	Mode     uint32
	UID, GID int
	Text     string
	Link     string // makes it a link
	// Denied refuses the content of a file, and everything below a directory.
	Denied bool
}

// Scan describes the node.
func (n Imagined) Scan(ctx context.Context) (*Snapshot, error) {
	s := &Snapshot{
		SchemaVersion: SnapshotVersion, Tool: n.Tool, Origin: n.Origin, RecordedAt: n.At.UTC(), Host: n.Host, View: n.View,
		Engine: n.Engine, Accounts: n.Accounts, Warnings: slices.Clone(n.Warnings),
	}
	names := placeNames{containers: n.Containers, pods: map[string]Pod{}}
	for _, p := range n.Pods {
		names.pods[p.UID] = p
	}
	raw := make([]rawProcess, len(n.Processes))
	for i, p := range n.Processes {
		raw[i] = p.raw()
	}
	sort.SliceStable(raw, func(i, j int) bool { return raw[i].pid < raw[j].pid })
	s.Processes, _ = conclude(raw, n.Keep, names)
	for i := range s.Processes {
		p := &s.Processes[i]
		if given := n.process(p.PID); p.Container == nil && given.Container != nil {
			c := *given.Container
			p.Container = &c
		}
	}
	s.Containers = keptContainers(n.Containers, s.Processes)
	return s, ctx.Err()
}

func (p RawProcess) raw() rawProcess {
	r := rawProcess{
		pid: p.PID, argv: p.Argv, exe: p.Exe, comm: p.Comm, uids: p.UIDs, cgroup: p.Cgroup, cwd: p.Cwd,
		sameRoot: p.Root == "" || p.Root == HostRoot,
	}
	c, _ := identify(r)
	switch {
	case c.component != catalog.Etcd:
	case p.EnvDenied:
		r.envState, r.envWhy = Unreadable, "permission denied: needs root"
	default:
		r.envState = Present
		for k, v := range p.Env {
			r.environ = append(r.environ, k+"="+v)
		}
	}
	return r
}

func (n Imagined) process(pid int) RawProcess {
	for _, p := range n.Processes {
		if p.PID == pid {
			return p
		}
	}
	return RawProcess{}
}

// rootNamed returns the root whose files a key means.
func (n Imagined) rootNamed(r Root) (Root, error) {
	pid, ok := r.PID()
	if !ok {
		if r != HostRoot {
			return "", &Trouble{Failed, "no root directory is called " + string(r)}
		}
		return HostRoot, nil
	}
	p := n.process(pid)
	switch p.PID {
	case pid:
	default:
		return "", &Trouble{Vanished, "process " + strconv.Itoa(pid) + " has ended"}
	}
	if p.Root == "" {
		return HostRoot, nil
	}
	return p.Root, nil
}

// maxLinks is the kernel's bound on links in one path.
const maxLinks = 40

// at finds what stands at a physical path of a root; nil for nothing.
func (n Imagined) at(r Root, p string) *ImaginedFile {
	below := strings.TrimSuffix(p, "/") + "/"
	implied := p == "/"
	for i, f := range n.Files {
		if f.Root == "" {
			f.Root = HostRoot
		}
		if f.Root != r {
			continue
		}
		at := path.Clean(f.Path)
		if at == p {
			found := n.Files[i]
			switch {
			case found.Type != "":
			case found.Link != "":
				found.Type = Link
			default:
				found.Type = Regular
			}
			return &found
		}
		implied = implied || strings.HasPrefix(at, below)
	}
	if implied {
		return &ImaginedFile{Root: r, Path: p, Type: Directory, Mode: 0o755}
	}
	return nil
}

// resolve follows a path inside a root, as the kernel would: links are taken from
// that root, and ".." does not leave it.
func (n Imagined) resolve(r Root, p string, followLast bool) (string, *ImaginedFile, error) {
	todo := strings.Split(strings.TrimPrefix(p, "/"), "/")
	at, links := "/", 0
	file := n.at(r, "/")
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		switch next {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			file = n.at(r, at)
			continue
		}
		if file.Denied {
			return "", nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrPermission}
		}
		if file.Type != Directory {
			return "", nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
		}
		at = path.Join(at, next)
		if file = n.at(r, at); file == nil {
			return "", nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
		}
		if file.Type != Link || len(todo) == 0 && !followLast {
			continue
		}
		if links++; links > maxLinks {
			return "", nil, &Trouble{Failed, "too many links, or a link of procfs, which is not followed: " + p}
		}
		todo = append(strings.Split(file.Link, "/"), todo...)
		at = path.Dir(at)
		if strings.HasPrefix(file.Link, "/") {
			at = "/"
		}
		file = n.at(r, at)
	}
	return at, file, nil
}

// Stat describes what a path leads to.
func (n Imagined) Stat(root Root, p string) (File, error) {
	r, err := n.rootNamed(root)
	if err != nil {
		return File{}, err
	}
	f, physical, err := n.locate(r, p)
	if err != nil {
		return File{}, err
	}
	for dir := physical; dir != "/"; {
		dir = path.Dir(dir)
		if d := n.at(r, dir); d != nil && d.Mode&0o077 == 0 {
			f.Guard = &Guard{Path: dir, Mode: d.Mode}
			break
		}
	}
	return f, nil
}

func (n Imagined) locate(r Root, p string) (File, string, error) {
	if !strings.HasPrefix(p, "/") {
		return File{}, "", &Trouble{Failed, "not an absolute path: " + strconv.Quote(p)}
	}
	_, last, err := n.resolve(r, p, false)
	if err != nil {
		return File{}, "", err
	}
	physical, target, err := n.resolve(r, p, true)
	if err != nil {
		return File{}, "", err
	}
	f := target.file(p)
	f.Link = last.Link
	return f, physical, nil
}

func (f ImaginedFile) file(p string) File {
	out := File{Path: p, Type: f.Type, Mode: f.Mode, UID: f.UID, GID: f.GID, HostPath: f.HostPath}
	if f.Type == Link {
		out.Link, out.Mode = f.Link, 0o777
	}
	return out
}

// List returns the entries of a directory by name.
func (n Imagined) List(root Root, p string, max int) ([]File, bool, error) {
	r, err := n.rootNamed(root)
	if err != nil {
		return nil, false, err
	}
	physical, dir, err := n.resolve(r, p, true)
	switch {
	case err != nil:
		return nil, false, err
	case dir.Type != Directory:
		return nil, false, &Trouble{NotRegular, "not a directory: " + p}
	case dir.Denied:
		return nil, false, &fs.PathError{Op: "open", Path: p, Err: fs.ErrPermission}
	}
	names := map[string]bool{}
	for _, f := range n.Files {
		if f.Root != r && !(f.Root == "" && r == HostRoot) {
			continue
		}
		if rest, ok := cutDir(path.Clean(f.Path), physical); ok && rest != "/" {
			name, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
			names[name] = true
		}
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	more := len(sorted) > max
	if more {
		sorted = sorted[:max]
	}
	files := make([]File, 0, len(sorted))
	for _, name := range sorted {
		files = append(files, n.at(r, path.Join(physical, name)).file(path.Join(p, name)))
	}
	return files, more, nil
}

// Read returns the content of a regular file.
func (n Imagined) Read(root Root, p string, max int64) ([]byte, File, error) {
	r, err := n.rootNamed(root)
	if err != nil {
		return nil, File{}, err
	}
	f, physical, err := n.locate(r, p)
	if err != nil {
		return nil, File{}, err
	}
	target := n.at(r, physical)
	switch {
	case f.Type == Directory:
		return nil, f, &Trouble{NotRegular, "a directory, not a file: " + p}
	case f.Type != Regular:
		return nil, f, &Trouble{NotRegular, "a device, socket or FIFO, not a file: " + p}
	case target.Denied:
		return nil, f, &fs.PathError{Op: "open", Path: p, Err: fs.ErrPermission}
	case int64(len(target.Text)) > max:
		return nil, f, tooLarge(p, max)
	}
	return []byte(target.Text), f, nil
}

var _ Node = Imagined{}
