package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// Load reads a benchmark from a directory: benchmark.toml, one file per section,
// and defaults/. Texts and examples lie beside them and are read by LoadTexts and
// LoadExamples. Everything that is wrong is reported at once, each with its file
// and line.
func Load(fsys fs.FS) (*Benchmark, error) {
	l := loader{fsys: fsys, b: &Benchmark{index: map[ID]int{}}}
	var sum string
	var err error
	digested := make(chan struct{})
	go func() { sum, err = digest(fsys); close(digested) }()
	l.head()
	tables := decodeAll[rawTable](fsys, tableFiles(fsys))
	sections := decodeAll[rawSection](fsys, l.sections)
	l.defaults(<-tables)
	for _, d := range <-sections {
		l.problems = append(l.problems, d.problems...)
		if d.src != nil {
			d.src.problems = &l.problems
			l.section(d.src, d.raw)
		}
	}
	l.order()
	<-digested
	if len(l.problems) > 0 {
		return nil, ordered(l.problems)
	}
	if err != nil {
		return nil, err
	}
	l.b.SHA256 = sum
	return l.b, nil
}

// decoded is one file after decoding; src is nil where it could not be decoded.
type decoded[T any] struct {
	raw      T
	src      *source
	problems []error
}

// decodeAll decodes files on every core, because decoding is most of what a start
// costs, and delivers them in order.
func decodeAll[T any](fsys fs.FS, names []string) <-chan []decoded[T] {
	done := make(chan []decoded[T], 1)
	go func() {
		all := make([]decoded[T], len(names))
		var wait sync.WaitGroup
		for i, name := range names {
			wait.Go(func() { all[i].src = readTOML(fsys, name, &all[i].raw, &all[i].problems) })
		}
		wait.Wait()
		done <- all
	}()
	return done
}

type loader struct {
	fsys     fs.FS
	b        *Benchmark
	sections []string
	problems []error
}

type rawHead struct {
	ID         string
	Title      string
	Kubernetes []string
	Files      []string
	Theme      []Theme
	Chapter    []Chapter
	Parameter  map[string]rawParameter
}

type rawSection struct {
	Section struct {
		ID       ID
		Title    string
		Chapter  ID
		Note     string
		NotInUse bool `toml:"not_in_use"`
	}
	Control []rawControl
}

type rawControl struct {
	ID         string
	Title      string
	Level      int
	Node       string
	Assessment string
	Judge      string
	Theme      string
	Weight     int
	Check      []rawCheck
}

type rawCheck struct {
	Kubernetes string
	Applies    []string
	Component  string
	All, Any   []rawLeaf
	Show       []rawLeaf
	Remark     []rawRemark
	Otherwise  string
}

type rawRemark struct {
	When rawLeaf
	Text string
}

func (l *loader) head() {
	var raw rawHead
	src := readTOML(l.fsys, "benchmark.toml", &raw, &l.problems)
	if src == nil {
		return
	}
	l.b.ID, l.b.Title, l.b.Themes, l.b.Chapters = raw.ID, raw.Title, raw.Theme, raw.Chapter
	l.sections = raw.Files
	if raw.ID == "" || raw.Title == "" {
		src.at(0, "id and title are required")
	}
	for _, k := range raw.Kubernetes {
		v, err := ParseVersion(k)
		if err != nil {
			src.in("", k, "%v", err)
		}
		l.b.Kubernetes = append(l.b.Kubernetes, v)
	}
	l.b.Parameters = make(map[string]Parameter, len(raw.Parameter))
	for name, p := range raw.Parameter {
		list, err := operand(p.Value)
		if err == nil {
			err = checkValue(p.Type, list)
		}
		if err != nil {
			src.in("", name, "parameter %s: %v", name, err)
		}
		l.b.Parameters[name] = Parameter{p.Type, p.Text, list}
	}
}

func (l *loader) section(src *source, raw rawSection) {
	s := Section{ID: raw.Section.ID, Title: raw.Section.Title, Chapter: raw.Section.Chapter,
		Note: raw.Section.Note, NotInUse: raw.Section.NotInUse}
	if s.ID == "" || s.Title == "" {
		src.at(0, "[section] needs id and title")
	}
	if !l.hasChapter(s.Chapter) {
		src.in("", string(s.Chapter), "section %s: unknown chapter %q", s.ID, s.Chapter)
	}
	for _, rc := range raw.Control {
		c := l.control(src, s.ID, rc)
		if _, twice := l.b.index[c.ID]; twice {
			src.in(rc.ID, rc.ID, "control %s stands twice", rc.ID)
			continue
		}
		l.b.index[c.ID] = len(l.b.controls)
		l.b.controls = append(l.b.controls, c)
		s.Controls = append(s.Controls, c.ID)
	}
	l.b.Sections = append(l.b.Sections, s)
}

func (l *loader) hasChapter(id ID) bool {
	for _, c := range l.b.Chapters {
		if c.ID == id {
			return true
		}
	}
	return false
}

func (l *loader) control(src *source, section ID, raw rawControl) Control {
	c := Control{ID: ID(raw.ID), Section: section, Title: raw.Title, Level: raw.Level, Theme: raw.Theme, Weight: raw.Weight}
	bad := func(word, format string, args ...any) {
		src.in(raw.ID, word, "control %s: "+format, append([]any{raw.ID}, args...)...)
	}
	word := func(err error, text string) {
		if err != nil {
			bad(`"`+text+`"`, "%v", err)
		}
	}
	if !strings.HasPrefix(raw.ID, string(section)+".") {
		bad("", "does not belong to section %s", section)
	}
	if raw.Title == "" {
		bad("", "has no title")
	}
	if raw.Level != 1 && raw.Level != 2 {
		bad("level", "level %d: want 1 or 2", raw.Level)
	}
	if raw.Weight < 1 || raw.Weight > 3 {
		bad("weight", "weight %d: want 1 to 3", raw.Weight)
	}
	word(required(&c.Node, raw.Node), raw.Node)
	word(required(&c.Assessment, raw.Assessment), raw.Assessment)
	word(required(&c.Judge, raw.Judge), raw.Judge)
	if _, ok := l.b.Theme(raw.Theme); !ok {
		bad(raw.Theme, "unknown theme %q", raw.Theme)
	}
	if len(raw.Check) == 0 {
		bad("", "has no [[control.check]]")
	}
	for _, rk := range raw.Check {
		c.Checks = append(c.Checks, l.check(raw, rk, bad))
	}
	return c
}

type unmarshaler interface{ UnmarshalText([]byte) error }

// required reads a word that may not be left out.
func required(v unmarshaler, text string) error {
	if text == "" {
		err := v.UnmarshalText([]byte("?"))
		return fmt.Errorf("a word is missing (%v)", err)
	}
	return v.UnmarshalText([]byte(text))
}

type reporter func(word, format string, args ...any)

func (l *loader) check(rc rawControl, raw rawCheck, bad reporter) Check {
	k := Check{Otherwise: raw.Otherwise}
	var err error
	if k.Kubernetes, err = ParseRange(raw.Kubernetes); err != nil {
		bad(raw.Kubernetes, "%v", err)
	}
	for _, a := range raw.Applies {
		cond, err := parseCondition(a)
		if err != nil {
			bad(a, "%v", err)
		}
		k.Applies = append(k.Applies, cond)
	}
	if len(raw.All) > 0 && len(raw.Any) > 0 {
		bad("any", "a check has all or any, not both: nest one in the other")
	}
	if rc.Judge == "machine" && len(raw.All)+len(raw.Any) == 0 && raw.Otherwise == "" {
		bad("", "a machine-judged check needs all or any, or otherwise alone where it never applies")
	}
	k.Require = Expr{All: l.exprs(raw.Component, raw.All, bad), Any: l.exprs(raw.Component, raw.Any, bad)}
	for _, r := range raw.Show {
		leaf := l.leaf(raw.Component, r, bad)
		k.Show = append(k.Show, leaf)
	}
	for _, r := range raw.Remark {
		if r.Text == "" {
			bad("remark", "a remark needs a text")
		}
		k.Remarks = append(k.Remarks, Remark{When: l.leaf(raw.Component, r.When, bad), Text: strings.TrimSpace(r.Text)})
	}
	return k
}

// order checks that controls stand in the order of the benchmark.
func (l *loader) order() {
	for i := 1; i < len(l.b.controls); i++ {
		a, b := l.b.controls[i-1], l.b.controls[i]
		if a.Section == b.Section && !Less(a.ID, b.ID) {
			l.problems = append(l.problems, fmt.Errorf("control %s stands after %s", b.ID, a.ID))
		}
	}
}

// Less orders ids by number, part by part: 1.2.9 before 1.2.10.
func Less(a, b ID) bool {
	as, bs := strings.Split(string(a), "."), strings.Split(string(b), ".")
	for i := 0; i < len(as) && i < len(bs); i++ {
		if as[i] == bs[i] {
			continue
		}
		x, errX := strconv.Atoi(as[i])
		y, errY := strconv.Atoi(bs[i])
		if errX != nil || errY != nil {
			return as[i] < bs[i]
		}
		return x < y
	}
	return len(as) < len(bs)
}

func parseCondition(s string) (Condition, error) {
	kind, arg, _ := strings.Cut(s, ":")
	switch kind {
	case "runs":
		if _, ok := ComponentNamed(arg); ok {
			return Condition{Runs, arg}, nil
		}
	case "role":
		if arg == "master" || arg == "worker" || arg == "etcd" {
			return Condition{HasRole, arg}, nil
		}
	case "etcd-members":
		if arg == ">1" {
			return Condition{EtcdMembersOver, arg}, nil
		}
	case "file-exists":
		if arg == "" {
			return Condition{FileExists, ""}, nil
		}
	}
	return Condition{}, fmt.Errorf("unknown condition %q: want runs:COMPONENT, role:master, role:worker, role:etcd, etcd-members:>1 or file-exists", s)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// digest hashes every file below a directory, with its name, in name order.
func digest(fsys fs.FS) (string, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	sort.Strings(names)
	h := sha256.New()
	for _, name := range names {
		f, err := fsys.Open(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s\x00", name)
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return "", err
		}
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
