package catalog

import (
	"io/fs"
	"strconv"
	"strings"
)

// Example is a control's test: a small node, and the finding that must follow.
type Example struct {
	Control    ID     `toml:"control"`
	Name       string `toml:"name"`
	Status     string `toml:"status"`      // pass, fail, manual, notApplicable, unknown
	ReasonCode string `toml:"reason_code"` // or "" where any will do
	Leaning    string `toml:"leaning"`     // for person-judged controls
	ByDefault  *bool  `toml:"by_default"`
	Says       string `toml:"says"`       // a text that reason, remarks or evidence must hold, or ""
	Kubernetes string `toml:"kubernetes"` // "1.25" to "1.31", "unknown"; "" is 1.27
	Profile    string `toml:"profile"`    // "" is mke-3.7
	Incomplete bool   `toml:"incomplete"` // not everything on the node can be seen
	// Accounts are the host's accounts beside root, as name = [uid, gid].
	Accounts map[string][2]int `toml:"accounts"`
	Process  []ExampleProcess  `toml:"process"`
	File     []ExampleFile     `toml:"file"`

	Source string `toml:"-"` // file and line
}

// ExampleProcess is a running program of an example.
type ExampleProcess struct {
	Argv      []string          `toml:"argv"` // the program first
	Exe       string            `toml:"exe"`  // "" is /usr/bin/ and the program's name
	UID       int               `toml:"uid"`
	Container string            `toml:"container"` // the name that the engine gives, or ""
	Image     string            `toml:"image"`
	Pod       string            `toml:"pod"` // "static", or the uid of an ordinary pod, or ""
	Cwd       string            `toml:"cwd"`
	Root      string            `toml:"root"` // the name of its own root directory; "" is the host's
	Env       map[string]string `toml:"env"`
	EnvDenied bool              `toml:"env_denied"`
}

// ExampleFile is a file of an example. Directories above it exist with mode 0755.
type ExampleFile struct {
	Root   string `toml:"root"` // the name of a process's root; "" is the host's
	Path   string `toml:"path"`
	Mode   string `toml:"mode"`  // octal; "" is 0600, for directories 0700
	Owner  string `toml:"owner"` // uid:gid; "" is 0:0
	Text   string `toml:"text"`
	Link   string `toml:"link"`
	Dir    bool   `toml:"dir"`
	FIFO   bool   `toml:"fifo"`
	Denied bool   `toml:"denied"` // reading it is refused
}

// LoadExamples reads example/*.toml of a benchmark directory.
func LoadExamples(fsys fs.FS, b *Benchmark) ([]Example, error) {
	var problems []error
	var all []Example
	for _, name := range tomlFiles(fsys, "example") {
		var raw struct{ Example []Example }
		src := readTOML(fsys, name, &raw, &problems)
		if src == nil {
			continue
		}
		lines := src.headers("[[example]]")
		for i, ex := range raw.Example {
			line := 0
			if i < len(lines) {
				line = lines[i]
			}
			ex.Source = name + ":" + strconv.Itoa(line)
			c, ok := b.Control(ex.Control)
			switch {
			case !ok:
				src.at(line, "an example of an unknown control %q", ex.Control)
			case ex.Name == "" || ex.Status == "":
				src.at(line, "an example of %s needs name and status", ex.Control)
			case c.Judge == Person && ex.Status == "manual" && ex.Leaning == "":
				src.at(line, "a manual example of %s needs a leaning", ex.Control)
			case c.Judge == Machine && ex.Leaning != "":
				src.at(line, "%s is judged by machine and has no leaning", ex.Control)
			}
			for _, f := range ex.File {
				if _, err := strconv.ParseUint(f.Mode, 8, 12); f.Mode != "" && err != nil {
					src.at(line, "example %q: mode %q is not octal", ex.Name, f.Mode)
				}
				if !strings.HasPrefix(f.Path, "/") {
					src.at(line, "example %q: path %q is not absolute", ex.Name, f.Path)
				}
			}
			all = append(all, ex)
		}
	}
	return all, ordered(problems)
}

// headers returns the lines on which a table header stands.
func (s *source) headers(header string) []int {
	var found []int
	for i, l := range s.lines {
		if strings.TrimSpace(l) == header {
			found = append(found, i+1)
		}
	}
	return found
}

// MissingExamples names what a control's examples leave out. A machine-judged control
// needs pass, fail and unknown; a person-judged one two manual ones with opposite
// leanings, and unknown. Of a control that hangs on the Kubernetes API only unknown
// can be shown on a node.
func MissingExamples(c Control, all []Example) []string {
	have := map[string]bool{}
	for _, ex := range all {
		if ex.Control == c.ID {
			have[strings.TrimSuffix(ex.Status+" "+ex.Leaning, " ")] = true
		}
	}
	need := []string{"pass", "fail", "unknown"}
	if c.Judge == Person {
		need = []string{"manual met", "manual notMet", "unknown"}
	}
	if c.NeedsCluster() {
		need = []string{"unknown"}
	}
	var missing []string
	for _, n := range need {
		if !have[n] {
			missing = append(missing, n)
		}
	}
	return missing
}

// NeedsCluster reports whether the control is decided by a query over objects of the
// Kubernetes API.
func (c Control) NeedsCluster() bool {
	for _, k := range c.Checks {
		for l := range k.Require.Leaves() {
			if l.Selector == SelectQuery {
				return true
			}
		}
	}
	return false
}
