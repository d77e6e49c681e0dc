package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"mkeaudit/catalog"
)

func builtIn(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("../../config.toml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The built-in file has every setting, and what stands there as a comment about
// parameters is what the benchmark says.
func TestTheBuiltInConfigurationIsComplete(t *testing.T) {
	var c Config
	if err := parseConfig(&c, "config.toml", builtIn(t)); err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	meta, err := toml.Decode(string(builtIn(t)), &raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range knownKeys() {
		if !meta.IsDefined(strings.Split(key, ".")...) {
			t.Errorf("%s does not stand in config.toml", key)
		}
	}
	uncommented := strings.ReplaceAll(string(builtIn(t)), "\n# ", "\n")
	_, parameters, _ := strings.Cut(uncommented, "[parameters]")
	parameters, _, _ = strings.Cut(parameters, "[screen]")
	var set map[string]any
	if _, err := toml.Decode(parameters, &set); err != nil {
		t.Fatal(err)
	}
	b, _, err := catalog.OpenBenchmark(catalog.DefaultBenchmark)
	if err != nil {
		t.Fatal(err)
	}
	same, err := b.WithParameters(set)
	if err != nil {
		t.Fatal(err)
	}
	if len(set) == 0 {
		t.Error("no parameter stands in config.toml")
	}
	for name := range set {
		if got, want := strings.Join(same.Parameters[name].List, ","), strings.Join(b.Parameters[name].List, ","); got != want {
			t.Errorf("config.toml says that %s is %s by default, the benchmark says %s", name, got, want)
		}
	}
}

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{"0d": 0, "90d": 90 * 24 * time.Hour, "36h": 36 * time.Hour, "1h30m": 90 * time.Minute, "5s": 5 * time.Second} {
		if got, err := parseSpan(text); err != nil || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "-1d", "-5s", "1w", "1.5d", "99999999999d", "9999999h", "5 weeks", "1d2h", "0x10d"} {
		if got, err := parseSpan(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestLineOf(t *testing.T) {
	text := []byte("a = 1\n# b = 1\n[ review ]\n'b' = 2\nc.d = 3\n[[list]]\nb = 4\n[x.\"y\"]\nz = 1")
	for key, want := range map[string]int{"a": 1, "review": 3, "review.b": 4, "review.c.d": 5, "list.b": 7, "x.y": 8, "x.y.z": 9, "nowhere": 1} {
		if got := lineOf(text, strings.Split(key, ".")); got != want {
			t.Errorf("%s: line %d, want %d", key, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"profile", "review.author", "screen.color"}
	for word, want := range map[string]string{"profil": "profile", "author": "review.author", "colour": "screen.color", "scren.color": "screen.color", "x": "", "completely-else": ""} {
		if got := nearest(word, known); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if d := distance("kitten", "sitting"); d != 3 {
		t.Errorf("distance %d, want 3", d)
	}
}

// A sought file that may not be read is said and not used; one that was asked for is
// an error.
func TestAFileThatMayNotBeRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("needs a user who is not root: root may read everything")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "mkeaudit", "config.toml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("nonsense"), 0o000); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	c := Command{Err: &errs, EUID: 1000, Config: builtIn(t), Etc: dir, Getenv: func(string) string { return "" }}
	if _, used, err := c.loadConfig(""); err != nil || used != "" || !strings.Contains(errs.String(), "may not be read and is not used") {
		t.Errorf("%q %v %q", used, err, errs.String())
	}
	if _, _, err := c.loadConfig(file); codeOf(err) != ExitUsage {
		t.Errorf("asked for: %v", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add(builtIn(f))
	f.Add([]byte("profil = 1\n[review]\nx=2"))
	f.Add([]byte("[screen]\ncolor = \"always\""))
	f.Add([]byte("parameters = { a = [1, 2], b = { c = 1 } }"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var c Config
		if err := parseConfig(&c, "f.toml", builtIn(t)); err != nil {
			t.Fatal(err)
		}
		if err := parseConfig(&c, "f.toml", text); err != nil {
			if !strings.HasPrefix(err.Error(), "f.toml:") {
				t.Errorf("error without its file: %v", err)
			}
			return
		}
		if c.FactTimeout <= 0 || c.Screen.Color == Always {
			t.Errorf("accepted %+v", c)
		}
	})
}
