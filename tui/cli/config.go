package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"mkeaudit/audit/facts"
)

// Config is the settings of the program. The file config.toml at the top of the
// repository has each with its default and what it does.
type Config struct {
	Profile      string   `toml:"profile"`
	Root         string   `toml:"root"`
	SessionDir   string   `toml:"session_dir"`
	CatalogDirs  []string `toml:"catalog_dirs"`
	FactTimeout  Span     `toml:"fact_timeout"`
	ExplicitOnly bool     `toml:"explicit_only"`
	Review       struct {
		DefaultExpiry Span   `toml:"default_expiry"`
		MaxExpiry     Span   `toml:"max_expiry"`
		Author        string `toml:"author"`
	} `toml:"review"`
	Parameters map[string]any `toml:"parameters"`
	Screen     struct {
		Color Choice `toml:"color"`
		ASCII Choice `toml:"ascii"`
	} `toml:"screen"`
}

// Span is a length of time in a file: "90d", or as Go writes durations ("36h", "5s").
type Span time.Duration

// maxSpan bounds a span to a hundred years, far from the end of the type.
const maxSpan = 100 * 366 * 24 * time.Hour

// UnmarshalText reads a span; it is never negative.
func (s *Span) UnmarshalText(b []byte) error {
	d, err := parseSpan(string(b))
	*s = Span(d)
	return err
}

func parseSpan(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > int(maxSpan/(24*time.Hour)) {
			return 0, fmt.Errorf("%q is no number of days: want one like \"90d\"", text)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxSpan {
		return 0, fmt.Errorf("%q is no length of time: want one like \"90d\", \"36h\" or \"5s\"", text)
	}
	return d, nil
}

// Choice is a word for something that the terminal can decide.
type Choice string

// The choices.
const (
	Auto   Choice = "auto"
	Always Choice = "always"
	Never  Choice = "never"
)

// UnmarshalText reads a choice.
func (c *Choice) UnmarshalText(b []byte) error {
	switch Choice(b) {
	case Auto, Always, Never:
		*c = Choice(b)
		return nil
	}
	return fmt.Errorf("unknown word %q: want auto, always or never", b)
}

// configLimit is the largest configuration file that is read.
const configLimit = 1 << 20

// parseConfig lays a file's settings over those in c. Everything that is wrong is
// reported at once, each with the file and the line.
func parseConfig(c *Config, name string, text []byte) error {
	meta, err := toml.Decode(string(text), c)
	var bad toml.ParseError
	switch {
	case errors.As(err, &bad):
		return fmt.Errorf("%s:%d: %s", name, bad.Position.Line, oneLine(bad.Message))
	case err != nil:
		return mistyped(name, err)
	}
	var problems []error
	unknown := meta.Undecoded()
	for i, key := range unknown {
		if i+1 < len(unknown) && strings.HasPrefix(unknown[i+1].String(), key.String()+".") {
			continue // a table: its keys are told
		}
		hint := ""
		if near := nearest(key.String(), knownKeys()); near != "" {
			hint = fmt.Sprintf(": did you mean %q?", near)
		}
		problems = append(problems, fmt.Errorf("%s:%d: unknown setting %q%s", name, lineOf(text, key), key.String(), hint))
	}
	if c.Review.MaxExpiry <= 0 {
		problems = append(problems, fmt.Errorf("%s: review.max_expiry must be longer than nothing", name))
	}
	if c.Review.DefaultExpiry > c.Review.MaxExpiry {
		problems = append(problems, fmt.Errorf("%s: review.default_expiry is longer than review.max_expiry", name))
	}
	if c.FactTimeout <= 0 {
		problems = append(problems, fmt.Errorf("%s: fact_timeout must be longer than nothing", name))
	}
	if c.Screen.Color == Always {
		problems = append(problems, fmt.Errorf("%s:%d: screen.color cannot be always: want auto or never", name, lineOf(text, toml.Key{"screen", "color"})))
	}
	if !filepath.IsAbs(c.Root) {
		problems = append(problems, fmt.Errorf("%s: root %q is no absolute path", name, c.Root))
	}
	return errors.Join(problems...)
}

// decodeError is how the decoder writes that a value has another type than its key.
var decodeError = regexp.MustCompile(`^toml: line (\d+) \(last key "(.*)"\): (?s)(.*)$`)

func mistyped(name string, err error) error {
	if m := decodeError.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s:%s: %s: %s", name, m[1], m[2], oneLine(m[3]))
	}
	return fmt.Errorf("%s: %s", name, oneLine(strings.TrimPrefix(err.Error(), "toml: ")))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// knownKeys lists the settings, as they are written in full.
func knownKeys() []string {
	return []string{"profile", "root", "session_dir", "catalog_dirs", "fact_timeout", "explicit_only", "review.default_expiry",
		"review.max_expiry", "review.author", "parameters", "screen.color", "screen.ascii"}
}

// lineOf finds the line on which a key is written, or 1. The decoder does not say.
func lineOf(text []byte, key toml.Key) int {
	var table []string
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "[") {
			head, _, _ := strings.Cut(strings.TrimLeft(line, "["), "]")
			table = keyParts(head)
			if equal(table, key) {
				return i + 1
			}
			continue
		}
		if left, _, ok := strings.Cut(line, "="); ok && equal(append(table[:len(table):len(table)], keyParts(left)...), key) {
			return i + 1
		}
	}
	return 1
}

func keyParts(s string) []string {
	parts := strings.Split(s, ".")
	for i, p := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(p), `"'`)
	}
	return parts
}

func equal(a []string, b toml.Key) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// nearest returns the known word that is closest to a misspelt one, or "" where
// none is close.
func nearest(word string, known []string) string {
	best, at := "", len(word)/2+1
	for _, k := range known {
		last := k[strings.LastIndexByte(k, '.')+1:]
		if d := min(distance(word, k), distance(word, last)); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance is the number of single-byte edits between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// loadConfig reads the built-in settings and lays the first configuration file that
// is found over them. It returns the name of that file, or "".
func (c *Command) loadConfig(explicit string) (Config, string, error) {
	var config Config
	if err := parseConfig(&config, "config.toml (built in)", c.Config); err != nil {
		return config, "", err
	}
	for _, name := range c.configFiles(explicit) {
		text, err := c.readOwn(name)
		if errors.Is(err, fs.ErrNotExist) && name != explicit {
			continue
		}
		if errors.Is(err, fs.ErrPermission) && name != explicit {
			fmt.Fprintf(c.Err, "mkeaudit: configuration: %s may not be read and is not used\n", facts.Clean(name))
			continue
		}
		if err != nil {
			return config, name, wrong("configuration: %w", err)
		}
		if err := parseConfig(&config, name, text); err != nil {
			return config, name, wrong("configuration: %w", err)
		}
		return config, name, nil
	}
	return config, "", nil
}

func (c *Command) configFiles(explicit string) []string {
	if explicit != "" {
		return []string{explicit}
	}
	files := []string{filepath.Join(c.etc(), "mkeaudit/config.toml")}
	if d := c.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(d) {
		return append(files, filepath.Join(d, "mkeaudit", "config.toml"))
	}
	if d := c.Getenv("HOME"); filepath.IsAbs(d) {
		files = append(files, filepath.Join(d, ".config", "mkeaudit", "config.toml"))
	}
	return files
}

func (c *Command) etc() string {
	if c.Etc != "" {
		return c.Etc
	}
	return "/etc"
}

// readOwn reads a file that may steer the audit. As root it must be root's own, and
// nobody else may be able to write to it: whoever could would decide what root finds.
func (c *Command) readOwn(name string) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	if c.EUID == 0 {
		if err := rootsOwn(name, info); err != nil {
			return nil, err
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, configLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(text) > configLimit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, configLimit)
	}
	return text, nil
}

// changed lists the parameters that the configuration sets, as sentences for the report.
func (c Config) changed() []string {
	var out []string
	for name, v := range c.Parameters {
		out = append(out, fmt.Sprintf("parameter %s is set to %v by the configuration", name, v))
	}
	sort.Strings(out)
	return out
}
