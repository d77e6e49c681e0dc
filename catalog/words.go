package catalog

import (
	"fmt"
	"strings"
)

// A word is a closed set of names that come from files. Every word type below
// turns text into a value at the border (UnmarshalText) and is switched on as a
// value inside; the zero value means that nothing was said.

// Node is the node type for which the benchmark prints a control.
type Node uint8

// The two node types of the CIS Kubernetes Benchmark.
const (
	NodeUnset Node = iota
	Master
	Worker
)

var nodeWords = []string{"", "master", "worker"}

// Assessment is the benchmark's own label of a control. It says nothing about
// whether a machine can decide it: see Judge.
type Assessment uint8

// The two labels of CIS Kubernetes Benchmark v1.7.0: 68 automated, 63 manual.
const (
	AssessmentUnset Assessment = iota
	Automated
	Manual
)

var assessmentWords = []string{"", "automated", "manual"}

// Judge says who decides a control: a predicate over facts, or a person to whom
// computed evidence is shown.
type Judge uint8

// The judges.
const (
	JudgeUnset Judge = iota
	Machine
	Person
)

var judgeWords = []string{"", "machine", "person"}

// Component is a program that the benchmark audits.
type Component uint8

// The audited components. AnyComponent is the zero value: a leaf that is not
// about the command line of one component.
const (
	AnyComponent Component = iota
	APIServer
	ControllerManager
	Scheduler
	Kubelet
	KubeProxy
	Etcd
)

var componentWords = []string{"", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "etcd"}

// Components lists every audited component, control plane first.
func Components() []Component {
	return []Component{APIServer, ControllerManager, Scheduler, Etcd, Kubelet, KubeProxy}
}

// ComponentNamed returns the component whose program is called name.
func ComponentNamed(name string) (Component, bool) {
	for i, w := range componentWords[1:] {
		if w == name {
			return Component(i + 1), true
		}
	}
	return AnyComponent, false
}

// Selector says what a leaf looks at.
type Selector uint8

// The selectors of a leaf.
const (
	SelectorUnset Selector = iota
	SelectFlag             // an argument of a component
	SelectPlugin           // the effective admission set of the API server
	SelectGate             // a feature gate, after AllAlpha, AllBeta, file and flag
	SelectSetting          // a setting of kubelet, scheduler or kube-proxy: flag, file and default together
	SelectEtcd             // an option of etcd: flag, environment, or only the configuration file
	SelectFile             // files found by a locator
	SelectContent          // a named judgement on parsed configuration
	SelectQuery            // a named query over objects of the Kubernetes API
)

var selectorWords = []string{"", "flag", "plugin", "gate", "setting", "etcd", "file", "content", "query"}

// Op is the comparison that a leaf makes.
type Op uint8

// The operators. OpHolds is that of a named judgement (content, query), whose
// name says what must hold; OpShow is a leaf that shows and never decides.
const (
	OpShow Op = iota
	OpIs
	OpIsNot
	OpNotExplicitly
	OpSet
	OpUnset
	OpOneOf
	OpHas
	OpLacks
	OpSubsetOf
	OpMin
	OpMax
	OpAbove
	OpModeWithin
	OpOwnedBy
	OpDiffer
	OpHolds
)

var opWords = []string{"show", "is", "is-not", "not-explicitly", "set", "unset", "one-of", "has", "lacks",
	"subset-of", "min", "max", "above", "mode-within", "owned-by", "differ", "holds"}

// Class narrows a file leaf to files of one kind, told by their content.
type Class uint8

// The classes. A file that holds a private key is a key, whatever else it holds.
const (
	AnyClass Class = iota
	Certificate
	PrivateKey
)

var classWords = []string{"", "certificate", "key"}

// Published is the vendor's printed result for a control.
type Published uint8

// The published results; the zero value says that the vendor published none.
const (
	PublishedNone Published = iota
	PublishedPass
	PublishedFail
)

var publishedWords = []string{"", "pass", "fail"}

// Confidence says how well a statement about the distribution is founded.
type Confidence uint8

// The degrees of confidence, best first.
const (
	ConfidenceUnset Confidence = iota
	Documented
	Seen
	Inferred
	NotEstablished
)

var confidenceWords = []string{"", "documented", "seen", "inferred", "notEstablished"}

// ValueType is the type of a flag, a setting or a parameter.
type ValueType uint8

// The value types. TypeList is a comma list whose repeats accumulate, TypeArray
// is repeatable without comma splitting, TypeMap is a key=value list whose
// repeats merge.
const (
	TypeUnset ValueType = iota
	TypeBool
	TypeString
	TypeInt
	TypeFloat
	TypeDuration
	TypeList
	TypeArray
	TypeMap
)

var typeWords = []string{"", "bool", "string", "int", "float", "duration", "list", "array", "map"}

// Dialect is the way in which a component reads its command line.
type Dialect uint8

// The dialects: spf13/pflag (two dashes) and the Go flag package (one or two).
const (
	DialectUnset Dialect = iota
	PFlag
	GoFlag
)

var dialectWords = []string{"", "pflag", "goflag"}

// Stage is the maturity of a feature gate.
type Stage uint8

// The stages of a feature gate.
const (
	StageUnset Stage = iota
	Alpha
	Beta
	GA
)

var stageWords = []string{"", "alpha", "beta", "ga"}

func (n Node) String() string       { return say(nodeWords, n) }
func (a Assessment) String() string { return say(assessmentWords, a) }
func (j Judge) String() string      { return say(judgeWords, j) }
func (c Component) String() string  { return say(componentWords, c) }
func (s Selector) String() string   { return say(selectorWords, s) }
func (o Op) String() string         { return say(opWords, o) }
func (c Class) String() string      { return say(classWords, c) }
func (p Published) String() string  { return say(publishedWords, p) }
func (c Confidence) String() string { return say(confidenceWords, c) }
func (t ValueType) String() string  { return say(typeWords, t) }
func (d Dialect) String() string    { return say(dialectWords, d) }
func (s Stage) String() string      { return say(stageWords, s) }

// MarshalText and UnmarshalText of the words that stand in JSON documents.

func (n Node) MarshalText() ([]byte, error)        { return []byte(n.String()), nil }
func (a Assessment) MarshalText() ([]byte, error)  { return []byte(a.String()), nil }
func (j Judge) MarshalText() ([]byte, error)       { return []byte(j.String()), nil }
func (c Component) MarshalText() ([]byte, error)   { return []byte(c.String()), nil }
func (n *Node) UnmarshalText(b []byte) error       { return hear(nodeWords, "node", b, n) }
func (a *Assessment) UnmarshalText(b []byte) error { return hear(assessmentWords, "assessment", b, a) }
func (j *Judge) UnmarshalText(b []byte) error      { return hear(judgeWords, "judge", b, j) }
func (c *Component) UnmarshalText(b []byte) error  { return hear(componentWords, "component", b, c) }
func (c *Class) UnmarshalText(b []byte) error      { return hear(classWords, "class", b, c) }
func (p *Published) UnmarshalText(b []byte) error {
	return hear(publishedWords, "published result", b, p)
}
func (c *Confidence) UnmarshalText(b []byte) error { return hear(confidenceWords, "confidence", b, c) }
func (t *ValueType) UnmarshalText(b []byte) error  { return hear(typeWords, "type", b, t) }
func (d *Dialect) UnmarshalText(b []byte) error    { return hear(dialectWords, "dialect", b, d) }
func (s *Stage) UnmarshalText(b []byte) error      { return hear(stageWords, "stage", b, s) }

func say[T ~uint8](words []string, v T) string {
	if int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("invalid(%d)", v)
}

func hear[T ~uint8](words []string, kind string, text []byte, v *T) error {
	for i, w := range words {
		if w == string(text) {
			*v = T(i)
			return nil
		}
	}
	known := words
	if len(known) > 0 && known[0] == "" {
		known = known[1:]
	}
	return fmt.Errorf("unknown %s %q: want one of %s", kind, text, strings.Join(known, ", "))
}
