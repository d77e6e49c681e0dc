package audit

import (
	"fmt"
	"path"
	"sort"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// running is the running Kubernetes version and where it was read.
type running struct {
	version catalog.Version
	text    string // as it was written: "1.27.7" or "1.27"
	source  string
}

// kubernetes establishes the running version without running anything: from the
// images of the control plane, or from the version of the distribution.
func (a *Auditor) kubernetes(s *facts.Snapshot) running {
	for _, p := range s.Processes {
		if ok, _ := s.Trusted(p, a.Profile.Trust); !ok || p.Component == catalog.Etcd || p.Component == catalog.AnyComponent || p.Container == nil {
			continue
		}
		if tag := imageVersion(p.Container.Image, p.Component.String()); tag != "" {
			if v, err := catalog.ParseVersion(tag); err == nil {
				return running{v, strings.TrimPrefix(tag, "v"), "image of " + p.Container.Name}
			}
		}
	}
	if mke, source := s.MKEVersion(); mke != "" {
		for prefix, k := range a.Profile.Kubernetes {
			if mke == prefix || strings.HasPrefix(mke, prefix+".") {
				if v, err := catalog.ParseVersion(k); err == nil {
					return running{v, k, "MKE " + mke + " (" + source + ")"}
				}
			}
		}
	}
	return a.fromManifests(s)
}

// fromManifests reads the version from the images of static pods, where manifests
// were looked at.
func (a *Auditor) fromManifests(s *facts.Snapshot) running {
	for _, o := range s.Observations {
		if o.Form != facts.PodManifest || o.State != facts.Present {
			continue
		}
		name, _ := o.Doc["name"].(string)
		if _, known := catalog.ComponentNamed(name); !known || name == "etcd" {
			continue
		}
		for _, x := range list(o.Doc["containers"]) {
			m, _ := x.(map[string]any)
			image, _ := m["image"].(string)
			if tag := imageVersion(image, name); tag != "" {
				if v, err := catalog.ParseVersion(tag); err == nil {
					return running{v, strings.TrimPrefix(tag, "v"), "image in " + o.Path}
				}
			}
		}
	}
	return running{}
}

// versionKeys are the manifests that must be looked at before anything is judged,
// because only their images tell the running version.
func (a *Auditor) versionKeys(s *facts.Snapshot) []facts.Key {
	var keys []facts.Key
	if !a.Profile.Trust.StaticPods || a.kubernetes(s).version.Known() {
		return nil
	}
	for _, dir := range a.Profile.Paths["manifests"] {
		for _, c := range controlPlane {
			k := facts.Key{Kind: facts.Document, Root: facts.HostRoot, Path: path.Join(dir, c.String()+".yaml"), Form: facts.PodManifest}
			if s.Get(k).State == facts.Unseen {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// imageVersion is the tag of an image whose name is exactly the component's.
func imageVersion(image, component string) string {
	image, _, _ = strings.Cut(image, "@")
	i := strings.LastIndexByte(image, ':')
	if i < 0 || strings.Contains(image[i:], "/") {
		return ""
	}
	if name := image[:i]; name[strings.LastIndexByte(name, '/')+1:] != component {
		return ""
	}
	return image[i+1:]
}

// Kubernetes returns the running version as it was written, and where it was read;
// both are empty where it is not known.
func (a *Auditor) Kubernetes(s *facts.Snapshot) (version, source string) {
	r := a.kubernetes(s)
	return r.text, r.source
}

// EtcdVersion returns the version of etcd from its image, or "".
func (a *Auditor) EtcdVersion(s *facts.Snapshot) string {
	for _, p := range s.Processes {
		if ok, _ := s.Trusted(p, a.Profile.Trust); ok && p.Component == catalog.Etcd && p.Container != nil {
			if tag := imageVersion(p.Container.Image, "etcd"); tag != "" {
				return strings.TrimPrefix(tag, "v")
			}
		}
	}
	return ""
}

// Roles returns the node's roles, as what runs on it gives them. That etcd runs is
// said only where nothing else does.
func (a *Auditor) Roles(s *facts.Snapshot) []string {
	e := a.evaluation(s)
	roles := []string{}
	for _, r := range []string{"master", "worker", "etcd"} {
		if _, ok := e.role(r); ok && (r != "etcd" || len(roles) == 0) {
			roles = append(roles, r)
		}
	}
	return roles
}

// Keep returns the rule for what of a command line is recorded.
func (a *Auditor) Keep() facts.Keep { return Keep(a.Benchmark) }

// Keep returns the rule for what of a command line is recorded: the values of flags
// that the catalogue knows and that carry no secret.
func Keep(b *catalog.Benchmark) facts.Keep {
	return func(c catalog.Component, flag string) bool {
		f, ok := b.Defaults.Tables[c].Flag(flag)
		return ok && !f.Secret
	}
}

// Detect tells which profile a node is, and by what sign. Where there is no sign,
// it is the distribution that this program is for, and why is empty.
func Detect(s *facts.Snapshot) (profile, why string) {
	for _, c := range s.Containers {
		if strings.HasPrefix(c.Name, "ucp-") {
			return "mke-3.7", "container " + c.Name
		}
	}
	for _, p := range s.Processes {
		if p.Container != nil && (p.Container.Namespace == "com.docker.ucp" || strings.HasPrefix(p.Container.Name, "ucp-")) {
			return "mke-3.7", "container of pid " + fmt.Sprint(p.PID)
		}
		for _, arg := range p.Argv {
			if strings.Contains(arg, "/ucp-node-certs/") || strings.Contains(arg, "/docker/ucp/") {
				return "mke-3.7", "a path on the command line of " + p.Component.String()
			}
		}
	}
	for _, p := range s.Processes {
		if p.Pod != nil && p.Pod.Static {
			return "kubeadm", p.Component.String() + " is a static pod"
		}
		for _, arg := range p.Argv {
			if strings.Contains(arg, "/etc/kubernetes/") {
				return "kubeadm", "/etc/kubernetes on the command line of " + p.Component.String()
			}
		}
	}
	return "mke-3.7", ""
}

// Warnings are what a reader must know before reading findings: versions that the
// checks were not written for, processes that were not believed, and what could not
// be seen.
func (a *Auditor) Warnings(s *facts.Snapshot) []string {
	warnings := append([]string{}, s.Warnings...)
	if r := a.kubernetes(s); !r.version.Known() {
		warnings = append(warnings, "the running Kubernetes version is not known: findings on which 1.25 to 1.27 differ are unknown")
	} else if !a.covers(r.version) {
		warnings = append(warnings, fmt.Sprintf("Kubernetes %s runs here, and the checks were written for 1.25 to 1.27: read findings with care", r.text))
	}
	if mke, _ := s.MKEVersion(); mke != "" && a.Profile.PublishedFor != "" && mke != a.Profile.PublishedFor {
		warnings = append(warnings, fmt.Sprintf("MKE %s runs here, and the vendor's results are for %s", mke, a.Profile.PublishedFor))
	}
	for _, p := range s.Processes {
		if ok, why := s.Trusted(p, a.Profile.Trust); !ok && p.Embeds == "" {
			warnings = append(warnings, fmt.Sprintf("pid %d calls itself %s and is not judged: %s", p.PID, p.Component, why))
		}
	}
	if !s.View.Complete {
		warnings = append(warnings, "not everything on this node could be seen: "+strings.Join(s.View.Gaps, "; "))
	}
	return warnings
}

func (a *Auditor) covers(v catalog.Version) bool {
	for _, k := range a.Benchmark.Kubernetes {
		if k == v {
			return true
		}
	}
	return false
}

// Plan lists what an audit of a node touches, as sentences, and the keys that it
// asked for on this snapshot.
func (a *Auditor) Plan(s *facts.Snapshot) []string {
	lines := []string{
		"every /proc/PID/cmdline and the link /proc/PID/exe; of programs that are or claim to be a component also status, cgroup, cwd, root, mountinfo and ns/mnt",
		"of etcd also /proc/PID/environ, of which only ETCD_* variables are kept",
		"one request to the local Docker socket: the list of running containers",
		"/etc/passwd and /etc/group for the accounts root and etcd, /etc/machine-id for the node's id, /var/log/pods for the names of pods",
	}
	var keys []string
	for _, o := range s.Observations {
		keys = append(keys, o.Key.String())
	}
	sort.Strings(keys)
	return append(lines, keys...)
}
