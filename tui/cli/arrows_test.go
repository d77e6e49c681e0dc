package cli

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// arrows says which packages of ours a package may import: those of which one of the
// words is the path or begins it. The first rule that fits counts.
var arrows = []struct {
	of  string
	may []string
}{
	{"catalog", nil},
	{"audit/facts", []string{"catalog"}},
	{"audit/session", []string{"audit", "audit/facts", "catalog"}},
	{"audit/report", []string{"audit", "audit/facts", "catalog"}},
	{"audit", []string{"audit/facts", "catalog"}},
	{"tui/cli/hideterm", nil},
	{"tui/cli", []string{"tui/...", "audit/...", "catalog"}},
	{"tui", []string{"tui/...", "audit/...", "catalog"}},
	{".", []string{"tui/cli"}},
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
	Module     *struct{ Path string }
}

// ours lists the packages of this module with what they import.
func ours(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Standard,Module", "./...")
	cmd.Dir = "../.."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module != nil && p.Module.Path == "mkeaudit" {
			found = append(found, p)
		}
	}
	if len(found) < 8 {
		t.Fatalf("only %d packages were listed", len(found))
	}
	return found
}

// short is a path inside the module: "." for its root.
func short(path string) string {
	if path == "mkeaudit" {
		return "."
	}
	return strings.TrimPrefix(path, "mkeaudit/")
}

func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func TestArrows(t *testing.T) {
	for _, p := range ours(t) {
		for _, problem := range astray(short(p.ImportPath), p.Imports) {
			t.Error(problem)
		}
	}
}

// astray lists the imports that a package must not have.
func astray(path string, imports []string) []string {
	var problems []string
	rule := -1
	for i, r := range arrows {
		if within(path, r.of) && (r.of != "audit" || path == "audit") {
			rule = i
			break
		}
	}
	if rule < 0 {
		return []string{path + ": no rule says what it may import"}
	}
	for _, imported := range imports {
		switch {
		case imported == "mkeaudit" || strings.HasPrefix(imported, "mkeaudit/"):
			if !allowed(short(imported), arrows[rule].may) {
				problems = append(problems, path+" must not import "+imported)
			}
		case strings.HasPrefix(imported, "github.com/charmbracelet/") && !within(path, "tui"):
			problems = append(problems, path+" is not part of the screen and imports "+imported)
		case imported == "os/exec" && !within(path, "tui"):
			problems = append(problems, path+" imports os/exec: nothing is run to observe")
		case imported == "C" || imported == "plugin" || imported == "net/http/pprof":
			problems = append(problems, path+" imports "+imported)
		}
	}
	return problems
}

func allowed(path string, may []string) bool {
	for _, m := range may {
		root, deep := strings.CutSuffix(m, "/...")
		if path == m || deep && within(path, root) {
			return true
		}
	}
	return false
}

// The rules themselves refuse what they are there for.
func TestArrowsCanFail(t *testing.T) {
	for path, imported := range map[string]string{
		"catalog": "mkeaudit/audit", "audit/facts": "mkeaudit/audit", "audit": "mkeaudit/audit/session", "audit/session": "mkeaudit/audit/report",
		"audit/report": "mkeaudit/tui", "audit/facts/x": "mkeaudit/audit", "tui/cli/hideterm": "mkeaudit/catalog", ".": "mkeaudit/audit",
		"catalog/x": "github.com/charmbracelet/lipgloss", "audit/session/y": "os/exec", "somewhere": "fmt",
	} {
		if len(astray(path, []string{imported})) == 0 {
			t.Errorf("%s may import %s", path, imported)
		}
	}
	for path, imported := range map[string]string{"audit/facts": "mkeaudit/catalog", "tui/screen/detail": "mkeaudit/audit", "tui": "os/exec", ".": "mkeaudit/tui/cli"} {
		if problems := astray(path, []string{imported}); len(problems) > 0 {
			t.Error(problems)
		}
	}
}

// The top level of the repository holds what it is meant to hold and nothing else.
func TestTopLevel(t *testing.T) {
	known := map[string]bool{}
	for _, name := range strings.Fields("main.go tui audit catalog config.toml go.mod go.sum Makefile README.md LICENSE e2e deploy docs") {
		known[name] = true
	}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !known[e.Name()] && !strings.HasPrefix(e.Name(), ".") && !ignored(e.Name()) {
			t.Errorf("%s is not part of the top level", e.Name())
		}
	}
	for _, name := range []string{"main.go", "config.toml", "Makefile", "README.md", "LICENSE", ".ci/run"} {
		if _, err := os.Stat(filepath.Join("../..", name)); err != nil {
			t.Error(err)
		}
	}
}

// ignored reports whether git leaves a name alone: what make builds.
func ignored(name string) bool {
	text, err := os.ReadFile("../../.gitignore")
	if err != nil {
		return false
	}
	for _, line := range strings.Fields(string(text)) {
		if strings.Trim(line, "/") == name {
			return true
		}
	}
	return false
}
