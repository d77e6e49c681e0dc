package session

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrUnsafe is wrapped by the error that refuses a directory or file which others
// could have changed.
var ErrUnsafe = errors.New("the session could have been changed by others")

// file is what a journal needs of an open file; *os.File is one.
type file interface {
	io.ReadWriteCloser
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
}

// disk is how a journal reaches its directory; tests give one that fails.
type disk struct {
	open    func(dir *os.File, name string, flag int) (file, error)
	syncDir func(dir *os.File) error
}

var osDisk = disk{open: openAt, syncDir: (*os.File).Sync}

// openAt opens a file of a directory: never through a link, never waiting for the
// other end of a pipe. What it creates is 0600.
func openAt(dir *os.File, name string, flag int) (file, error) {
	f, err := openFileAt(dir, name, flag)
	if err != nil { // a nil *os.File must not become a file
		return nil, err
	}
	return f, nil
}

func openFileAt(dir *os.File, name string, flag int) (*os.File, error) {
	path := filepath.Join(dir.Name(), name)
	for {
		fd, err := unix.Openat(int(dir.Fd()), name, flag|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0o600)
		switch err {
		case nil:
			return os.NewFile(uintptr(fd), path), nil
		case unix.EINTR:
			continue
		case unix.ELOOP:
			return nil, fmt.Errorf("%w: %s is a symbolic link; give the path that it leads to", ErrUnsafe, path)
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
}

// openDir opens the directory of a session, and with create makes it first. A
// directory that others could write to is refused.
func openDir(path string, create bool, sync func(*os.File) error) (*os.File, error) {
	if create {
		if err := makeDir(path, sync); err != nil {
			return nil, err
		}
	}
	d, err := os.OpenFile(path, unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	info, err := d.Stat()
	if err == nil {
		err = checkOwn(path, info, "chmod 0700 "+path)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// makeDir makes a directory and those above it, 0700, and has each recorded in its
// parent, so that a crash does not take it away with what was saved in it.
func makeDir(path string, sync func(*os.File) error) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(path)
	if above != path {
		if err := makeDir(above, sync); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(above)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := sync(d); err != nil {
		return fmt.Errorf("record %s in its directory: %w", path, err)
	}
	return nil
}

// checkOwn refuses what belongs to another user or can be written by others.
func checkOwn(path string, info fs.FileInfo, mend string) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return fmt.Errorf("%w: the owner of %s is not known", ErrUnsafe, path)
	case int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%w: %s belongs to uid %d and this program runs as uid %d: chown it, or name another file with --session",
			ErrUnsafe, path, st.Uid, os.Geteuid())
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%w: %s can be written by group or others (mode %#o): %s, if you trust what is in it",
			ErrUnsafe, path, info.Mode().Perm(), mend)
	}
	return nil
}

// checkFile refuses anything but a regular file of our own.
func checkFile(f file, path string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is no regular file; name another with --session", ErrUnsafe, path)
	}
	return checkOwn(path, info, "chmod 0600 "+path)
}

// statAt describes an entry of a directory itself, links not followed.
func statAt(dir *os.File, name string) (unix.Stat_t, error) {
	var st unix.Stat_t
	for {
		err := unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW)
		if err != unix.EINTR {
			return st, err
		}
	}
}

// stillThere refuses a file that is no longer what its name leads to: what is
// written to it would be gone with it.
func stillThere(dir *os.File, name string, f interface{ Stat() (fs.FileInfo, error) }) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	open, _ := info.Sys().(*syscall.Stat_t)
	named, err := statAt(dir, name)
	if err != nil || open == nil || named.Ino != open.Ino || named.Dev != open.Dev {
		return fmt.Errorf("%s was removed or replaced", filepath.Join(dir.Name(), name))
	}
	return nil
}
