package session

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// ErrReadOnly is wrapped by the error of every attempt to save in a session that
// cannot be written to.
var ErrReadOnly = errors.New("the session is read-only")

// ErrNotSaved is wrapped by the error of every entry that did not reach the disk.
var ErrNotSaved = errors.New("not saved")

// journal is the file of a session. Only the holder of the lock writes to it, and
// only at its end.
type journal struct {
	disk disk
	path string
	user string   // who is named as the holder of the lock
	dir  *os.File // nil until the directory exists
	lock *lock    // nil while nothing may be written
	file file     // nil until the file exists
	raw  []byte   // its complete lines
	torn string   // what was done with an incomplete last line

	readOnly string // why nothing may be written, or ""
}

// open looks for the file and reads it, with the lock taken if it is there. It
// creates nothing but the lock beside an existing journal.
func (j *journal) open(now time.Time) ([]Event, error) {
	var err error
	if j.dir, err = openDir(filepath.Dir(j.path), false, j.disk.syncDir); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	if _, err := statAt(j.dir, j.name()); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, &fs.PathError{Op: "stat", Path: j.path, Err: err}
	}
	if j.readOnly == "" {
		switch err := j.take(now); {
		case errors.Is(err, ErrUnsafe):
			return nil, err
		case err != nil:
			j.readOnly = fmt.Sprintf("it cannot be locked: %v", err)
		}
	}
	return j.load()
}

func (j *journal) name() string { return filepath.Base(j.path) }

// take takes the lock; where another holds it the journal becomes read-only.
func (j *journal) take(now time.Time) error {
	l, holder, err := takeLock(j.dir, j.name(), j.user, now)
	if err == nil && l == nil {
		j.readOnly = "it is open elsewhere (" + holder + "); close it there and start again"
	}
	j.lock = l
	return err
}

// load reads the file that is there. An incomplete last line is set aside, if the
// lock is ours.
func (j *journal) load() ([]Event, error) {
	f, err := j.openFile()
	if err != nil {
		return nil, err
	}
	j.file = f
	if err := checkFile(f, j.path); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", j.path, err)
	}
	events, good, err := readChain(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.path, err)
	}
	j.raw = data[:good:good]
	if tail := data[good:]; len(tail) > 0 {
		j.setAside(tail, len(events)+1)
	}
	return events, nil
}

// openFile opens the existing file, for writing if the lock is ours and it can be.
func (j *journal) openFile() (file, error) {
	if j.readOnly == "" {
		f, err := j.disk.open(j.dir, j.name(), os.O_RDWR|os.O_APPEND)
		if err == nil || !errors.Is(err, fs.ErrPermission) && !errors.Is(err, unix.EROFS) {
			return f, err
		}
		j.readOnly = err.Error()
	}
	return j.disk.open(j.dir, j.name(), os.O_RDONLY)
}

// setAside copies an incomplete last line to a file of its own and cuts it off.
// Where that cannot be done the journal stays as it is and is read-only.
func (j *journal) setAside(tail []byte, line int) {
	if j.readOnly != "" {
		j.torn = fmt.Sprintf("line %d is not complete (%d bytes); it is left out here", line, len(tail))
		return
	}
	what := fmt.Sprintf("line %d was not written to its end (%d bytes): the program or the machine stopped while it was being saved", line, len(tail))
	kept, err := j.keep(tail)
	if err == nil {
		err = j.file.Truncate(int64(len(j.raw)))
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.torn = what + "; it is left out here"
		j.readOnly = fmt.Sprintf("its incomplete last line could not be set aside: %v", err)
		return
	}
	j.torn = what + "; it was set aside in " + kept
}

// keep writes a torn line to NAME.torn, or NAME.torn.2 and so on where there are
// such files already, and returns which.
func (j *journal) keep(tail []byte) (string, error) {
	for n := 1; ; n++ {
		name := j.name() + ".torn"
		if n > 1 {
			name = fmt.Sprintf("%s.%d", name, n)
		}
		f, err := j.disk.open(j.dir, name, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND)
		if errors.Is(err, fs.ErrExist) && n < 1000 {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.Write(tail)
		if err == nil {
			err = f.Sync()
		}
		if err == nil {
			err = j.disk.syncDir(j.dir)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			_ = unix.Unlinkat(int(j.dir.Fd()), name, 0)
		}
		return filepath.Join(j.dir.Name(), name), err
	}
}

// begin gets a journal ready that was not there when it was looked for: directory,
// lock, file. If another program has made it since, its events are returned.
func (j *journal) begin(now time.Time) ([]Event, error) {
	if j.dir == nil {
		d, err := openDir(filepath.Dir(j.path), true, j.disk.syncDir)
		if err != nil {
			return nil, fmt.Errorf("%w: %w; name another place with --session", ErrNotSaved, err)
		}
		j.dir = d
	}
	if j.lock == nil {
		if err := j.take(now); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotSaved, err)
		}
		if j.readOnly != "" {
			return nil, j.refusal()
		}
	}
	f, err := j.disk.open(j.dir, j.name(), os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND)
	if errors.Is(err, fs.ErrExist) {
		events, err := j.load()
		if err != nil {
			j.readOnly = err.Error()
			return nil, j.refusal()
		}
		return events, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSaved, err)
	}
	j.file = f
	return nil, nil
}

// append writes a line with one write and has it on the disk when it returns nil.
func (j *journal) append(line []byte) error {
	good := int64(len(j.raw))
	if good+int64(len(line)) > MaxFile {
		return fmt.Errorf("%w: %s is full at %d MiB; begin another with --session", ErrNotSaved, j.path, MaxFile>>20)
	}
	if err := j.undisturbed(good); err != nil {
		return j.fail("it was changed by something else: %v", err)
	}
	n, err := j.file.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if err != nil {
		if cut := j.file.Truncate(good); cut != nil {
			return j.fail("an entry could not be written (%v), and its beginning could not be cut off (%v)", err, cut)
		}
		if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
			err = pe.Err
		}
		return fmt.Errorf("%w: write %s: %w; what was saved before is unharmed, make room and try again", ErrNotSaved, j.path, err)
	}
	if err := j.file.Sync(); err != nil {
		return j.fail("the disk did not confirm an entry (%v)", err)
	}
	if good == 0 {
		if err := j.disk.syncDir(j.dir); err != nil {
			return j.fail("the disk did not confirm the new file (%v)", err)
		}
	}
	j.raw = append(j.raw, line...)
	return nil
}

// undisturbed refuses to write where another hand has been.
func (j *journal) undisturbed(good int64) error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != good {
		return fmt.Errorf("%s has %d bytes and should have %d", j.path, info.Size(), good)
	}
	if err := stillThere(j.dir, j.name(), j.file); err != nil {
		return err
	}
	return j.lock.held()
}

// fail makes the journal read-only for good: a disk that failed once may report
// success the next time with the data gone.
func (j *journal) fail(format string, args ...any) error {
	j.readOnly = fmt.Sprintf(format, args...)
	return j.refusal()
}

func (j *journal) refusal() error {
	return fmt.Errorf("%w: %w: %s: %s; to go on, save as another file (--session FILE)", ErrNotSaved, ErrReadOnly, j.path, j.readOnly)
}

// saveAs writes the complete lines to a new file, whole or not at all.
func (j *journal) saveAs(path string) error {
	dir, err := openDir(filepath.Dir(path), true, j.disk.syncDir)
	if err != nil {
		return fmt.Errorf("save as: %w", err)
	}
	defer dir.Close()
	f, err := j.disk.open(dir, filepath.Base(path), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return fmt.Errorf("save as: %w", err)
	}
	_, err = f.Write(j.raw)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = j.disk.syncDir(dir)
	}
	if err != nil {
		_ = unix.Unlinkat(int(dir.Fd()), filepath.Base(path), 0)
		return fmt.Errorf("save as: write %s: %w", path, err)
	}
	return nil
}

// close gives the lock and the files back.
func (j *journal) close() error {
	var err error
	if j.file != nil {
		err = j.file.Close()
		j.file = nil
	}
	if j.lock != nil {
		j.lock.release()
		j.lock = nil
	}
	if j.dir != nil {
		j.dir.Close()
		j.dir = nil
	}
	return err
}
