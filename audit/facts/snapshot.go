package facts

import (
	"sort"
	"strings"
	"time"

	"mkeaudit/catalog"
)

// SnapshotVersion is the version of the snapshot format.
const SnapshotVersion = "1"

// Snapshot is everything that was observed on one node in one run. It is
// immutable: With returns a copy that holds more.
type Snapshot struct {
	SchemaVersion string        `json:"schemaVersion"`
	Tool          string        `json:"tool"`             // name and version of the program that recorded it
	Origin        string        `json:"origin,omitempty"` // for a demonstration: how it came to be, in words
	RecordedAt    time.Time     `json:"recordedAt"`
	Host          Host          `json:"host"`
	View          View          `json:"view"`
	Containers    []Container   `json:"containers,omitempty"` // the distribution's own, as the engine lists them
	Engine        Engine        `json:"engine"`
	Processes     []Process     `json:"processes"` // candidates only: programs that are, or say they are, a component
	Accounts      Accounts      `json:"accounts"`
	Observations  []Observation `json:"observations"` // by key
	Warnings      []string      `json:"warnings,omitempty"`

	byKey map[Key]int
}

// Host identifies the node.
type Host struct {
	Name string `json:"name"`
	ID   string `json:"id"` // SHA-256 of the machine id with a salt of ours, or of the name where there is none; hex
}

// View says how much of the node could be seen. Only a complete view lets the
// absence of a process be concluded.
type View struct {
	EUID     int      `json:"euid"`
	Complete bool     `json:"complete"`
	Gaps     []string `json:"gaps,omitempty"` // why it is not: "not root", "not the initial pid namespace", "hidepid=2 on /proc"
}

// Engine says whether a container engine could be asked for names.
type Engine struct {
	State State  `json:"state"`
	Why   string `json:"why,omitempty"`
}

// Container is a container as its engine names it.
type Container struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name,omitempty"` // without the leading slash; "" where no engine named it
	Image     string `json:"image,omitempty"`
	Version   string `json:"version,omitempty"`   // label com.docker.ucp.version
	Namespace string `json:"namespace,omitempty"` // containerd namespace, where the cgroup shows one
}

// Pod is the pod in whose cgroup a process runs.
type Pod struct {
	UID       string `json:"uid"`
	Namespace string `json:"namespace,omitempty"` // as the kubelet's own log directory names it
	Name      string `json:"name,omitempty"`
	Static    bool   `json:"static,omitempty"` // its uid is the hash of a manifest, which only the kubelet gives
}

// Process is a running program that is a component, or says it is.
type Process struct {
	PID       int               `json:"pid"`
	Component catalog.Component `json:"component"`
	// Argv are the arguments after the program's name, in order, with the values of
	// flags that the component does not know or that carry secrets replaced by Redacted.
	Argv  []string `json:"argv"`
	Exe   string   `json:"exe,omitempty"` // without " (deleted)"; "" where the link could not be read
	Argv0 string   `json:"argv0"`
	UIDs  []int    `json:"uids,omitempty"` // real, effective, saved, file system; empty where unreadable
	Cwd   string   `json:"cwd,omitempty"`  // in its own root; "" where unreadable
	// Unit is the systemd service in whose control group it runs, or "".
	Unit string `json:"unit,omitempty"`
	// SameRoot says that its root directory and mount namespace are the host's.
	SameRoot  bool       `json:"sameRoot,omitempty"`
	Container *Container `json:"container,omitempty"`
	Pod       *Pod       `json:"pod,omitempty"`
	// Doubt says why this is not an instance of the component although it carries its
	// name, or is empty: "exe is /usr/bin/sleep".
	Doubt string `json:"doubt,omitempty"`
	// Embeds names a program that holds the component inside itself (k3s, k0s,
	// kubelite), so that its arguments are not visible. Component is then AnyComponent.
	Embeds string `json:"embeds,omitempty"`
	// Env are the ETCD_* variables of etcd and nothing else.
	Env      map[string]string `json:"env,omitempty"`
	EnvState State             `json:"envState,omitzero"`
	EnvWhy   string            `json:"envWhy,omitempty"`
}

// Redacted stands in the place of a value that was not kept.
const Redacted = "[redacted]"

// Accounts are the host's own account names that controls ask for.
type Accounts struct {
	State  State          `json:"state"`
	Why    string         `json:"why,omitempty"`
	Users  map[string]int `json:"users,omitempty"`  // name -> uid, of the names that were asked for
	Groups map[string]int `json:"groups,omitempty"` // name -> gid
}

// Get returns the observation at a key. What was never looked at is Unseen.
func (s *Snapshot) Get(k Key) Observation {
	if i, ok := s.byKey[k]; ok {
		return s.Observations[i]
	}
	return Observation{Key: k}
}

// With returns a snapshot that also holds these observations. A key that is
// there already keeps its first observation.
func (s *Snapshot) With(more ...Observation) *Snapshot {
	c := *s
	c.Observations = append(make([]Observation, 0, len(s.Observations)+len(more)), s.Observations...)
	seen := make(map[Key]bool, len(c.Observations))
	for _, o := range c.Observations {
		seen[o.Key] = true
	}
	for _, o := range more {
		if !seen[o.Key] {
			seen[o.Key] = true
			c.Observations = append(c.Observations, o)
		}
	}
	sort.Slice(c.Observations, func(i, j int) bool { return less(c.Observations[i].Key, c.Observations[j].Key) })
	c.index()
	return &c
}

func (s *Snapshot) index() {
	s.byKey = make(map[Key]int, len(s.Observations))
	for i, o := range s.Observations {
		s.byKey[o.Key] = i
	}
}

func less(a, b Key) bool {
	if a.Root != b.Root {
		return a.Root < b.Root
	}
	if a.Path != b.Path {
		return a.Path < b.Path
	}
	if a.Kind != b.Kind {
		return a.Kind < b.Kind
	}
	return a.Form < b.Form
}

// Trusted reports whether a process is the distribution's own instance of its
// component, and why or why not. A process that only carries the name must not
// give the audit its verdict.
func (s *Snapshot) Trusted(p Process, t catalog.Trust) (bool, string) {
	switch {
	case p.Doubt != "":
		return false, p.Doubt
	case p.Container != nil && p.Container.Name != "" && p.Pod == nil && t.ContainerName(p.Container.Name):
		return true, "container " + p.Container.Name
	case p.Container != nil && p.Container.Namespace != "" && contains(t.Namespaces, p.Container.Namespace):
		return true, "containerd namespace " + p.Container.Namespace
	case p.Pod != nil && p.Pod.Static && t.StaticPods:
		return true, "static pod " + p.Pod.label()
	case p.Pod != nil && p.Pod.Namespace != "" && contains(t.PodNamespaces, p.Pod.Namespace):
		return true, "pod " + p.Pod.label()
	case p.Pod != nil:
		return false, "runs in pod " + p.Pod.label()
	case p.Container != nil && strings.HasPrefix(p.Container.Name, "k8s_"):
		return false, "runs in container " + p.Container.Name + " of a pod"
	case p.Container != nil && p.Container.Name != "" && !t.OtherContainer:
		return false, "runs in container " + p.Container.Name + ", which is not the distribution's"
	case p.Container != nil && p.Container.Name == "" && !t.OtherContainer:
		return false, "runs in a container whose name is not known, because the container engine could not be asked"
	case len(p.UIDs) == 0:
		return false, "its user could not be read"
	case allZero(p.UIDs):
		return true, "root process outside every pod"
	case p.Component == catalog.Etcd && s.Accounts.Users["etcd"] != 0 && p.UIDs[0] == s.Accounts.Users["etcd"]:
		return true, "process of the host's account etcd, outside every pod"
	}
	return false, "runs as a user who is not root"
}

func (p Pod) label() string {
	if p.Name != "" {
		return p.Namespace + "/" + p.Name
	}
	return p.UID
}

func allZero(ids []int) bool {
	for _, id := range ids {
		if id != 0 {
			return false
		}
	}
	return true
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// MKEVersion returns the version of Mirantis Kubernetes Engine that the
// distribution's containers carry, and where it was read; "" where none does.
func (s *Snapshot) MKEVersion() (version, source string) {
	for _, c := range s.Containers {
		if c.Version != "" && strings.HasPrefix(c.Name, "ucp-") { // anybody's image can carry the label
			return c.Version, "label com.docker.ucp.version of " + c.Name
		}
	}
	for _, c := range s.Containers {
		if strings.HasPrefix(c.Name, "ucp-") {
			if _, tag := imageTag(c.Image); tag != "" {
				return tag, "image tag of " + c.Name
			}
		}
	}
	return "", ""
}

// imageTag splits an image reference into repository and tag; a digest is no tag.
func imageTag(image string) (repository, tag string) {
	image, _, _ = strings.Cut(image, "@")
	i := strings.LastIndexByte(image, ':')
	if i < 0 || strings.Contains(image[i:], "/") {
		return image, ""
	}
	return image[:i], image[i+1:]
}
