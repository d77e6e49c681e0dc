package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Kind says where what is judged in a session came from. Each kind has its own
// journal, so that neither a demonstration nor a snapshot touches a live node's.
// The zero value is no kind, and no session opens with it.
type Kind uint8

// The kinds of sessions.
const (
	NoKind Kind = iota
	KindLive
	KindSnapshot
	KindDemo
)

var kindWords = []string{"", "live", "snapshot", "demo"}

func (k Kind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return fmt.Sprintf("invalid(%d)", k)
}

// MarshalText writes the word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the word.
func (k *Kind) UnmarshalText(b []byte) error {
	for i, w := range kindWords {
		if i > 0 && w == string(b) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("unknown session kind %q: want one of %s", b, strings.Join(kindWords[1:], ", "))
}

// Identity says what a session is about. Kind, HostID, Benchmark and Profile never
// change in a session; the others are recorded as they were.
type Identity struct {
	Kind          Kind
	HostID        string // facts.Host.ID
	HostName      string
	Benchmark     string // "cis-1.7.0"
	Profile       string // "mke-3.7"
	CatalogSHA256 string // Benchmark.SHA256
	Tool          string // name and version of the program
}

// check refuses an identity with which no session can be opened.
func (id Identity) check() error {
	switch {
	case id.Kind == NoKind || int(id.Kind) >= len(kindWords):
		return errors.New("session: it is not said whether this is a live node, a snapshot or a demonstration")
	case id.HostID == "", id.Benchmark == "", id.Profile == "", id.Tool == "":
		return fmt.Errorf("session: node id %q, benchmark %q, profile %q and tool %q must all be known", id.HostID, id.Benchmark, id.Profile, id.Tool)
	case !isDigest(id.CatalogSHA256):
		return fmt.Errorf("session: the catalogue's digest %q is not a SHA-256", id.CatalogSHA256)
	}
	return nil
}

// same refuses a journal that is about something else.
func (id Identity) same(opening Event) error {
	for _, c := range []struct{ what, have, want string }{
		{"kind of session", opening.Kind.String(), id.Kind.String()},
		{"node", opening.Node, id.HostID},
		{"benchmark", opening.Benchmark, id.Benchmark},
		{"profile", opening.Profile, id.Profile},
	} {
		if c.have != c.want {
			return fmt.Errorf("%w: its %s is %q and this audit's is %q; name another file with --session", ErrForeign, c.what, c.have, c.want)
		}
	}
	return nil
}

// ErrForeign is wrapped by the error that refuses a journal of another node,
// benchmark, profile or kind, or one that is no session of ours.
var ErrForeign = errors.New("the journal belongs to another session")

const suffix = ".session.jsonl"

// DefaultDir returns the directory for sessions: /var/lib/mkeaudit for root, for
// others mkeaudit in the XDG state directory.
func DefaultDir(euid int, getenv func(string) string) (string, error) {
	if euid == 0 {
		return "/var/lib/mkeaudit", nil
	}
	if d := getenv("XDG_STATE_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "mkeaudit"), nil
	}
	if d := getenv("HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, ".local", "state", "mkeaudit"), nil
	}
	return "", errors.New("no place for the session: neither XDG_STATE_HOME nor HOME is an absolute path; name a file with --session")
}

// Path returns the file in which the session of an identity is kept.
func Path(dir string, id Identity) string {
	return filepath.Join(dir, clean(id.HostName, 64)+idPart(id))
}

// idPart is what does not change in a file name when a node is renamed.
func idPart(id Identity) string {
	kind := ""
	if id.Kind != KindLive {
		kind = "." + clean(id.Kind.String(), 16)
	}
	return "-" + clean(id.HostID, 12) + "." + clean(id.Benchmark, 64) + "." + clean(id.Profile, 64) + kind + suffix
}

// Find returns the file of an existing session of the identity, also where the node
// had another name when it began; without one it is Path.
func Find(dir string, id Identity) (string, error) {
	path := Path(dir, id)
	if _, err := os.Lstat(path); err == nil {
		return path, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("look for a session: %w", err)
	}
	var found []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), idPart(id)) {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	switch len(found) {
	case 0:
		return path, nil
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%d sessions are of this node, under former names: %s; choose one with --session", len(found), strings.Join(found, ", "))
}

// clean makes a part of a file name of a text from anywhere: at most max letters,
// digits, dots, dashes and underscores, not beginning with a dot or dash.
func clean(s string, max int) string {
	b := []byte(s)
	if len(b) > max {
		b = b[:max]
	}
	for i, c := range b {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || i > 0 && (c == '.' || c == '-')
		if !plain {
			b[i] = '_'
		}
	}
	if len(b) == 0 {
		return "unnamed"
	}
	return string(b)
}
