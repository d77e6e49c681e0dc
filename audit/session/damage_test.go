package session

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// noSync is the real disk without waiting for it; these tests cut power on paper.
type noSync struct{ file }

func (noSync) Sync() error { return nil }

func fastDisk() *disk {
	return &disk{
		open: func(d *os.File, name string, flag int) (file, error) {
			f, err := openAt(d, name, flag)
			if err != nil {
				return nil, err
			}
			return noSync{f}, nil
		},
		syncDir: func(*os.File) error { return nil },
	}
}

// reviewsOf says what the first entries of a journal come to.
func reviewsOf(t *testing.T, events []Event) map[catalog.ID]audit.Review {
	t.Helper()
	l, err := replay(events)
	if err != nil {
		t.Fatal(err)
	}
	return (&Session{ledger: l}).Reviews()
}

// A journal cut at any byte: every complete line is there, an incomplete one is
// reported and kept aside, and the session goes on.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	data := realistic(t)
	all, _, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	path := journalPath(t)
	torn, atLineEnd := 0, 0
	for cut := range len(data) {
		whole := bytes.Count(data[:cut], []byte("\n"))
		good := bytes.LastIndexByte(data[:cut], '\n') + 1
		mustWrite(t, path, data[:cut])
		o := testOptions()
		o.disk = fastDisk()
		s, err := Open(path, testIdentity(), o)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if got := len(s.Events()); got != whole {
			t.Fatalf("cut at %d: %d entries, want %d", cut, got, whole)
		}
		if !maps.Equal(s.Reviews(), reviewsOf(t, all[:whole])) {
			t.Fatalf("cut at %d: reviews differ", cut)
		}
		aside := path + ".torn"
		if cut == good {
			atLineEnd++
			if s.Torn() != "" || !missing(aside) {
				t.Fatalf("cut at %d is a line end, and it says %q", cut, s.Torn())
			}
		} else {
			torn++
			if !strings.Contains(s.Torn(), aside) || !bytes.Equal(mustRead(t, aside), data[good:cut]) {
				t.Fatalf("cut at %d: it says %q", cut, s.Torn())
			}
			if info, _ := os.Stat(aside); info.Mode().Perm() != 0o600 {
				t.Fatalf("%s has mode %v", aside, info.Mode())
			}
			os.Remove(aside)
		}
		if !bytes.Equal(mustRead(t, path), data[:good]) {
			t.Fatalf("cut at %d: the complete lines changed", cut)
		}
		mustReview(t, s, pass("1.1.1", "after the cut"))
		mustClose(t, s)
		if _, err := Verify(bytes.NewReader(mustRead(t, path))); err != nil {
			t.Fatalf("cut at %d, then gone on: %v", cut, err)
		}
	}
	t.Logf("%d cuts: %d torn, each reported and kept aside; %d at line ends, where only a signed head can tell", len(data), torn, atLineEnd)
	if atLineEnd != len(all) {
		t.Errorf("%d cuts at line ends, want %d", atLineEnd, len(all))
	}
}

// One bit flipped anywhere is never silent: in memory every bit, in a file on the
// disk one bit of every byte and all of the last newline.
func TestFlipEveryBit(t *testing.T) {
	t.Parallel()
	data := realistic(t)
	all, _, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	path := journalPath(t)
	last := len(data) - 1
	refused, torn, files := 0, 0, 0
	for bit := range len(data) * 8 {
		at := bit / 8
		flipped := bytes.Clone(data)
		flipped[at] ^= 1 << (bit % 8)
		if _, rep, err := Read(bytes.NewReader(flipped)); err != nil {
			var le *LineError
			if want := bytes.Count(data[:at], []byte("\n")) + 1; !errors.As(err, &le) || le.Line != want {
				t.Fatalf("bit %d is in line %d, and it says %v", bit, want, err)
			}
			refused++
		} else if at == last && rep.Torn > 0 && rep.Entries == len(all)-1 {
			torn++
		} else {
			t.Fatalf("bit %d was not noticed: %+v", bit, rep)
		}
		if bit%8 != at%8 && at != last {
			continue
		}
		files++
		mustWrite(t, path, flipped)
		o := testOptions()
		o.disk = fastDisk()
		s, err := Open(path, testIdentity(), o)
		if at != last {
			if !errors.Is(err, ErrDamaged) || !bytes.Equal(mustRead(t, path), flipped) {
				t.Fatalf("bit %d: error %v, want the file refused and left alone", bit, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("bit %d: %v", bit, err)
		}
		aside := mustRead(t, path+".torn")
		if s.Torn() == "" || !bytes.HasSuffix(flipped, aside) || !maps.Equal(s.Reviews(), reviewsOf(t, all[:len(all)-1])) {
			t.Fatalf("bit %d: an earlier review is lost or altered", bit)
		}
		mustClose(t, s)
		os.Remove(path + ".torn")
	}
	t.Logf("%d bits flipped: %d refused by line number, %d in the last newline seen as torn, 0 silent; %d of them in files", len(data)*8, refused, torn, files)
	if torn != 8 {
		t.Errorf("%d flips seen as torn, want the 8 of the last newline", torn)
	}
}

// Torn lines are never written over.
func TestTornLinesAreAllKept(t *testing.T) {
	data := realistic(t)
	path := journalPath(t)
	for _, want := range []string{".torn", ".torn.2", ".torn.3"} {
		mustWrite(t, path, append(bytes.Clone(data), "rest of "+want...))
		s := mustOpen(t, path, testOptions())
		if !strings.HasSuffix(s.Torn(), want) {
			t.Errorf("it says %q, want %s", s.Torn(), want)
		}
		mustClose(t, s)
		if got := string(mustRead(t, path+want)); got != "rest of "+want {
			t.Errorf("%s holds %q", want, got)
		}
	}
	os.Remove(path + ".torn")
	mustWrite(t, path, append(bytes.Clone(data), "x"...))
	bait := filepath.Join(t.TempDir(), "bait")
	mustWrite(t, bait, []byte("mine"))
	if err := os.Symlink(bait, path+".torn"); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, path, testOptions())
	if string(mustRead(t, bait)) != "mine" {
		t.Errorf("a torn line was written through a link: %q", s.Torn())
	}
}

// A disk that writes zeros where it wrote nothing leaves no newline.
func TestTailOfZeros(t *testing.T) {
	data := realistic(t)
	path := journalPath(t)
	mustWrite(t, path, append(bytes.Clone(data), make([]byte, 300)...))
	s := mustOpen(t, path, testOptions())
	if s.Torn() == "" || !bytes.Equal(mustRead(t, path), data) {
		t.Errorf("it says %q", s.Torn())
	}
}

func TestTooLarge(t *testing.T) {
	data := realistic(t)
	for name, c := range map[string]struct {
		tail []byte
		line int
	}{
		"a torn line that no entry of ours can be": {bytes.Repeat([]byte("x"), MaxLine), 11},
		"a complete line over the cap":             {append(bytes.Repeat([]byte("x"), MaxLine), '\n', '\n'), 11},
		"a file over the cap":                      {make([]byte, MaxFile), 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := journalPath(t)
			full := append(bytes.Clone(data), c.tail...)
			mustWrite(t, path, full)
			_, err := Open(path, testIdentity(), testOptions())
			var le *LineError
			if !errors.Is(err, ErrDamaged) || errors.As(err, &le) && le.Line != c.line || c.line > 0 && le == nil {
				t.Errorf("error %v, want line %d", err, c.line)
			}
			if info, _ := os.Stat(path); info.Size() != int64(len(full)) {
				t.Error("the file was changed")
			}
		})
	}
}
