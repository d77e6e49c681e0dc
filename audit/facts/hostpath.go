package facts

import (
	"io"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mount is a line of a mount table, with its escapes undone.
type mount struct {
	dev     string // major:minor of the file system
	root    string // the directory of the file system that is mounted
	point   string // where, as the reader of the table sees it
	fstype  string
	options string // of the file system ("super options"), comma separated
}

// mounts is a mount table, in the order of the kernel: of two mounts on one place
// the later one is seen.
type mounts []mount

// parseMounts reads a mount table; lines that are none are left out. Source of the
// columns: proc_pid_mountinfo(5). prometheus/procfs is not used for it: it opens
// the table of a process by path and without a bound (a container may mount 100,000
// times), leaves the escapes in, and gives up at one line that it cannot read.
func parseMounts(b []byte) mounts {
	var table mounts
	for line := range strings.Lines(string(b)) {
		head, tail, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		h, t := strings.Split(head, " "), strings.Split(tail, " ")
		if !ok || len(h) < 6 || len(t) < 3 {
			continue
		}
		m := mount{dev: h[2], root: unescape(h[3]), point: unescape(h[4]), fstype: t[0], options: t[len(t)-1]}
		if strings.HasPrefix(m.root, "/") && strings.HasPrefix(m.point, "/") {
			table = append(table, m)
		}
	}
	return table
}

// maxExposures bounds the places at which one file is looked for.
const maxExposures = 32

// hostPath returns a path under which the host sees the same file as a process
// does, and "" where there is none. Mount tables only suggest places; the answer
// is one whose device and inode agree.
func (l *live) hostPath(r rootDir, o opened) string {
	if r.h == nil {
		return ""
	}
	var places []string
	if o.physical != "" && l.proc.real {
		places = exposures(l.tableOf(r.h), l.hostMounts(), o.physical)
	}
	// A process that is only confined to a directory, and every process of a
	// directory tree, has its files where this program sees them.
	if at, err := descriptorPath(o.f); err == nil {
		if where, err := descriptorPath(l.root); err == nil {
			if p, ok := cutDir(at, where); ok {
				places = append(places, p)
			}
		}
	}
	for _, p := range places {
		f, err := openIn(l.root, p, unix.O_PATH|unix.O_NOFOLLOW)
		if err != nil {
			continue
		}
		st, err := fstat(f)
		f.Close()
		if err == nil && st.Dev == o.st.Dev && st.Ino == o.st.Ino {
			return p
		}
	}
	return ""
}

// exposures returns where the host may see what a process sees at a path, best
// guess first: the host mounts of the same file system whose root is above the
// file, those that show most of the file system first.
func exposures(own, host mounts, p string) []string {
	at, long := -1, -1
	var below string
	for i, m := range own {
		if rest, ok := cutDir(p, m.point); ok && len(m.point) >= long {
			at, long, below = i, len(m.point), rest
		}
	}
	if at < 0 {
		return nil
	}
	inside := path.Join("/", own[at].root, below)
	type guess struct{ root, point, path string }
	var guesses []guess
	for _, m := range host {
		if m.dev != own[at].dev {
			continue
		}
		if rest, ok := cutDir(inside, m.root); ok {
			guesses = append(guesses, guess{m.root, m.point, path.Join(m.point, rest)})
		}
	}
	sort.SliceStable(guesses, func(i, j int) bool {
		a, b := guesses[i], guesses[j]
		if len(a.root) != len(b.root) {
			return len(a.root) < len(b.root)
		}
		if len(a.point) != len(b.point) {
			return len(a.point) < len(b.point)
		}
		return a.path < b.path
	})
	if len(guesses) > maxExposures {
		guesses = guesses[:maxExposures]
	}
	places := make([]string, 0, len(guesses))
	for _, g := range guesses {
		places = append(places, g.path)
	}
	return places
}

// unescape undoes the octal escapes of a mount table: \040 is a blank.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// tableOf reads the mount table of a process, once per scan. One that cannot be
// read is empty: then no host path is shown.
func (l *live) tableOf(h *handle) mounts {
	h.tableOnce.Do(func() {
		b, more, err := l.proc.readAt(h.dir, "mountinfo", maxMounts)
		if err == nil && !more {
			h.table = parseMounts(b)
		}
	})
	return h.table
}

// maxMounts bounds a mount table: about 20,000 mounts.
const maxMounts = 4 << 20

// hostMounts is the mount table of this program, its mount points as seen from the
// root directory that it looks at.
func (l *live) hostMounts() mounts {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hostTable != nil {
		return l.hostTable
	}
	l.hostTable = mounts{}
	where, err := descriptorPath(l.root)
	if err != nil {
		return l.hostTable
	}
	for _, m := range ownMounts() {
		if seen, ok := cutDir(m.point, where); ok {
			m.point = seen
			l.hostTable = append(l.hostTable, m)
		} else if below, ok := cutDir(where, m.point); ok {
			// The root directory lies inside this mount.
			m.root, m.point = path.Join("/", m.root, below), "/"
			l.hostTable = append(l.hostTable, m)
		}
	}
	return l.hostTable
}

// ownMounts is the mount table of this program; empty where it cannot be read.
func ownMounts() mounts {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxMounts))
	if err != nil {
		return nil
	}
	return parseMounts(b)
}
