package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxFile bounds one catalogue file.
const maxFile = 4 << 20

// Problem is one fault of a catalogue, with the place to mend it.
type Problem struct {
	File string
	Line int // 0 where the whole file is meant
	Text string
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// source is one TOML file while it is being read: its text for line numbers, and
// the problems found so far.
type source struct {
	name     string
	lines    []string
	problems *[]error
}

// readTOML decodes a file strictly into v: an unknown key is a problem.
func readTOML(fsys fs.FS, name string, v any, problems *[]error) *source {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		*problems = append(*problems, err)
		return nil
	}
	if len(b) > maxFile {
		*problems = append(*problems, Problem{File: name, Text: "larger than 4 MiB"})
		return nil
	}
	src := &source{name: name, lines: strings.Split(string(b), "\n"), problems: problems}
	md, err := toml.Decode(string(b), v)
	if err != nil {
		var parse toml.ParseError
		if errors.As(err, &parse) {
			src.at(parse.Position.Line, "%s", strings.TrimSpace(parse.Message))
		} else {
			src.at(0, "%s", strings.TrimPrefix(err.Error(), "toml: "))
		}
		return nil
	}
	seen := map[string]bool{}
	for _, key := range md.Undecoded() {
		word := key[len(key)-1]
		if seen[word] {
			continue
		}
		seen[word] = true
		lines := src.keyLines(word)
		if len(lines) == 0 {
			lines = []int{0}
		}
		for _, n := range lines {
			src.at(n, "unknown key %q", key.String())
		}
	}
	return src
}

// at records a problem.
func (s *source) at(line int, format string, args ...any) {
	*s.problems = append(*s.problems, Problem{s.name, line, fmt.Sprintf(format, args...)})
}

// in records a problem inside the table that the id opens, at the line that holds
// the word, or else at the id's own line.
func (s *source) in(id, word, format string, args ...any) {
	s.at(s.find(id, word), format, args...)
}

// find returns the first line at or after the one that names the id (id = "..."
// or control = "...") which holds word, and the id's own line where none does.
func (s *source) find(id, word string) int {
	start := 0
	if id != "" {
		for i, l := range s.lines {
			if idLine.MatchString(l) && strings.Contains(l, `"`+id+`"`) {
				start = i + 1
				break
			}
		}
	}
	if word != "" {
		for i := max(start-1, 0); i < len(s.lines); i++ {
			if i >= start && start > 0 && idLine.MatchString(s.lines[i]) {
				break
			}
			if strings.Contains(s.lines[i], word) {
				return i + 1
			}
		}
	}
	return start
}

// keyLines returns the lines on which word stands as a key or a table name.
func (s *source) keyLines(word string) []int {
	key := regexp.MustCompile(`(^|[\s{,.\["])` + regexp.QuoteMeta(word) + `"?\s*(=|\]|\.)`)
	var found []int
	for i, l := range s.lines {
		if !strings.HasPrefix(strings.TrimSpace(l), "#") && key.MatchString(l) {
			found = append(found, i+1)
		}
	}
	return found
}

var idLine = regexp.MustCompile(`^\s*(id|control)\s*=`)

// tomlFiles lists the TOML files of a directory; a missing directory has none.
func tomlFiles(fsys fs.FS, dir string) []string {
	entries, _ := fs.ReadDir(fsys, dir)
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".toml") {
			names = append(names, path.Join(dir, e.Name()))
		}
	}
	return names
}

// ordered joins problems, sorted by file and line and without repeats.
func ordered(problems []error) error {
	sort.SliceStable(problems, func(i, j int) bool {
		var a, b Problem
		if errors.As(problems[i], &a) && errors.As(problems[j], &b) {
			if a.File != b.File {
				return a.File < b.File
			}
			return a.Line < b.Line
		}
		return false
	})
	var kept []error
	for i, p := range problems {
		if i == 0 || p.Error() != problems[i-1].Error() {
			kept = append(kept, p)
		}
	}
	return errors.Join(kept...)
}
