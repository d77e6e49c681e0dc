package facts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// rootDir is a root directory that paths are resolved in.
type rootDir struct {
	f    *os.File
	h    *handle // nil for the host's
	host bool    // the host's root directory, by whatever name
}

// rootFor returns the root directory that a key means.
func (l *live) rootFor(r Root) (rootDir, error) {
	if r == HostRoot {
		return rootDir{f: l.root, host: true}, nil
	}
	pid, ok := r.PID()
	if !ok {
		return rootDir{}, &Trouble{Failed, "no root directory is called " + string(r)}
	}
	for {
		h, err := l.handle(pid)
		if err != nil {
			return rootDir{}, err
		}
		r, err := l.rootOf(pid, h)
		if err == nil {
			return r, nil
		}
		if again, gone := l.handle(pid); gone != nil || again == h {
			return rootDir{}, err
		}
		// A new scan has replaced the handle meanwhile.
	}
}

func (l *live) rootOf(pid int, h *handle) (rootDir, error) {
	if !l.alive(h) {
		return rootDir{}, vanished(pid)
	}
	if h.sameRoot && (l.here || !l.proc.real) {
		return rootDir{f: l.root, h: h, host: true}, nil
	}
	h.once.Do(func() { h.root, h.err = l.openPIDRoot(pid, h) })
	if h.err != nil {
		return rootDir{}, h.err
	}
	return rootDir{f: h.root, h: h}, nil
}

func vanished(pid int) error {
	return &Trouble{Vanished, "process " + strconv.Itoa(pid) + " has ended"}
}

// handle returns the handle of a process, of the scan or a new one.
func (l *live) handle(pid int) (*handle, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.procs[pid]; h != nil {
		return h, nil
	}
	dir, err := l.proc.open(pid)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, vanished(pid)
		}
		return nil, err
	}
	h := &handle{dir: dir}
	if b, _, err := l.proc.readAt(dir, "stat", maxOther); err == nil {
		s, _ := parseStat(b)
		h.start = s.start
	}
	h.sameRoot = l.sameRoot(dir, l.hostMark())
	l.procs[pid] = h
	return h, nil
}

// openPIDRoot opens the root directory of a process: through the kernel's own link
// where there is a procfs, and inside the given root where there is a directory
// tree, so that a link in it cannot name a directory of this machine.
func (l *live) openPIDRoot(pid int, h *handle) (*os.File, error) {
	var f *os.File
	var err error
	if l.proc.real {
		f, err = openAt(h.dir, "root", unix.O_PATH|unix.O_DIRECTORY)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			return nil, vanished(pid)
		}
	} else {
		if _, err := linkAt(h.dir, "root"); errors.Is(err, fs.ErrNotExist) {
			return openIn(l.root, "/", unix.O_PATH|unix.O_DIRECTORY)
		}
		f, err = openIn(l.root, fmt.Sprintf("/proc/%d/root", pid), unix.O_PATH|unix.O_DIRECTORY)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &Trouble{NotVisible, fmt.Sprintf("the root directory of process %d is not part of %s", pid, l.o.Root)}
		}
	}
	return f, err
}

// opened is a file that a path led to.
type opened struct {
	f        *os.File
	st       unix.Stat_t
	link     string // text, where the path itself is a link
	physical string // the path without links, in the same root; "" where it cannot be told
}

// locate opens what a path leads to, links followed inside the root.
func (l *live) locate(r rootDir, p string) (opened, error) {
	var o opened
	raw := bytesOf(p)
	if !strings.HasPrefix(raw, "/") || strings.Contains(raw, "\x00") {
		return o, &Trouble{Failed, "not an absolute path: " + strconv.Quote(p)}
	}
	raw = path.Clean(raw)
	// Most paths hold no link: then one call tells everything.
	f, err := openPlain(r.f, raw, unix.O_PATH|unix.O_NOFOLLOW)
	plain := err == nil
	if errors.Is(err, unix.ELOOP) {
		f, err = openIn(r.f, raw, unix.O_PATH|unix.O_NOFOLLOW)
	}
	if err != nil {
		return o, l.explain(r, raw, err)
	}
	st, err := fstat(f)
	if err != nil {
		f.Close()
		return o, l.explain(r, raw, err)
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		o.link, err = linkAt(f, "")
		f.Close()
		if err != nil {
			return o, l.explain(r, raw, err)
		}
		if f, err = openIn(r.f, raw, unix.O_PATH); err != nil {
			return o, l.explainLink(r, raw, o.link, err)
		}
		if st, err = fstat(f); err != nil {
			f.Close()
			return o, l.explain(r, raw, err)
		}
		plain = false
	}
	o.f, o.st = f, st
	if plain {
		o.physical = raw
	} else if at, err := descriptorPath(f); err == nil {
		if where, err := descriptorPath(r.f); err == nil {
			o.physical, _ = cutDir(at, where)
		}
	}
	return o, nil
}

// explain gives an error of the kernel the meaning that it has for an audit.
func (l *live) explain(r rootDir, p string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if r.host {
			if seen := l.missing(p); !errors.Is(seen, fs.ErrNotExist) {
				return seen
			}
		}
		return &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
	case errors.Is(err, fs.ErrPermission):
		if os.Geteuid() == 0 {
			return deniedRoot(p)
		}
		return &fs.PathError{Op: "open", Path: p, Err: fs.ErrPermission}
	case errors.Is(err, unix.ELOOP):
		return &Trouble{Failed, "too many links, or a link of procfs, which is not followed: " + p}
	case errors.Is(err, unix.ESRCH):
		return &Trouble{Vanished, "it ended while it was read: " + p}
	case errors.Is(err, os.ErrClosed):
		return &Trouble{Vanished, "the machine was scanned anew meanwhile: " + p}
	}
	return err
}

// explainLink is explain for a link whose target could not be opened.
func (l *live) explainLink(r rootDir, p, link string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &fs.PathError{Op: "open", Path: p + " (a link to " + link + ")", Err: fs.ErrNotExist}
	}
	return l.explain(r, p, err)
}

// deniedRoot is a refusal that more rights do not cure, since root was refused.
type deniedRoot string

func (d deniedRoot) Error() string {
	return "permission denied, even to root: a security module, a missing capability or a network file system forbids " + string(d)
}

// Is makes it an fs.ErrPermission.
func (d deniedRoot) Is(target error) bool { return target == fs.ErrPermission }

// Stat describes what a path leads to.
func (l *live) Stat(root Root, p string) (File, error) {
	r, err := l.rootFor(root)
	if err != nil {
		return File{}, err
	}
	o, err := l.locate(r, p)
	if err != nil {
		return File{}, err
	}
	defer o.f.Close()
	f := l.describe(r, p, o)
	f.Guard = guard(r.f, o.physical)
	return f, nil
}

// describe turns an open file into a File.
func (l *live) describe(r rootDir, p string, o opened) File {
	f := fileOf(p, o.st)
	f.Link = textOf(o.link)
	if !r.host {
		f.HostPath = textOf(l.hostPath(r, o))
	}
	return f
}

func fileOf(p string, st unix.Stat_t) File {
	return File{Path: p, Type: typeOf(st.Mode), Mode: st.Mode & 0o7777, UID: int(st.Uid), GID: int(st.Gid)}
}

func typeOf(mode uint32) FileType {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return Regular
	case unix.S_IFDIR:
		return Directory
	case unix.S_IFLNK:
		return Link
	}
	return Other
}

// guard returns the nearest directory above a path that neither group nor others
// may enter. The path holds no links.
func guard(root *os.File, physical string) *Guard {
	for dir := physical; dir != "/" && dir != ""; {
		dir = path.Dir(dir)
		f, err := openPlain(root, dir, unix.O_PATH|unix.O_DIRECTORY)
		if errors.Is(err, unix.ELOOP) {
			f, err = openIn(root, dir, unix.O_PATH|unix.O_DIRECTORY)
		}
		if err != nil {
			return nil
		}
		st, err := fstat(f)
		f.Close()
		if err != nil {
			return nil
		}
		if st.Mode&0o077 == 0 {
			return &Guard{Path: textOf(dir), Mode: st.Mode & 0o7777}
		}
	}
	return nil
}

// List returns the entries of a directory by name.
func (l *live) List(root Root, p string, max int) ([]File, bool, error) {
	r, err := l.rootFor(root)
	if err != nil {
		return nil, false, err
	}
	o, err := l.locate(r, p)
	if err != nil {
		return nil, false, err
	}
	defer o.f.Close()
	if o.st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil, false, &Trouble{NotRegular, "not a directory: " + p}
	}
	dir, err := openAt(o.f, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK)
	if err != nil {
		return nil, false, l.explain(r, p, err)
	}
	defer dir.Close()
	names, more, err := readNames(dir, max)
	if err != nil {
		return nil, false, l.explain(r, p, err)
	}
	seen, hostDir := l.onHost(r, o)
	if hostDir != nil {
		defer hostDir.Close()
	}
	files := make([]File, 0, len(names))
	for _, name := range names {
		f, st, ok := entry(dir, path.Join(path.Clean(p), textOf(name)), name)
		if !ok {
			continue
		}
		if hostDir != nil && f.Cause == NoCause && sameEntry(hostDir, name, st) {
			f.HostPath = textOf(path.Join(seen, name))
		}
		files = append(files, f)
	}
	return files, more, nil
}

// onHost returns the directory as the host sees it, open; nil where it does not, or
// where it is the host's own.
func (l *live) onHost(r rootDir, o opened) (string, *os.File) {
	if r.host {
		return "", nil
	}
	seen := l.hostPath(r, o)
	if seen == "" {
		return "", nil
	}
	f, err := openIn(l.root, seen, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return "", nil
	}
	return seen, f
}

// sameEntry reports whether a name of the host's directory is that very object:
// something may be mounted over it on either side.
func sameEntry(hostDir *os.File, name string, st unix.Stat_t) bool {
	var there unix.Stat_t
	err := withFD(hostDir, func(fd int) error { return unix.Fstatat(fd, name, &there, unix.AT_SYMLINK_NOFOLLOW) })
	return err == nil && there.Dev == st.Dev && there.Ino == st.Ino
}

// readNames returns at most max names of a directory, sorted.
func readNames(dir *os.File, max int) (names []string, more bool, err error) {
	names, err = dir.Readdirnames(max + 1)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	// Readdirnames may stop early; ask until there are enough or none is left.
	for err == nil && len(names) <= max {
		var next []string
		next, err = dir.Readdirnames(max + 1 - len(names))
		names = append(names, next...)
		if err != nil && err != io.EOF {
			return nil, false, err
		}
	}
	if more = len(names) > max; more {
		names = names[:max]
	}
	sort.Strings(names)
	return names, more, nil
}

// entry describes one entry of a directory, links not followed; ok is false for one
// that has gone.
func entry(dir *os.File, p, name string) (f File, st unix.Stat_t, ok bool) {
	err := withFD(dir, func(fd int) error { return unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return File{}, st, false
	case errors.Is(err, fs.ErrPermission):
		return File{Path: p, Type: Other, Cause: Denied}, st, true
	case err != nil:
		return File{Path: p, Type: Other, Cause: Failed}, st, true
	}
	f = fileOf(p, st)
	if f.Type == Link {
		text, err := linkAt(dir, name)
		if err != nil {
			f.Cause = Failed
		}
		f.Link = textOf(text)
	}
	return f, st, true
}

// Read returns the content of a regular file of at most max bytes.
func (l *live) Read(root Root, p string, max int64) ([]byte, File, error) {
	r, err := l.rootFor(root)
	if err != nil {
		return nil, File{}, err
	}
	o, err := l.locate(r, p)
	if err != nil {
		return nil, File{}, err
	}
	defer o.f.Close()
	f := l.describe(r, p, o)
	switch {
	case f.Type == Directory:
		return nil, f, &Trouble{NotRegular, "a directory, not a file: " + p}
	case f.Type != Regular:
		return nil, f, &Trouble{NotRegular, "a device, socket or FIFO, not a file: " + p}
	case o.st.Size > max:
		return nil, f, tooLarge(p, max)
	}
	in, err := reopen(o.f)
	if err != nil {
		return nil, f, l.explain(r, p, err)
	}
	defer in.Close()
	var b []byte
	var more bool
	err = withFD(in, func(fd int) error {
		b, more, err = readFD(fd, make([]byte, 0, o.st.Size+1), int(max))
		return err
	})
	switch {
	case err != nil:
		return nil, f, l.explain(r, p, err)
	case more:
		return nil, f, tooLarge(p, max)
	}
	return b, f, nil
}

func tooLarge(p string, max int64) error {
	return &Trouble{TooLarge, fmt.Sprintf("larger than the %d KiB that are read of it: %s", max>>10, p)}
}
