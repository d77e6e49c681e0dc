package catalog

import "strings"

// Profile is what is particular to a distribution.
type Profile struct {
	ID           string
	Title        string
	PublishedFor string            // the version that the vendor's results are for, or ""
	Applying     string            // how a configuration change is applied there, and what that does
	Kubernetes   map[string]string // product version prefix -> Kubernetes minor version
	Trust        Trust
	Paths        map[string][]string // named host paths, best guess first
	Published    map[ID]Published
}

// Trust says which running processes are the distribution's own.
type Trust struct {
	Containers     []string `toml:"containers"`      // name patterns, matched from the start: "ucp-*"
	Namespaces     []string `toml:"namespaces"`      // containerd namespaces
	StaticPods     bool     `toml:"static_pods"`     // pods that the kubelet reads from its own directory
	PodNamespaces  []string `toml:"pod_namespaces"`  // Kubernetes namespaces whose pods are the cluster's own
	OtherContainer bool     `toml:"other_container"` // root processes in containers of any other name
}

// ContainerName reports whether a container of that name is the distribution's own.
func (t Trust) ContainerName(name string) bool {
	for _, p := range t.Containers {
		prefix, wild := strings.CutSuffix(p, "*")
		if name == p || wild && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Text is what a control says to a reader, for any distribution.
type Text struct {
	Rationale   string   `toml:"rationale"`
	Impact      string   `toml:"impact"`
	Remediation string   `toml:"remediation"`
	Footnotes   []string `toml:"footnotes"`
}

// Remedy is how to remediate a control on one distribution.
type Remedy struct {
	Text           string     `toml:"text"`
	Keys           []string   `toml:"keys"`
	Fragment       string     `toml:"fragment"` // TOML that is ready to merge into the distribution's configuration
	Confidence     Confidence `toml:"confidence"`
	NotEstablished []string   `toml:"not_established"`
}

// Note is what the vendor says beside its published result, in our words.
type Note struct {
	Text  string   `toml:"text"`
	Items []string `toml:"items"`
}

// String is the note as one line.
func (n Note) String() string {
	s := strings.Join(strings.Fields(n.Text), " ")
	if len(n.Items) > 0 {
		s += " (" + strings.Join(n.Items, ", ") + ")"
	}
	return s
}
