package facts

import (
	"strings"

	"mkeaudit/catalog"
)

// rawProcess is what the node says of a process before anything is concluded from
// it. The live node and the imagined one both end here, so that there is one way
// from a process to a component.
type rawProcess struct {
	pid      int
	argv     []string
	cut      bool   // the command line is longer than was read
	exe      string // link text; "" where it could not be read
	comm     string // the kernel's short name, 15 bytes; "" where it could not be read
	uids     []int
	cgroup   string // text of the cgroup file
	noCgroup string // why that could not be read, or ""
	cwd      string
	sameRoot bool
	environ  []string
	envState State
	envWhy   string
}

// programKind says what a program of a known name is.
type programKind uint8

const (
	notKnown  programKind = iota
	component             // one of the audited components
	multiCall             // a binary that is several components, chosen by name or first argument
	embedding             // a program that runs components inside itself
)

// deleted is what the kernel appends to the link of a program that was replaced
// on disk while it runs.
const deleted = " (deleted)"

// programNamed looks a base name up. It allocates nothing, because it is asked for
// every process of the node.
func programNamed(name []byte) programKind {
	switch string(name) {
	case "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "etcd":
		return component
	case "hyperkube":
		return multiCall
	case "k3s", "k3s-server", "k3s-agent", "rke2", "k0s", "kubelite", "microk8s":
		return embedding
	}
	return notKnown
}

// promising reports whether a process is worth a closer look: its program or its
// argv[0] carries a known name. The kernel's short name is never asked: it is cut
// at 15 bytes, and anybody may set it.
func promising(exe, argv0 []byte) bool {
	if n := len(exe) - len(deleted); n > 0 && string(exe[n:]) == deleted {
		exe = exe[:n]
	}
	if programNamed(baseBytes(exe)) != notKnown {
		return true
	}
	b := baseBytes(argv0)
	if programNamed(b) != notKnown {
		return true
	}
	// k3s and rke2 write "k3s server" over their argv[0].
	for i, c := range b {
		if c == ' ' {
			return programNamed(b[:i]) == embedding
		}
	}
	return false
}

func baseBytes(p []byte) []byte {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] == '/' {
			return p[i+1:]
		}
	}
	return p
}

func base(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }

// identity is what a process is, or says it is.
type identity struct {
	component catalog.Component
	args      []string // after the program's name
	embeds    string
	doubt     string
}

// identify says which component a process is. ok is false for a process that
// neither is one nor claims to be one. Wrappers (a shell, docker, an editor that
// has the name among its arguments) are not.
func identify(p rawProcess) (id identity, ok bool) {
	exe := strings.TrimSuffix(p.exe, deleted)
	argv0 := ""
	if len(p.argv) > 0 {
		argv0 = p.argv[0]
	}
	program, called := base(exe), base(argv0)
	if exe == "" {
		// The link could not be read. The short name stands in for it, as a
		// witness for what argv[0] claims and never as a claim of its own.
		program = p.witness(called)
	}
	switch {
	case isEmbedding(program, called):
		return embedded(p, exe, program, called)
	case programNamed([]byte(program)) == multiCall:
		return oneOfMany(p, called)
	}
	own, isOwn := catalog.ComponentNamed(program)
	said, isSaid := catalog.ComponentNamed(called)
	switch {
	case isOwn && isSaid && own == said:
		id = identity{component: own}
	case isOwn:
		id = identity{component: own, doubt: "argv[0] is " + shownArgv0(argv0)}
	case isSaid:
		id = identity{component: said, doubt: p.otherProgram(exe)}
	default:
		return identity{}, false
	}
	if len(p.argv) > 0 {
		id.args = p.argv[1:]
	}
	return p.checked(id), true
}

// witness returns the program's base name as the short name confirms it: the name
// that argv[0] claims where the two agree, and the short name itself otherwise.
func (p rawProcess) witness(called string) string {
	if p.comm == "" {
		if len(p.uids) == 0 {
			return ""
		}
		return called
	}
	short := called
	if len(short) > 15 {
		short = short[:15]
	}
	if short == p.comm {
		return called
	}
	if k := programNamed([]byte(p.comm)); k == multiCall || k == embedding {
		return p.comm
	}
	return "" // the short name alone never makes a component
}

// otherProgram says why a process that calls itself a component is doubted.
func (p rawProcess) otherProgram(exe string) string {
	switch {
	case exe != "":
		return "exe is " + exe
	case p.comm != "":
		return "exe could not be read, and the short name is " + p.comm
	}
	return "neither its program nor its user could be read"
}

// checked adds the doubts that hold for every kind of instance.
func (p rawProcess) checked(id identity) identity {
	switch {
	case id.doubt != "":
	case p.cut:
		id.doubt = "its command line is longer than 1 MiB and was not read to its end"
	case p.noCgroup != "":
		id.doubt = "whether it runs in a pod could not be read: " + p.noCgroup
	}
	return id
}

// oneOfMany reads which component a multi-call binary (hyperkube) is: by the name
// that it was called by, or by its first argument, with or without "kube-".
func oneOfMany(p rawProcess, called string) (identity, bool) {
	if c, ok := applet(called); ok {
		return p.checked(identity{component: c, args: p.argv[1:]}), true
	}
	if len(p.argv) < 2 {
		return identity{}, false
	}
	c, ok := applet(p.argv[1])
	if !ok {
		return identity{}, false
	}
	id := identity{component: c, args: p.argv[2:]}
	if programNamed([]byte(called)) != multiCall {
		id.doubt = "argv[0] is " + shownArgv0(p.argv[0])
	}
	return p.checked(id), true
}

func applet(name string) (catalog.Component, bool) {
	for _, n := range []string{name, "kube-" + name} {
		if c, ok := catalog.ComponentNamed(n); ok && c != catalog.Etcd {
			return c, true
		}
	}
	return catalog.AnyComponent, false
}

// serving are the subcommands with which an embedding program runs components;
// with any other ("k3s kubectl") it is a tool.
var serving = map[string]bool{"server": true, "agent": true, "controller": true, "worker": true, "single": true, "start": true}

func isEmbedding(program, called string) bool {
	first, _, _ := strings.Cut(called, " ")
	if _, isComponent := catalog.ComponentNamed(first); isComponent {
		return false
	}
	// A multi-call k3s that was called as containerd or kubectl embeds nothing.
	return programNamed([]byte(first)) == embedding &&
		(program == "" || programNamed([]byte(program)) == embedding || programNamed([]byte(program)) == notKnown)
}

// embedded describes a program that holds components inside itself, so that their
// arguments are not visible.
func embedded(p rawProcess, exe, program, called string) (identity, bool) {
	name, rest, titled := strings.Cut(called, " ")
	name, _, _ = strings.Cut(name, "-")
	id := identity{embeds: name, args: p.argv[1:]}
	word := ""
	switch {
	case titled:
		word, _, _ = strings.Cut(rest, " ")
	case len(p.argv) > 1:
		word = p.argv[1]
	}
	if word != "" && word[0] != '-' && name != "kubelite" && !serving[word] {
		return identity{}, false
	}
	if programNamed([]byte(program)) != embedding && !(program == called && program != "") {
		id.doubt = p.otherProgram(exe)
	}
	return p.checked(id), true
}

// shownArgv0 is argv[0] without what a program may have written behind its name:
// a process title can carry arguments, and these can carry secrets.
func shownArgv0(argv0 string) string {
	name, _, more := strings.Cut(argv0, " ")
	if more {
		return name + " " + Redacted
	}
	if name == "" {
		return "empty"
	}
	return name
}

// process concludes what a process is, redacted. ok is false for one that is no
// candidate.
func (p rawProcess) process(keep Keep, places placeNames) (Process, bool) {
	id, ok := identify(p)
	if !ok {
		return Process{}, false
	}
	out := Process{
		PID: p.pid, Component: id.component, Embeds: id.embeds, Doubt: textOf(id.doubt),
		Argv: redact(id.args, id.component, keep), Exe: textOf(strings.TrimSuffix(p.exe, deleted)),
		UIDs: p.uids, Cwd: textOf(p.cwd), SameRoot: p.sameRoot,
	}
	if len(p.argv) > 0 && p.argv[0] != "" {
		out.Argv0 = textOf(shownArgv0(p.argv[0]))
	}
	out.Unit = unitOf(p.cgroup)
	out.Container, out.Pod = places.resolve(parseCgroup(p.cgroup))
	if id.component == catalog.Etcd {
		out.EnvState, out.EnvWhy = p.envState, p.envWhy
		if p.envState == Present {
			out.Env = redactEnv(p.environ, keep)
		}
	}
	return out, true
}
