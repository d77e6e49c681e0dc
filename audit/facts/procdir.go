package facts

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Bounds of what is read of one process.
const (
	maxCmdline = 1 << 20
	maxEnviron = 1 << 20
	maxOther   = 256 << 10
)

// procDir is a /proc: a real procfs, or a directory tree that looks like one.
//
// Its entries are opened relative to descriptors, by single names and without
// following links, never by joining strings: a tree that somebody else made cannot
// lead out of itself, and a pid that is given to another process while it is read
// is noticed, because the old one's descriptor goes dead.
type procDir struct {
	f    *os.File
	real bool
}

// pids lists the processes, in order. Names that are not numbers are not processes.
func (d procDir) pids() ([]int, error) {
	f, err := openAt(d.f, ".", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	pids := make([]int, 0, len(names))
	for _, n := range names {
		if n[0] < '1' || n[0] > '9' {
			continue
		}
		if pid, err := strconv.Atoi(n); err == nil {
			pids = append(pids, pid)
		}
	}
	sort.Ints(pids)
	return pids, nil
}

// open opens the directory of a process.
func (d procDir) open(pid int) (*os.File, error) {
	return openAt(d.f, strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW)
}

// openAt opens a name below a directory descriptor.
func openAt(dir *os.File, name string, flags int) (*os.File, error) {
	var f *os.File
	err := withFD(dir, func(fd int) error {
		n, err := retryInt(func() (int, error) {
			return unix.Openat(fd, name, flags|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
		})
		if err != nil {
			return err
		}
		f = os.NewFile(uintptr(n), name)
		return nil
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f, nil
}

// withFD calls use with the number of an open descriptor, which cannot be closed
// (and given to another file) meanwhile.
func withFD(f *os.File, use func(fd int) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return os.ErrClosed
	}
	var inner error
	if err := c.Control(func(fd uintptr) { inner = use(int(fd)) }); err != nil {
		return os.ErrClosed
	}
	return inner
}

func retryInt(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// readAt reads a file of a process directory, at most max bytes; more says that
// there are others. A FIFO or a device in the place of the file is refused: only a
// directory tree can hold one.
func (d procDir) readAt(dir *os.File, name string, max int) (b []byte, more bool, err error) {
	f, err := openAt(dir, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	err = withFD(f, func(fd int) error {
		if !d.real {
			var st unix.Stat_t
			if err := unix.Fstat(fd, &st); err != nil {
				return err
			}
			if st.Mode&unix.S_IFMT != unix.S_IFREG {
				return &Trouble{NotRegular, name + " is not a regular file"}
			}
		}
		b, more, err = readFD(fd, make([]byte, 0, 4096), max)
		return err
	})
	return b, more, err
}

// readFD reads until the end or until it has more than max bytes.
func readFD(fd int, buf []byte, max int) (b []byte, more bool, err error) {
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := retryInt(func() (int, error) { return unix.Read(fd, buf[len(buf):cap(buf)]) })
		if err != nil {
			return buf, false, err
		}
		if n == 0 {
			return buf, false, nil
		}
		buf = buf[:len(buf)+n]
		if len(buf) > max {
			return buf[:max], true, nil
		}
	}
}

// linkAt returns the text of a link of a process directory.
func linkAt(dir *os.File, name string) (text string, err error) {
	err = withFD(dir, func(fd int) error {
		buf := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(fd, name, buf)
		if err == nil {
			text = string(buf[:n])
		}
		return err
	})
	return text, err
}

// namespaceAt returns the link text of a namespace, "mnt:[4026531841]".
func namespaceAt(dir *os.File, name string) (string, error) {
	ns, err := openAt(dir, "ns", unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return "", err
	}
	defer ns.Close()
	return linkAt(ns, name)
}

// object is what tells one file system object from another on a running kernel.
type object struct{ dev, ino uint64 }

// followAt returns which object a link of a process directory leads to.
func followAt(dir *os.File, name string) (object, error) {
	var st unix.Stat_t
	err := withFD(dir, func(fd int) error { return unix.Fstatat(fd, name, &st, 0) })
	return object{st.Dev, st.Ino}, err
}

// splitArgs splits a command line or an environment at its NULs. prometheus/procfs
// is not used for this: it trims every NUL at the end, so that empty arguments at
// the end disappear ("--token-auth-file" "" is not "--token-auth-file"). Exactly
// one NUL at the end is the terminator.
func splitArgs(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	if b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return strings.Split(string(b), "\x00")
}

// procStat is what is used of /proc/PID/stat.
type procStat struct {
	state byte
	ppid  int
	flags uint64
	start string // ticks since boot: with the pid it identifies a process
}

// kernelThread is the kernel's PF_KTHREAD flag.
const kernelThread = 0x00200000

// parseStat reads /proc/PID/stat. The short name stands in brackets and may hold
// brackets and blanks itself. prometheus/procfs is not used for stat, status and
// cgroup of a process, because it opens them by path: a pid could have changed
// hands, and in a directory tree given with --root a FIFO could stand there.
func parseStat(b []byte) (procStat, bool) {
	i := bytes.LastIndexByte(b, ')')
	if i < 0 {
		return procStat{}, false
	}
	f := strings.Fields(string(b[i+1:]))
	if len(f) < 20 || len(f[0]) != 1 {
		return procStat{}, false
	}
	ppid, err1 := strconv.Atoi(f[1])
	flags, err2 := strconv.ParseUint(f[6], 10, 64)
	if err1 != nil || err2 != nil {
		return procStat{}, false
	}
	return procStat{state: f[0][0], ppid: ppid, flags: flags, start: f[19]}, true
}

// parseUIDs reads the real, effective, saved and file system uid out of
// /proc/PID/status; nil where they do not stand there.
func parseUIDs(b []byte) []int {
	for line := range strings.Lines(string(b)) {
		rest, ok := strings.CutPrefix(line, "Uid:")
		if !ok {
			continue
		}
		f := strings.Fields(rest)
		if len(f) == 0 || len(f) > 4 {
			return nil
		}
		ids := make([]int, len(f))
		for i, s := range f {
			n, err := strconv.ParseUint(s, 10, 32)
			if err != nil {
				return nil
			}
			ids[i] = int(n)
		}
		return ids
	}
	return nil
}

// parseState reads the state letter out of /proc/PID/status; 0 where it is not there.
func parseState(b []byte) byte {
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "State:"); ok {
			if rest = strings.TrimSpace(rest); rest != "" {
				return rest[0]
			}
		}
	}
	return 0
}
