package facts

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Bounds of one observation.
const (
	maxList     = 2_000   // entries of a List
	maxTree     = 10_000  // entries of a Tree
	maxDepth    = 16      // directories below the top of a Tree
	maxDocument = 1 << 20 // bytes of a configuration file
	maxClassed  = 1 << 20 // bytes of a file that a Tree classes by content
	maxPEM      = 1 << 20 // bytes of a certificate file
	maxCerts    = 200     // certificates of one file
)

// Observe looks at one key. Whatever goes wrong is part of the answer.
func Observe(f Files, k Key) Observation {
	o := Observation{Key: k, State: Present}
	var err error
	switch k.Kind {
	case Stat:
		var file File
		if file, err = f.Stat(k.Root, k.Path); err == nil {
			o.File = &file
		}
	case List:
		err = observeList(f, k, &o)
	case Tree:
		err = observeTree(f, k, &o)
	case Document:
		err = observeDocument(f, k, &o)
	case Certificates:
		err = observeCertificates(f, k, &o)
	default:
		err = &Trouble{Failed, "no such kind of observation: " + k.Kind.String()}
	}
	o.State, o.Cause, o.Why = verdictOf(k.Path, err)
	return o
}

// verdictOf is the one place where an error becomes a state.
func verdictOf(p string, err error) (State, Cause, string) {
	var t *Trouble
	var d deniedRoot
	switch {
	case err == nil:
		return Present, NoCause, ""
	case errors.As(err, &t):
		return Unreadable, t.Cause, textOf(t.Why)
	case errors.Is(err, fs.ErrNotExist):
		var pe *fs.PathError
		if errors.As(err, &pe) && pe.Path != p && strings.HasPrefix(pe.Path, p) {
			return Absent, NoCause, textOf("does not exist: " + pe.Path) // a link that leads nowhere
		}
		return Absent, NoCause, ""
	case errors.As(err, &d):
		return Unreadable, Denied, textOf(d.Error())
	case errors.Is(err, fs.ErrPermission):
		return Unreadable, Denied, "permission denied: needs root: " + p
	}
	return Unreadable, Failed, textOf(err.Error())
}

func observeList(f Files, k Key, o *Observation) error {
	entries, more, err := f.List(k.Root, k.Path, maxList)
	if err != nil {
		return err
	}
	o.Files = entries
	if more {
		o.Truncated = fmt.Sprintf("more than %d entries", maxList)
	}
	return nil
}

// observeTree walks everything below a directory. Links are listed and not
// followed. A path that is a regular file is a tree of that one file.
func observeTree(f Files, k Key, o *Observation) error {
	top, err := f.Stat(k.Root, k.Path)
	if err != nil {
		return err
	}
	o.File = &top
	if top.Type == Regular {
		one := top
		one.Guard = nil
		classify(f, k.Root, &one)
		o.Files = []File{one}
		return nil
	}
	if top.Type != Directory {
		return &Trouble{NotRegular, "a device, socket or FIFO, not a directory: " + k.Path}
	}
	w := walk{files: f, root: k.Root}
	if err := w.down(k.Path, 0); err != nil {
		return err
	}
	o.Files, o.Truncated = w.found, w.truncated
	sortFiles(o.Files)
	return nil
}

// walk gathers a tree.
type walk struct {
	files     Files
	root      Root
	found     []File
	truncated string
}

func (w *walk) down(dir string, depth int) error {
	room := maxTree - len(w.found)
	if room <= 0 {
		w.truncated = fmt.Sprintf("more than %d entries", maxTree)
		return nil
	}
	entries, more, err := w.files.List(w.root, dir, room)
	if err != nil {
		return err
	}
	if more {
		w.truncated = fmt.Sprintf("more than %d entries", maxTree)
	}
	for _, e := range entries {
		if len(w.found) >= maxTree {
			w.truncated = fmt.Sprintf("more than %d entries", maxTree)
			return nil
		}
		if e.Type == Regular {
			classify(w.files, w.root, &e)
		}
		at := len(w.found)
		w.found = append(w.found, e)
		if e.Type != Directory {
			continue
		}
		if depth+1 >= maxDepth {
			w.truncated = fmt.Sprintf("deeper than %d directories", maxDepth)
			continue
		}
		if err := w.down(e.Path, depth+1); err != nil {
			_, w.found[at].Cause, _ = verdictOf(e.Path, err)
			if w.found[at].Cause == NoCause {
				w.found[at].Cause = Vanished
			}
		}
	}
	return nil
}

// classify says what a regular file holds: by its content, and by its name where
// that says nothing (DER) or cannot be read.
func classify(f Files, r Root, file *File) {
	b, _, err := f.Read(r, file.Path, maxClassed)
	if err != nil {
		if _, file.Cause, _ = verdictOf(file.Path, err); file.Cause == NoCause {
			file.Cause = Vanished
		}
	}
	if file.Class = classOf(b); file.Class != ClassNone {
		return
	}
	switch path.Ext(file.Path) {
	case ".crt":
		file.Class = ClassCertificate
	case ".key":
		file.Class = ClassKey
	}
}

// classOf tells the class of a file's content by its PEM blocks. A file with a
// private key is a key, whatever else it holds.
func classOf(b []byte) Class {
	const begin = "-----BEGIN "
	class, rest := ClassNone, string(b)
	for {
		i := strings.Index(rest, begin)
		if i < 0 {
			return class
		}
		rest = rest[i+len(begin):]
		label, _, ok := strings.Cut(rest, "-----")
		switch {
		case !ok || strings.ContainsRune(label, '\n'):
		case strings.HasSuffix(label, "PRIVATE KEY"):
			return ClassKey
		case isCertificateLabel(label):
			class = ClassCertificate
		}
	}
}

func isCertificateLabel(label string) bool {
	return label == "CERTIFICATE" || label == "TRUSTED CERTIFICATE" || label == "X509 CERTIFICATE"
}
