package session

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// troubled is a disk that fails on demand and tells what was asked of it.
type troubled struct {
	log      []string
	room     int   // bytes that a write lets through; -1: all
	silent   bool  // a short write returns no error
	sync     error // what every fsync of a file returns
	truncate error
	syncDir  error
	open     error // of files that are created
}

func (d *troubled) disk() *disk {
	return &disk{
		open: func(dir *os.File, name string, flag int) (file, error) {
			if flag&os.O_CREATE != 0 && d.open != nil {
				return nil, d.open
			}
			f, err := openAt(dir, name, flag)
			if err != nil {
				return nil, err
			}
			return &troubledFile{f, d, name}, nil
		},
		syncDir: func(f *os.File) error {
			d.log = append(d.log, "syncdir "+filepath.Base(f.Name()))
			return d.syncDir
		},
	}
}

type troubledFile struct {
	file
	d    *troubled
	name string
}

func (f *troubledFile) Write(b []byte) (int, error) {
	f.d.log = append(f.d.log, "write")
	if f.d.room < 0 || f.d.room > len(b) {
		return f.file.Write(b)
	}
	n, err := f.file.Write(b[:f.d.room])
	if err == nil && !f.d.silent {
		err = unix.ENOSPC
	}
	return n, err
}

func (f *troubledFile) Sync() error {
	f.d.log = append(f.d.log, "sync")
	return f.d.sync
}

func (f *troubledFile) Truncate(n int64) error {
	f.d.log = append(f.d.log, "truncate")
	if f.d.truncate != nil {
		return f.d.truncate
	}
	return f.file.Truncate(n)
}

func troubledSession(t *testing.T, path string) (*Session, *troubled) {
	t.Helper()
	d := &troubled{room: -1}
	o := testOptions()
	o.disk = d.disk()
	s := mustOpen(t, path, o)
	d.log = nil
	return s, d
}

// What is said to be saved was written with one write and confirmed by the disk, the
// new file and each new directory in the directory above it as well.
func TestOrderOfWrites(t *testing.T) {
	root := t.TempDir()
	path := Path(filepath.Join(root, "a", "b"), testIdentity())
	s, d := troubledSession(t, path)
	mustReview(t, s, pass("5.1.1", "first"))
	if want := []string{"syncdir " + filepath.Base(root), "syncdir a", "write", "sync", "syncdir b", "write", "sync"}; !slices.Equal(d.log, want) {
		t.Errorf("first review: %q, want %q", d.log, want)
	}
	d.log = nil
	mustReview(t, s, pass("5.1.1", "second"))
	if want := []string{"write", "sync"}; !slices.Equal(d.log, want) {
		t.Errorf("second review: %q, want %q", d.log, want)
	}
}

// A write that stops after any number of bytes: the review is not saved and does not
// show, those before are unharmed, and it can be saved once there is room.
func TestShortWrites(t *testing.T) {
	for _, silent := range []bool{false, true} {
		path := journalPath(t)
		s, d := troubledSession(t, path)
		mustReview(t, s, pass("5.1.1", "before"))
		good := mustRead(t, path)
		next := pass("5.1.2", "after")
		line := len(seal(markBody(2, ""))) + 200
		failed := 0
		for room := range line {
			d.room, d.silent = room, silent
			saved, err := s.Review(ctx, next)
			if err == nil { // the line fits
				d.room = -1
				if saved.Seq != 2 {
					t.Errorf("saved as %d", saved.Seq)
				}
				break
			}
			failed++
			if !errors.Is(err, ErrNotSaved) || errors.Is(err, ErrReadOnly) || !silent && !errors.Is(err, unix.ENOSPC) || silent && !errors.Is(err, io.ErrShortWrite) {
				t.Fatalf("room for %d: %v", room, err)
			}
			if !bytes.Equal(mustRead(t, path), good) || len(s.Reviews()) != 1 {
				t.Fatalf("room for %d: the journal holds a piece of what was not saved", room)
			}
		}
		if len(s.Reviews()) != 2 || failed < 300 {
			t.Fatalf("after %d failures: %v", failed, s.Reviews())
		}
		mustClose(t, s)
		s = mustOpen(t, path, testOptions())
		if len(s.Reviews()) != 2 || s.Torn() != "" {
			t.Errorf("read back: %v, torn %q", s.Reviews(), s.Torn())
		}
	}
}

// A disk that is full when the session begins leaves no broken journal.
func TestShortWriteOfTheOpening(t *testing.T) {
	path := journalPath(t)
	s, d := troubledSession(t, path)
	for _, room := range []int{0, 1, 100} {
		d.room = room
		if _, err := s.Review(ctx, pass("5.1.1", "a")); !errors.Is(err, unix.ENOSPC) || !errors.Is(err, ErrNotSaved) {
			t.Fatalf("error %v", err)
		}
		if len(mustRead(t, path)) != 0 {
			t.Fatal("a piece of the opening stands")
		}
	}
	d.room = -1
	mustReview(t, s, pass("5.1.1", "a"))
	mustClose(t, s)
	// The empty file that a crash leaves is a session that has not begun.
	path = journalPath(t)
	mustWrite(t, path, nil)
	s = mustOpen(t, path, testOptions())
	mustReview(t, s, pass("5.1.1", "a"))
	if got := types(s); got != "open mark" {
		t.Errorf("events %q", got)
	}
	// As is one whose opening is torn.
	path = journalPath(t)
	mustWrite(t, path, []byte(`{"seq":0,"prev":"00`))
	s = mustOpen(t, path, testOptions())
	mustReview(t, s, pass("5.1.1", "a"))
	if got := types(s); got != "open mark" || s.Torn() == "" {
		t.Errorf("events %q, torn %q", got, s.Torn())
	}
}

// After these nothing is written any more, whatever the disk says the next time.
func TestFinalFailures(t *testing.T) {
	boom := unix.EIO
	for name, c := range map[string]struct {
		break_ func(*troubled)
		first  bool // it fails at the first review already
	}{
		"fsync":                           {func(d *troubled) { d.sync = boom }, false},
		"fsync of the opening":            {func(d *troubled) { d.sync = boom }, true},
		"fsync of the directory":          {func(d *troubled) { d.syncDir = boom }, true},
		"a piece that cannot be cut away": {func(d *troubled) { d.room, d.truncate = 10, boom }, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := journalPath(t)
			s, d := troubledSession(t, path)
			saved := 0
			if !c.first {
				mustReview(t, s, pass("5.1.1", "before"))
				saved = 1
			}
			c.break_(d)
			_, err := s.Review(ctx, pass("5.1.2", "lost"))
			if !errors.Is(err, ErrNotSaved) || !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "save as") {
				t.Fatalf("error %v", err)
			}
			if ro, why := s.ReadOnly(); !ro || why == "" {
				t.Fatalf("read-only %v: %s", ro, why)
			}
			*d = troubled{room: -1} // the disk says that all is well again
			for range 3 {
				if _, err := s.Review(ctx, pass("5.1.3", "again")); !errors.Is(err, ErrReadOnly) {
					t.Fatalf("tried again: %v", err)
				}
			}
			if len(d.log) != 0 {
				t.Errorf("the disk was asked again: %q", d.log)
			}
			if len(s.Reviews()) != saved {
				t.Errorf("reviews %v", s.Reviews())
			}
			other := filepath.Join(filepath.Dir(path), "other.session.jsonl")
			err = s.SaveAs(other)
			if saved == 0 {
				if err == nil && len(s.Events()) == 0 {
					t.Error("nothing was saved as something")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			mustClose(t, s)
			moved := mustOpen(t, other, testOptions())
			mustReview(t, moved, pass("5.1.2", "no longer lost"))
			if got := types(moved); got != "open mark resume mark" {
				t.Errorf("events %q", got)
			}
			if err := moved.SaveAs(other); !errors.Is(err, os.ErrExist) {
				t.Errorf("saved over an existing file: %v", err)
			}
		})
	}
}

func TestSaveAsIsWholeOrNotAtAll(t *testing.T) {
	path := journalPath(t)
	s, d := troubledSession(t, path)
	mustReview(t, s, pass("5.1.1", "before"))
	other := filepath.Join(t.TempDir(), "sub", "other")
	for name, break_ := range map[string]func(*troubled){
		"short write": func(d *troubled) { d.room = 100 }, "fsync": func(d *troubled) { d.sync = unix.EIO },
	} {
		break_(d)
		if err := s.SaveAs(other); err == nil || !missing(other) {
			t.Errorf("%s: %v", name, err)
		}
		*d = troubled{room: -1}
	}
	if err := s.SaveAs(other); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(mustRead(t, other), mustRead(t, path)) {
		t.Error("the copy differs")
	}
}

// A torn line that cannot be kept aside is not cut off.
func TestTornLineThatCannotBeKept(t *testing.T) {
	data := append(realistic(t), `{"seq":`...)
	for name, d := range map[string]*troubled{
		"no room":     {room: 3},
		"no file":     {room: -1, open: unix.ENOSPC},
		"no fsync":    {room: -1, sync: unix.EIO},
		"no syncdir":  {room: -1, syncDir: unix.EIO},
		"no truncate": {room: -1, truncate: unix.EIO},
	} {
		path := journalPath(t)
		mustWrite(t, path, data)
		o := testOptions()
		o.disk = d.disk()
		s := mustOpen(t, path, o)
		ro, why := s.ReadOnly()
		if !ro || !strings.Contains(why, "set aside") || s.Torn() == "" || len(s.Reviews()) != 3 {
			t.Errorf("%s: read-only %v (%s), torn %q, %d reviews", name, ro, why, s.Torn(), len(s.Reviews()))
		}
		if !bytes.Equal(mustRead(t, path), data) || missing(path+".torn") != (name != "no truncate") {
			t.Errorf("%s: the journal was changed, or half a copy left", name)
		}
		if _, err := s.Review(ctx, pass("5.1.2", "b")); !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: written after all: %v", name, err)
		}
		mustClose(t, s)
	}
}

// Whatever happens to the file behind our back, nothing is said to be saved that
// would not be found again.
func TestFileChangedBehindOurBack(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, path string){
		"removed":   func(t *testing.T, path string) { os.Remove(path) },
		"replaced":  func(t *testing.T, path string) { b := mustRead(t, path); os.Remove(path); mustWrite(t, path, b) },
		"truncated": func(t *testing.T, path string) { os.Truncate(path, 10) },
		"renamed":   func(t *testing.T, path string) { os.Rename(path, path+".old") },
		"appended to": func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			f.WriteString("x")
		},
		"lock removed": func(t *testing.T, path string) { os.Remove(path + ".lock") },
		"lock replaced": func(t *testing.T, path string) {
			os.Remove(path + ".lock")
			mustWrite(t, path+".lock", nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := journalPath(t)
			s := mustOpen(t, path, testOptions())
			mustReview(t, s, pass("5.1.1", "before"))
			change(t, path)
			_, err := s.Review(ctx, pass("5.1.2", "after"))
			if !errors.Is(err, ErrNotSaved) || !errors.Is(err, ErrReadOnly) {
				t.Fatalf("error %v", err)
			}
			other := filepath.Join(t.TempDir(), "other")
			if err := s.SaveAs(other); err != nil {
				t.Fatal(err)
			}
			if got := mustOpen(t, other, testOptions()).Reviews(); len(got) != 1 {
				t.Errorf("saved as another: %v", got)
			}
		})
	}
}

func TestUnsafePlacesAreRefused(t *testing.T) {
	foreign := func(t *testing.T, path string) {
		if os.Geteuid() != 0 {
			t.Skip("giving a file to another user needs root")
		}
		if err := os.Chown(path, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	chmod := func(t *testing.T, path string, mode os.FileMode) {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	link := func(t *testing.T, path string) {
		if err := os.Rename(path, path+".target"); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path+".target", path); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		why     string
	}{
		"directory open to the group": {func(t *testing.T, p string) { chmod(t, filepath.Dir(p), 0o770) }, "chmod 0700"},
		"directory open to others":    {func(t *testing.T, p string) { chmod(t, filepath.Dir(p), 0o707) }, "chmod 0700"},
		"a shared directory like /tmp": {func(t *testing.T, p string) { chmod(t, filepath.Dir(p), 0o777|os.ModeSticky) },
			"chmod 0700"},
		"directory of another user":     {func(t *testing.T, p string) { foreign(t, filepath.Dir(p)) }, "belongs to uid 12345"},
		"file open to the group":        {func(t *testing.T, p string) { chmod(t, p, 0o660) }, "chmod 0600"},
		"file open to others":           {func(t *testing.T, p string) { chmod(t, p, 0o602) }, "chmod 0600"},
		"file of another user":          {func(t *testing.T, p string) { foreign(t, p) }, "belongs to uid 12345"},
		"file is a link":                {link, "symbolic link"},
		"file is a dangling link":       {func(t *testing.T, p string) { link(t, p); os.Remove(p + ".target") }, "symbolic link"},
		"lock is a link":                {func(t *testing.T, p string) { link(t, p+".lock") }, "symbolic link"},
		"lock of another user":          {func(t *testing.T, p string) { foreign(t, p+".lock") }, "belongs to uid 12345"},
		"lock open to others":           {func(t *testing.T, p string) { chmod(t, p+".lock", 0o666) }, "chmod 0600"},
		"a pipe in place of the file":   {func(t *testing.T, p string) { os.Remove(p); syscall.Mkfifo(p, 0o600) }, "no regular file"},
		"a directory in place of it":    {func(t *testing.T, p string) { os.Remove(p); os.Mkdir(p, 0o700) }, "is "},
		"a file in place of the folder": {func(t *testing.T, p string) { d := filepath.Dir(p); os.RemoveAll(d); mustWrite(t, d, nil) }, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			path := journalPath(t)
			mustWrite(t, path, realistic(t))
			mustWrite(t, path+".lock", nil)
			c.prepare(t, path)
			for _, look := range []bool{false, true} {
				if look && strings.HasPrefix(name, "lock") {
					continue // looking takes no lock
				}
				o := testOptions()
				o.ReadOnly = look
				s, err := Open(path, testIdentity(), o)
				if err == nil {
					s.Close()
				}
				if err == nil || !strings.Contains(err.Error(), c.why) || strings.Contains(c.why, "chmod") && !errors.Is(err, ErrUnsafe) {
					t.Errorf("error %v, want %s", err, c.why)
				}
			}
		})
	}
}

// The same is refused when the first review is about to create the journal.
func TestUnsafePlacesAreRefusedOnCreation(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	path := Path(dir, testIdentity())
	s := mustOpen(t, path, testOptions())
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o777)
	if _, err := s.Review(ctx, pass("5.1.1", "a")); !errors.Is(err, ErrUnsafe) || !errors.Is(err, ErrNotSaved) {
		t.Errorf("shared directory: %v", err)
	}
	os.Chmod(dir, 0o700)
	bait := filepath.Join(t.TempDir(), "bait")
	if err := os.Symlink(bait, path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Review(ctx, pass("5.1.1", "a")); !errors.Is(err, ErrNotSaved) || !missing(bait) {
		t.Errorf("a link where the journal is due: %v", err)
	}
	// A directory may be reached through a link: what counts is where it leads.
	real := filepath.Join(t.TempDir(), "real")
	os.Mkdir(real, 0o700)
	linked := filepath.Join(t.TempDir(), "linked")
	os.Symlink(real, linked)
	s = mustOpen(t, Path(linked, testIdentity()), testOptions())
	mustReview(t, s, pass("5.1.1", "a"))
	if missing(Path(real, testIdentity())) {
		t.Error("not where the link leads")
	}
}

// A journal whose mode lets us only read it, and one on a file system mounted
// read-only, open read-only.
func TestReadOnlyFileSystem(t *testing.T) {
	path := journalPath(t)
	mustWrite(t, path, realistic(t))
	o := testOptions()
	o.disk = &disk{
		open: func(d *os.File, name string, flag int) (file, error) {
			if flag&(os.O_RDWR|os.O_WRONLY) != 0 {
				return nil, &os.PathError{Op: "open", Path: name, Err: unix.EROFS}
			}
			return openAt(d, name, flag)
		},
		syncDir: (*os.File).Sync,
	}
	s := mustOpen(t, path, o)
	ro, why := s.ReadOnly()
	if !ro || !strings.Contains(why, "read-only file system") || len(s.Reviews()) != 3 {
		t.Errorf("read-only %v (%s), %d reviews", ro, why, len(s.Reviews()))
	}
}

// A journal that reaches its cap says so and is not broken.
func TestFullJournal(t *testing.T) {
	path := journalPath(t)
	s := mustOpen(t, path, testOptions())
	mustReview(t, s, pass("5.1.1", "a"))
	before := mustRead(t, path)
	s.journal.raw = append(s.journal.raw, make([]byte, MaxFile-len(before)-10)...)
	_, err := s.Review(ctx, pass("5.1.2", "b"))
	if !errors.Is(err, ErrNotSaved) || !strings.Contains(err.Error(), "is full") || !bytes.Equal(mustRead(t, path), before) {
		t.Errorf("error %v", err)
	}
	s.journal.raw = before
}
