package session

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"
)

// lock keeps other programs from writing to a journal. It is a flock on a file
// beside it that is never removed: advisory, gone with the process that holds it,
// and weak on NFS.
type lock struct {
	flock *flock.Flock
	note  *os.File // the same file: says who holds it
	dir   *os.File
	name  string
}

// takeLock tries to take the lock of a journal. Without error and lock another
// holds it, and holder says who.
func takeLock(dir *os.File, name, user string, now time.Time) (l *lock, holder string, err error) {
	name += ".lock"
	path := filepath.Join(dir.Name(), name)
	note, err := openFileAt(dir, name, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, "", err
	}
	if err := checkFile(note, path); err != nil {
		note.Close()
		return nil, "", err
	}
	l = &lock{flock.New(path, flock.SetFlag(os.O_RDWR|unix.O_NOFOLLOW)), note, dir, name}
	ok, err := l.flock.TryLock()
	if err != nil {
		note.Close()
		return nil, "", fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		defer note.Close()
		return nil, readHolder(note), nil
	}
	if err := l.held(); err != nil {
		l.release()
		return nil, "", err
	}
	l.sign(user, now)
	return l, "", nil
}

// held reports whether the lock still keeps others out.
func (l *lock) held() error {
	info, err := l.flock.Stat()
	if err != nil {
		return err
	}
	return stillThere(l.dir, l.name, statOf{info})
}

type statOf struct{ info fs.FileInfo }

func (s statOf) Stat() (fs.FileInfo, error) { return s.info, nil }

// sign writes who holds the lock. It is for people; failing to is no harm. The user
// is as claimed: looking a name up may ask a directory server that does not answer.
func (l *lock) sign(user string, now time.Time) {
	host, _ := os.Hostname()
	if user == "" {
		user = "unnamed"
	}
	if l.note.Truncate(0) == nil {
		fmt.Fprintf(l.note, "pid %d, user %s (uid %d), host %s, since %s\n", os.Getpid(), user, os.Geteuid(), host, now.UTC().Format(time.RFC3339))
	}
}

func readHolder(r io.Reader) string {
	b, _ := io.ReadAll(io.LimitReader(r, 512))
	who := strings.TrimSpace(strings.ToValidUTF8(string(b), ""))
	if who == "" || checkText(who, false) != nil {
		return "another process"
	}
	return who
}

func (l *lock) release() {
	_ = l.note.Truncate(0)
	_ = l.flock.Unlock()
	_ = l.note.Close()
}
