package cli

import (
	"fmt"
	"io/fs"
	"syscall"
)

// nonblock keeps a FIFO in the place of a file from holding the program up.
const nonblock = syscall.O_NONBLOCK

// rootsOwn refuses what is not owned by root or may be written by others.
func rootsOwn(name string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return fmt.Errorf("%s: its owner is not known", name)
	case st.Uid != 0:
		return fmt.Errorf("%s belongs to user %d: as root only root's own file is used; chown it to root, or run without sudo", name, st.Uid)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s may be written by others (mode %04o): chmod go-w it", name, info.Mode().Perm())
	}
	return nil
}
