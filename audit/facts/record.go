package facts

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxSnapshot bounds a snapshot file, unpacked: a large node's is below 2 MiB.
const maxSnapshot = 64 << 20

// Write writes a snapshot as indented JSON, gzipped if gz is set. The same snapshot
// gives the same bytes. Control and invisible characters are escaped, so that the
// file can be looked at on a terminal.
func (s *Snapshot) Write(w io.Writer, gz bool) error {
	c := *s
	if c.Processes == nil {
		c.Processes = []Process{}
	}
	if c.Observations == nil {
		c.Observations = []Observation{}
	}
	b, err := json.MarshalIndent(&c, "", " ")
	if err != nil {
		return fmt.Errorf("write the snapshot: %w", err)
	}
	b = append(escapeHidden(b), '\n')
	if !gz {
		_, err = w.Write(b)
		return err
	}
	z := gzip.NewWriter(w)
	if _, err := z.Write(b); err != nil {
		return err
	}
	return z.Close()
}

// escapeHidden escapes what JSON lets through. Such characters can only stand
// inside strings.
func escapeHidden(b []byte) []byte {
	if bytes.IndexFunc(b, hidden) < 0 {
		return b
	}
	out := make([]byte, 0, len(b)+64)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case !hidden(r):
			out = append(out, b[:n]...)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		b = b[n:]
	}
	return out
}

// ReadSnapshot reads a snapshot that may come from anywhere: gzipped or not, at most
// 64 MiB. It refuses what a recorded snapshot never holds (unknown, repeated or
// misspelt fields, raw control characters, a second value, keys that are none), so
// that what is judged is what is written there.
func ReadSnapshot(r io.Reader) (*Snapshot, error) {
	b, err := unpack(r)
	if err != nil {
		return nil, fmt.Errorf("read the snapshot: %w", err)
	}
	if err := wellFormed(b); err != nil {
		return nil, fmt.Errorf("read the snapshot: %w", err)
	}
	var version struct {
		SchemaVersion string `json:"schemaVersion"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		if exact := exactKeys(b); exact != nil {
			return nil, fmt.Errorf("read the snapshot: %w", exact) // it says where
		}
		return nil, fmt.Errorf("read the snapshot: %w: record it again with mkeaudit collect", err)
	}
	switch version.SchemaVersion {
	case SnapshotVersion:
	case "":
		return nil, errors.New("read the snapshot: it has no schemaVersion: give a file that mkeaudit collect wrote")
	default:
		return nil, fmt.Errorf("read the snapshot: its format is %s and this mkeaudit reads %s: use the version that recorded it", short(version.SchemaVersion), SnapshotVersion)
	}
	if err := exactKeys(b); err != nil {
		return nil, fmt.Errorf("read the snapshot: %w", err)
	}
	var s Snapshot
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("read the snapshot: %w: record it again with mkeaudit collect", err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("read the snapshot: %w: record it again with mkeaudit collect", err)
	}
	return s.With(), nil
}

func unpack(r io.Reader) ([]byte, error) {
	in := bufio.NewReader(io.LimitReader(r, maxSnapshot+1))
	var src io.Reader = in
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("unpack: %w: the file is damaged", err)
		}
		src = z
	}
	b, err := io.ReadAll(io.LimitReader(src, maxSnapshot+1))
	if err != nil {
		return nil, fmt.Errorf("%w: the file is damaged or cut off", err)
	}
	if len(b) > maxSnapshot {
		return nil, fmt.Errorf("it is larger than %d MiB: no recorded node is", maxSnapshot>>20)
	}
	return b, nil
}

// wellFormed checks that the bytes are one JSON object in readable text.
func wellFormed(b []byte) error {
	if len(bytes.TrimSpace(b)) == 0 {
		return errors.New("the file is empty: give a file that mkeaudit collect wrote")
	}
	if !utf8.Valid(b) {
		return errors.New("it is not UTF-8 text: give a file that mkeaudit collect wrote")
	}
	if i := bytes.IndexFunc(b, hidden); i >= 0 {
		return fmt.Errorf("line %d holds a control or invisible character that is not escaped", lineOf(b, i))
	}
	if b[0] != '{' {
		return errors.New("it is not a JSON object: give a file that mkeaudit collect wrote")
	}
	return nil
}

func lineOf(b []byte, offset int) int { return 1 + bytes.Count(b[:offset], []byte("\n")) }

// exactKeys walks the tokens before anything is decoded: encoding/json lets the last
// of two equal names win and takes "SchemaVersion" for "schemaVersion".
func exactKeys(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var stack []frame
	for {
		at := d.InputOffset()
		t, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d: %w: the file is damaged", lineOf(b, int(at)), err)
		}
		top := len(stack) - 1
		if key, ok := t.(string); ok && top >= 0 && stack[top].wantsKey {
			if err := stack[top].name(key); err != nil {
				return fmt.Errorf("line %d: %w", lineOf(b, int(d.InputOffset())), err)
			}
			continue
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			if len(stack) > maxNesting {
				return fmt.Errorf("line %d: nested deeper than %d levels", lineOf(b, int(at)), maxNesting)
			}
			next := frame{free: top >= 0 && (stack[top].free || freeForm[stack[top].last])}
			if t == json.Delim('{') {
				next.keys, next.wantsKey = map[string]bool{}, true
			} else if top >= 0 {
				next.last = stack[top].last
			}
			stack = append(stack, next)
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:top]
			top--
		}
		if top >= 0 {
			stack[top].wantsKey = stack[top].keys != nil
		} else if d.More() {
			return errors.New("something follows the snapshot: give a file that mkeaudit collect wrote, alone")
		}
	}
	if len(stack) > 0 {
		return errors.New("it ends in the middle: the file is cut off")
	}
	return nil
}

// maxNesting bounds the depth of a snapshot; documents of components stay below 20.
const maxNesting = 200

// freeForm are the fields below which names are data, not fields of ours.
var freeForm = map[string]bool{"doc": true, "env": true, "users": true, "groups": true}

// frame is one open object or array of the walk.
type frame struct {
	keys     map[string]bool // nil for an array
	wantsKey bool
	last     string // the name whose value comes next
	free     bool   // names are data
}

func (f *frame) name(key string) error {
	if f.keys[key] {
		return fmt.Errorf("the field %q stands there twice", Clean(key))
	}
	if !f.free && !knownFields()[key] {
		return fmt.Errorf("unknown field %q", Clean(key))
	}
	f.keys[key], f.last, f.wantsKey = true, key, false
	return nil
}

// knownFields are the names of every field of a snapshot, spelt exactly.
var knownFields = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	seen := map[reflect.Type]bool{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] {
			return
		}
		seen[t] = true
		for f := range t.Fields() {
			tag, tagged := f.Tag.Lookup("json")
			if name, _, _ := strings.Cut(tag, ","); tagged && name != "" {
				names[name] = true
			}
			visit(f.Type)
		}
	}
	visit(reflect.TypeFor[Snapshot]())
	return names
})

// check refuses contents that no scan gives.
func (s *Snapshot) check() error {
	if s.RecordedAt.IsZero() {
		return errors.New("recordedAt is missing")
	}
	if s.View.Complete && len(s.View.Gaps) > 0 {
		return errors.New("view says that it is complete and has gaps")
	}
	pids := map[int]bool{}
	for _, p := range s.Processes {
		if p.PID <= 0 || pids[p.PID] {
			return fmt.Errorf("processes: pid %d is not a pid or stands there twice", p.PID)
		}
		pids[p.PID] = true
	}
	seen := make(map[Key]bool, len(s.Observations))
	for i, o := range s.Observations {
		if err := o.check(); err != nil {
			return fmt.Errorf("observations[%d]: %w", i, err)
		}
		if seen[o.Key] {
			return fmt.Errorf("observations[%d]: %s stands there twice", i, Clean(o.Key.String()))
		}
		seen[o.Key] = true
	}
	return nil
}

func (o Observation) check() error {
	k := o.Key
	_, isPID := k.Root.PID()
	_, knownForm := forms[k.Form]
	switch {
	case k.Kind == KindUnset:
		return errors.New("has no kind")
	case k.Root != HostRoot && (!isPID || k.Root != canonical(k.Root)):
		return fmt.Errorf("root %q is neither host nor pid:NUMBER", Clean(string(k.Root)))
	case !strings.HasPrefix(k.Path, "/") || path.Clean(k.Path) != k.Path:
		return fmt.Errorf("path %q is not absolute and clean", Clean(k.Path))
	case (k.Kind == Document) != (k.Form != NoForm) || k.Form != NoForm && !knownForm:
		return fmt.Errorf("form %q does not go with kind %s", Clean(string(k.Form)), k.Kind)
	case o.State == Unseen:
		return errors.New("state is unseen")
	case (o.State == Unreadable) != (o.Cause != NoCause):
		return fmt.Errorf("state %s does not go with cause %q", o.State, o.Cause)
	case o.State == Present && k.Kind == Stat && o.File == nil, o.State == Present && k.Kind == Document && o.Doc == nil,
		o.State == Present && k.Kind == Certificates && len(o.Certs) == 0:
		return fmt.Errorf("%s is present and empty", k.Kind)
	}
	return nil
}

func canonical(r Root) Root {
	pid, _ := r.PID()
	return PIDRoot(pid)
}
