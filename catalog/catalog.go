// Package catalog holds what is checked: the controls of a benchmark, the
// defaults of the audited components, and the profile of a distribution. It is
// data with a strict loader; it observes nothing and decides nothing.
//
// A Benchmark and a Profile are separate: the benchmark says what is asked, the
// profile says where a distribution keeps things, what its vendor published and
// how to remediate there. Both are immutable after loading.
package catalog

import "iter"

// ID is the number of a control ("1.2.1"), a section ("1.2") or a chapter ("1").
type ID string

// Benchmark is a published list of controls.
type Benchmark struct {
	ID         string // "cis-1.7.0"
	Title      string
	Kubernetes []Version // the minor versions that the checks were written for, oldest first
	SHA256     string    // of every file of the catalogue directory, names included
	Themes     []Theme
	Chapters   []Chapter
	Sections   []Section
	Parameters map[string]Parameter
	Defaults   Defaults

	controls []Control
	index    map[ID]int
}

// Theme is one of the concerns by which the controls can be read.
type Theme struct {
	ID    string `toml:"id"`
	Title string `toml:"title"`
	Text  string `toml:"text"`
}

// Chapter is a top-level heading of the benchmark.
type Chapter struct {
	ID    ID     `toml:"id"`
	Title string `toml:"title"`
	Text  string `toml:"text"`
}

// Section is a heading that holds controls. A section that is not in use has
// none and says so in its note (5.6).
type Section struct {
	ID       ID
	Title    string
	Chapter  ID
	Note     string // how the heading differs from the benchmark's, or why it is empty
	NotInUse bool
	Controls []ID
}

// Control is one recommendation.
type Control struct {
	ID         ID
	Section    ID
	Title      string
	Level      int // 1 or 2
	Node       Node
	Assessment Assessment
	Judge      Judge
	Theme      string
	Weight     int // 1 (heaviest) to 3: the order inside a theme
	Checks     []Check
}

// Check is a rule that holds for a range of Kubernetes versions.
type Check struct {
	Kubernetes Range       // the versions that it is for
	Applies    []Condition // where one is not met the control does not apply
	Require    Expr        // what must be met; empty where the check only shows
	Show       []Leaf      // evidence that never decides
	Remarks    []Remark
	Otherwise  string // reason why a requirement that is not met makes the control not applicable, or ""
}

// Component returns the component that every deciding leaf is about, or
// AnyComponent where they differ or are not about a command line. A check of one
// component is evaluated once for each of its instances.
func (c Check) Component() Component { return c.Require.component() }

// Expr is a requirement: a leaf, or a combination of requirements.
type Expr struct {
	Leaf *Leaf
	All  []Expr
	Any  []Expr
}

// Empty reports whether the expression asks nothing.
func (e Expr) Empty() bool { return e.Leaf == nil && len(e.All) == 0 && len(e.Any) == 0 }

// Leaves yields every leaf of the expression, in the order of the file.
func (e Expr) Leaves() iter.Seq[Leaf] {
	return func(yield func(Leaf) bool) { e.leaves(yield) }
}

func (e Expr) leaves(yield func(Leaf) bool) bool {
	if e.Leaf != nil && !yield(*e.Leaf) {
		return false
	}
	for _, list := range [][]Expr{e.All, e.Any} {
		for _, sub := range list {
			if !sub.leaves(yield) {
				return false
			}
		}
	}
	return true
}

func (e Expr) component() Component {
	var found Component
	for l := range e.Leaves() {
		switch {
		case l.Selector == SelectFile || l.Selector == SelectContent || l.Selector == SelectQuery:
			return AnyComponent
		case found == AnyComponent:
			found = l.Component
		case found != l.Component:
			return AnyComponent
		}
	}
	return found
}

// Leaf is one question: a selector, an operator and its operand.
type Leaf struct {
	Component  Component
	Selector   Selector
	Name       string // the flag, plugin, gate, setting, option, locator, judgement or query
	Of         string // the argument of a locator: a component or a path name of the profile
	Class      Class  // for files
	Op         Op
	Want       []string // the operand; a named parameter is resolved by Benchmark.Operand
	Parameter  string   // name of the parameter that holds the operand, or ""
	ReplacedBy string   // the flag that takes this one's place in newer versions, or ""
}

// Remark is a sentence shown with the finding when its condition is met. It never
// changes a verdict.
type Remark struct {
	When Leaf
	Text string
}

// Condition says where a check applies.
type Condition struct {
	Kind ConditionKind
	Arg  string // the component, or the role
}

// ConditionKind is a kind of applicability.
type ConditionKind uint8

// The kinds of applicability.
const (
	Runs            ConditionKind = iota + 1 // runs:kubelet
	HasRole                                  // role:master
	EtcdMembersOver                          // etcd-members:>1
	FileExists                               // file-exists: some file of the check's locators is there
)

// Parameter is a threshold that a site may set ("or as appropriate").
type Parameter struct {
	Type ValueType
	Text string
	List []string // the value; one element unless the type is a list
}

// Controls yields every control in the order of the benchmark.
func (b *Benchmark) Controls() iter.Seq[Control] {
	return func(yield func(Control) bool) {
		for _, c := range b.controls {
			if !yield(c) {
				return
			}
		}
	}
}

// Len is the number of controls.
func (b *Benchmark) Len() int { return len(b.controls) }

// Control returns the control with that number.
func (b *Benchmark) Control(id ID) (Control, bool) {
	i, ok := b.index[id]
	if !ok {
		return Control{}, false
	}
	return b.controls[i], true
}

// Section returns the section with that number.
func (b *Benchmark) Section(id ID) (Section, bool) {
	for _, s := range b.Sections {
		if s.ID == id {
			return s, true
		}
	}
	return Section{}, false
}

// Theme returns the theme with that id.
func (b *Benchmark) Theme(id string) (Theme, bool) {
	for _, t := range b.Themes {
		if t.ID == id {
			return t, true
		}
	}
	return Theme{}, false
}

// Operand returns what a leaf compares with: its literal operand, or the value of
// the parameter that it names.
func (b *Benchmark) Operand(l Leaf) []string {
	if l.Parameter != "" {
		return b.Parameters[l.Parameter].List
	}
	return l.Want
}
