package facts

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strconv"
	"sync"

	pathrs "github.com/cyphar/filepath-securejoin/pathrs-lite"
	"golang.org/x/sys/unix"
)

// openIn opens a path below a root directory. Every link, absolute or relative, is
// resolved inside that root by the kernel and cannot lead out of it; the links of
// procfs that jump anywhere are refused. Flags must hold O_PATH, so that opening
// has no effect on what is opened.
//
// Errors wrap fs.ErrNotExist (also where a file stands in the place of a
// directory) and fs.ErrPermission.
func openIn(root *os.File, p string, flags int) (*os.File, error) {
	return openResolved(root, p, flags, 0)
}

// openPlain is openIn for a path that holds no link: one anywhere but at the end
// is unix.ELOOP.
func openPlain(root *os.File, p string, flags int) (*os.File, error) {
	return openResolved(root, p, flags, unix.RESOLVE_NO_SYMLINKS)
}

// resolveTries bounds the attempts at a path that is renamed or mounted over again
// and again while it is resolved.
const resolveTries = 64

func openResolved(root *os.File, p string, flags int, resolve uint64) (*os.File, error) {
	if !hasOpenat2() {
		return openSlowly(root, p, flags, resolve)
	}
	how := unix.OpenHow{
		Flags:   uint64(flags | unix.O_PATH | unix.O_CLOEXEC),
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | resolve,
	}
	var f *os.File
	err := withFD(root, func(fd int) error {
		for try := 0; ; try++ {
			n, err := unix.Openat2(fd, p, &how)
			if err == nil {
				f = os.NewFile(uintptr(n), p)
				return nil
			}
			again := err == unix.EAGAIN || err == unix.EXDEV || err == unix.EINTR
			if !again || try == resolveTries {
				return err
			}
		}
	})
	if err != nil {
		return nil, pathError(p, err)
	}
	return f, nil
}

// hasOpenat2 reports whether the kernel has openat2 (5.6) and lets it through: an
// older container runtime's filter answers EPERM.
var hasOpenat2 = sync.OnceValue(func() bool {
	fd, err := unix.Openat2(unix.AT_FDCWD, "/", &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT})
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
})

// openSlowly does without openat2: filepath-securejoin walks the path element by
// element and checks where it stands. It cannot promise that a path holds no link.
func openSlowly(root *os.File, p string, flags int, resolve uint64) (*os.File, error) {
	if resolve&unix.RESOLVE_NO_SYMLINKS != 0 {
		return nil, pathError(p, unix.ELOOP)
	}
	if flags&unix.O_NOFOLLOW == 0 || path.Clean("/"+p) == "/" {
		f, err := pathrs.OpenatInRoot(root, p)
		if err != nil {
			return nil, pathError(p, err)
		}
		if flags&unix.O_DIRECTORY != 0 {
			if st, err := fstat(f); err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
				f.Close()
				return nil, pathError(p, unix.ENOTDIR)
			}
		}
		return f, nil
	}
	dir, err := pathrs.OpenatInRoot(root, path.Dir(p))
	if err != nil {
		return nil, pathError(p, err)
	}
	defer dir.Close()
	f, err := openAt(dir, path.Base(p), flags|unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return nil, pathError(p, err)
	}
	return f, nil
}

// pathError names the path in an error of the kernel, once.
func pathError(p string, err error) error {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	if errors.Is(err, unix.ENOTDIR) {
		err = fs.ErrNotExist
	}
	return &fs.PathError{Op: "open", Path: p, Err: err}
}

func fstat(f *os.File) (st unix.Stat_t, err error) {
	err = withFD(f, func(fd int) error { return unix.Fstat(fd, &st) })
	return st, err
}

// descriptorPath returns the path of an open file as this program's own procfs
// shows it.
func descriptorPath(f *os.File) (p string, err error) {
	err = withFD(f, func(fd int) error {
		p, err = os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
		return err
	})
	return p, err
}

// reopen opens the file behind an O_PATH descriptor for reading: that file and no
// other, whatever stands at its path by now. It never waits for a writer or a lease.
func reopen(f *os.File) (*os.File, error) {
	var out *os.File
	err := withFD(f, func(fd int) error {
		n, err := retryInt(func() (int, error) {
			return unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		})
		if err == nil {
			out = os.NewFile(uintptr(n), f.Name())
		}
		return err
	})
	return out, err
}
