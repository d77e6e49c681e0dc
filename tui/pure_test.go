package tui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// outside are the files that may touch the world: commands, the start of the
// program, and the linear mode, which is a loop of its own.
var outside = []string{"commands.go", "run.go", "tui.go", "plain.go"}

// forbidden are packages with which a model would read, write or wait, and single
// functions of packages that are otherwise fine.
var (
	forbidden = []string{"os", "os/exec", "net", "net/http", "io/ioutil", "syscall", "bufio", "math/rand", "sync/atomic", "log", "golang.org/x/sys/unix", "path/filepath"}
	functions = map[string][]string{
		"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
		"io":   {"WriteString", "Copy", "ReadAll", "ReadFull"},
		"fmt":  {"Print", "Printf", "Println", "Fprint", "Fprintf", "Fprintln", "Scan", "Scanln", "Scanf", "Fscan"},
		"tea":  {"Tick", "Every", "Exec", "ExecProcess", "Printf", "Println"},
	}
	methods = []string{"Audit", "SaveReview", "Write", "WriteString", "ReadFile"}
)

// No model, screen or view does input or output, asks for the time, or starts
// something: commands.go alone does.
func TestUpdateIsPure(t *testing.T) {
	var files []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path == "cli" || path == "internal" || path == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !slices.Contains(outside, path) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files were found: the test looks at the wrong place", len(files))
	}
	for _, path := range files {
		for _, fault := range impure(t, path, nil) {
			t.Error(fault)
		}
	}
}

// The test above can fail: each of these is found.
func TestImpureIsFound(t *testing.T) {
	for _, body := range []string{
		`import "os"; func f() { os.Exit(1) }`,
		`import "time"; func f() { _ = time.Now() }`,
		`import clock "time"; func f() { _ = clock.Now() }`,
		`import "fmt"; func f() { fmt.Println() }`,
		`type b interface{ SaveReview() }; func f(x b) { x.SaveReview() }`,
		`func f() { go f() }`,
		`func f(c chan int) { <-c }`,
		`func f(c chan int) { c <- 1 }`,
	} {
		if len(impure(t, "x.go", []byte("package x\n"+body))) == 0 {
			t.Errorf("not found: %s", body)
		}
	}
}

func impure(t *testing.T, path string, src any) (faults []string) {
	t.Helper()
	fset := token.NewFileSet()
	if b, ok := src.([]byte); ok && b == nil {
		src = nil
	}
	file, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	fault := func(n ast.Node, what string) { faults = append(faults, fset.Position(n.Pos()).String()+": "+what) }
	names := map[string]string{} // local name -> package
	for _, imp := range file.Imports {
		p, _ := strconv.Unquote(imp.Path.Value)
		if slices.Contains(forbidden, p) {
			fault(imp, "imports "+p)
		}
		name := p[strings.LastIndex(p, "/")+1:]
		if p == "github.com/charmbracelet/bubbletea" {
			name = "tea"
		}
		local := name
		if imp.Name != nil {
			local = imp.Name.Name
		}
		names[local] = name
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			fault(n, "starts a goroutine")
		case *ast.SendStmt:
			fault(n, "sends on a channel")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				fault(n, "waits for a channel")
			}
		case *ast.SelectStmt:
			fault(n, "waits for channels")
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok {
				if pkg, imported := names[x.Name]; imported {
					if slices.Contains(functions[pkg], sel.Sel.Name) {
						fault(n, "calls "+pkg+"."+sel.Sel.Name)
					}
					return true
				}
			}
			if slices.Contains(methods, sel.Sel.Name) {
				fault(n, "calls "+sel.Sel.Name)
			}
		}
		return true
	})
	return faults
}
