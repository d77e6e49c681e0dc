package facts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// viewFacts is what tells whether every process of the machine could be seen.
type viewFacts struct {
	proc       string // path of the procfs, for people
	real       bool   // it is a procfs, not a directory tree
	euid       int
	ptrace     bool   // CAP_SYS_PTRACE: sees through hidepid
	innerRoot  bool   // root only inside a user namespace
	pidOne     bool   // process 1 is visible
	initialPID bool   // the procfs is that of the initial pid namespace
	hidepid    string // the option's value, "" or "0" for none
	inGroup    bool   // this program is in the group that hidepid spares
	count      scanCount
}

// judgeView says how much of the machine was seen. Only a complete view lets the
// absence of a process be concluded, so every doubt is a gap.
func judgeView(f viewFacts) View {
	v := View{EUID: f.euid}
	gap := func(format string, args ...any) { v.Gaps = append(v.Gaps, fmt.Sprintf(format, args...)) }
	root := f.euid == 0 && !f.innerRoot
	unread := f.count.noProgram + f.count.unreadable
	if f.count.all == 0 {
		gap("no process is visible in %s: mount the machine's procfs there", f.proc)
	}
	switch {
	case root || unread == 0:
	case f.innerRoot:
		gap("root only inside a user namespace: the programs of %d processes could not be read; run as root of the machine", unread)
	default:
		gap("not root: the programs of %d processes could not be read; run with sudo", unread)
	}
	if f.count.noCmdline > 0 || root && f.count.unreadable > 0 {
		gap("the command lines of %d processes could not be read", f.count.noCmdline+f.count.unreadable)
	}
	if f.real {
		if !f.pidOne && f.count.all > 0 {
			gap("process 1 is not visible in %s", f.proc)
		}
		if !f.initialPID && f.count.all > 0 {
			gap("not the initial pid namespace: processes outside of this container are not visible; run on the machine itself, or with its pid namespace")
		}
		if hides(f.hidepid) && !(root && f.ptrace) && !(f.inGroup && f.hidepid != "4" && f.hidepid != "ptraceable") {
			gap("hidepid=%s on %s: processes of other users are hidden; run with sudo", f.hidepid, f.proc)
		}
	}
	v.Complete = len(v.Gaps) == 0
	return v
}

func hides(hidepid string) bool { return hidepid != "" && hidepid != "0" && hidepid != "off" }

// initialPIDNamespace is the inode that the kernel gives to the first pid namespace
// (PROC_PID_INIT_INO, 0xEFFFFFFC).
const initialPIDNamespace = "pid:[4026531836]"

// viewFacts gathers them.
func (l *live) viewFacts(count scanCount) viewFacts {
	f := viewFacts{
		proc: path.Join(l.o.Root, "proc"), real: l.proc.real, euid: os.Geteuid(), count: count,
		ptrace: hasPtrace(), innerRoot: inUserNamespace(),
	}
	if !l.proc.real {
		return f
	}
	if one, err := l.proc.open(1); err == nil {
		f.pidOne = true
		one.Close()
	}
	f.initialPID = l.initialPID()
	var gid string
	f.hidepid, gid = l.hidepid()
	f.inGroup = inGroup(gid)
	return f
}

// initialPID reports whether the procfs shows the first pid namespace. Each of
// three observations proves it: process 1 is in it; this program is in it and is
// visible here (a procfs of an inner namespace does not show it); process 2 is
// kthreadd, as its flag says, since kernel threads live nowhere else. The flag is
// the kernel's; a process can only imitate the name.
func (l *live) initialPID() bool {
	for _, who := range []string{"1", "self"} {
		dir, err := openAt(l.proc.f, who, unix.O_PATH|unix.O_DIRECTORY)
		if err != nil {
			continue
		}
		ns, err := namespaceAt(dir, "pid")
		dir.Close()
		if err == nil && ns == initialPIDNamespace {
			return true
		}
	}
	dir, err := l.proc.open(2)
	if err != nil {
		return false
	}
	defer dir.Close()
	b, _, err := l.proc.readAt(dir, "stat", maxOther)
	s, ok := parseStat(b)
	return err == nil && ok && s.ppid == 0 && s.flags&kernelThread != 0
}

// hidepid returns the options hidepid and gid of the mount at which the procfs is
// seen. An unreadable mount table counts as none: what cannot be read is counted
// process by process as well.
func (l *live) hidepid() (value, gid string) {
	at, err := descriptorPath(l.proc.f)
	if err != nil {
		return "", ""
	}
	for _, m := range ownMounts() { // the last mount on a place is the one that is seen
		if m.fstype == "proc" && m.point == at {
			value, gid = m.option("hidepid"), m.option("gid")
		}
	}
	return value, gid
}

// option returns the value of an option of a mounted file system.
func (m mount) option(name string) string {
	for o := range strings.SplitSeq(m.options, ",") {
		if value, ok := strings.CutPrefix(o, name+"="); ok {
			return value
		}
	}
	return ""
}

func inGroup(gid string) bool {
	n, err := strconv.Atoi(gid)
	if err != nil {
		return false
	}
	groups, err := os.Getgroups()
	return n == os.Getegid() || err == nil && slices.Contains(groups, n)
}

// hasPtrace reports whether this program holds CAP_SYS_PTRACE.
func hasPtrace() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective&(1<<unix.CAP_SYS_PTRACE) != 0
}

// inUserNamespace reports whether this program's users are not the machine's.
func inUserNamespace() bool {
	b, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return false // a kernel without user namespaces
	}
	return !wholeMap(string(b))
}

func wholeMap(text string) bool {
	f := strings.Fields(text)
	return len(f) == 3 && f[0] == "0" && f[1] == "0" && f[2] == "4294967295"
}

// elsewhere warns where this program's root directory is not the machine's although
// it sees the machine's processes: in a container with the host's pid namespace.
func (l *live) elsewhere() string {
	if !l.foreignRoot() {
		return ""
	}
	return "this program's root directory is not the machine's (it runs in a container): files of the host are not visible; mount its root directory and name it with --root"
}

// foreignRoot reports it: process 1 has another root directory.
func (l *live) foreignRoot() bool {
	if !l.here {
		return false
	}
	dir, err := l.proc.open(1)
	if err != nil {
		return false
	}
	defer dir.Close()
	theirs, err := followAt(dir, "root")
	if err != nil {
		return false
	}
	var st unix.Stat_t
	err = withFD(l.root, func(fd int) error { return unix.Fstat(fd, &st) })
	return err == nil && theirs != object{st.Dev, st.Ino}
}

// missing says what the absence of a path below the host's root means: Trouble
// where the place is not part of what can be seen, fs.ErrNotExist otherwise.
func (l *live) missing(p string) error {
	if l.here {
		if l.foreignRoot() {
			return &Trouble{NotVisible, "this program's root directory is not the machine's: mount that one and name it with --root"}
		}
		return fs.ErrNotExist
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(p, "/"), "/")
	if first == "" || l.wholeRoot() {
		return fs.ErrNotExist
	}
	f, err := openIn(l.root, "/"+first, unix.O_PATH|unix.O_NOFOLLOW)
	if err == nil {
		f.Close()
		return fs.ErrNotExist
	}
	if errors.Is(err, fs.ErrNotExist) {
		return &Trouble{NotVisible, l.o.Root + " has no /" + first + ": mount it read-only to have it audited"}
	}
	return fs.ErrNotExist
}

// wholeRoot reports whether the directory given as root is the root directory of
// process 1, so that what is not there is not on the machine.
func (l *live) wholeRoot() bool {
	m := l.hostMark()
	var st unix.Stat_t
	err := withFD(l.root, func(fd int) error { return unix.Fstat(fd, &st) })
	return err == nil && m.rootOK && m.root == object{st.Dev, st.Ino}
}
