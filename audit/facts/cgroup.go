package facts

import (
	"regexp"
	"strings"
)

// place is where a cgroup file puts a process: container ids from the outermost
// inwards, a containerd namespace, a pod.
type place struct {
	ids       []string
	namespace string
	task      string // the id inside that namespace
	podUID    string
}

// placeNames are the names that the engine and the kubelet give to ids.
type placeNames struct {
	containers []Container
	pods       map[string]Pod // by uid
}

var (
	containerID = regexp.MustCompile(`^[0-9a-f]{64}$`)
	podUID      = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$|^[0-9a-f]{32}$`)
	// A namespace of containerd with a dot, or its default one: other two-part
	// paths (/podruntime/kubelet) are no namespaces.
	namespaceName = regexp.MustCompile(`^(default|[A-Za-z0-9]+([._-][A-Za-z0-9]+)*\.[A-Za-z0-9]+([._-][A-Za-z0-9]+)*)$`)
	taskName      = regexp.MustCompile(`^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$`)
)

// parseCgroup reads a cgroup file of version 1, 2 or both, of the cgroupfs and the
// systemd driver. Any hierarchy that shows a pod decides that there is one. What
// stands furthest out counts first: a container may nest cgroups of any name inside
// its own, but cannot leave it. Source: cgroups(7); the path formats of docker,
// containerd, cri-o and the kubelet.
func parseCgroup(text string) place {
	var all place
	for line := range strings.Lines(text) {
		_, rest, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if !ok {
			continue
		}
		_, path, ok := strings.Cut(rest, ":")
		if !ok || !strings.HasPrefix(path, "/") {
			continue
		}
		one := parseCgroupPath(path)
		if (all.podUID == "" || all.podUID == unknownPod) && one.podUID != "" {
			// The pod's own containers are those that stand in its path.
			all.podUID, all.ids = one.podUID, one.ids
		} else if len(all.ids) == 0 && all.podUID == "" {
			all.ids = one.ids
		}
		if all.namespace == "" {
			all.namespace, all.task = one.namespace, one.task
		}
	}
	if all.podUID != "" || len(all.ids) > 0 {
		all.namespace, all.task = "", ""
	}
	return all
}

// unknownPod stands for the uid of a pod whose cgroup names none of a known form.
const unknownPod = "unknown"

func parseCgroupPath(path string) place {
	var p place
	inPods := false
	parts := strings.Split(path[1:], "/")
	for _, part := range parts {
		// containerd's fallback name joins slice, prefix and id with colons.
		for word := range strings.SplitSeq(part, ":") {
			if p.podUID == "" {
				p.podUID = podOf(word)
			}
			if name := strings.TrimSuffix(word, ".slice"); name == "kubepods" || strings.HasPrefix(name, "kubepods-") {
				inPods = true
			}
			if id := containerOf(word); id != "" {
				p.ids = append(p.ids, id)
			}
		}
	}
	if inPods && p.podUID == "" { // the kubelet's own cgroup for pods, with a uid of another form
		p.podUID = unknownPod
	}
	// A path that begins with ".." is told from inside another cgroup namespace:
	// how far out its first name stands is not known, so it is no namespace.
	if len(parts) == 2 && namespaceName.MatchString(parts[0]) && !unitName(parts[0]) &&
		taskName.MatchString(parts[1]) && !unitName(parts[1]) && !containerID.MatchString(parts[1]) {
		p.namespace, p.task = parts[0], parts[1]
	}
	return p
}

// unitOf returns the systemd service that a cgroup file names innermost, "" for none.
func unitOf(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if name := line[strings.LastIndexByte(line, '/')+1:]; strings.HasSuffix(name, ".service") {
			return textOf(name)
		}
	}
	return ""
}

func unitName(s string) bool {
	for _, suffix := range []string{".slice", ".scope", ".service", ".mount", ".socket", ".swap", ".partition"} {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}

// podOf returns the pod uid of a path element, with dashes; "" for none. Elements:
// "pod<uid>", "kubepods-burstable-pod<uid with underscores>.slice".
func podOf(word string) string {
	word = strings.TrimSuffix(word, ".slice")
	i := strings.LastIndex(word, "pod")
	if i < 0 || i > 0 && word[i-1] != '-' {
		return ""
	}
	uid := strings.ReplaceAll(word[i+len("pod"):], "_", "-")
	if !podUID.MatchString(uid) {
		return ""
	}
	return uid
}

// containerOf returns the container id of a path element, "" for none. Elements:
// "<id>", "docker-<id>.scope", "cri-containerd-<id>.scope", "crio-<id>.scope".
func containerOf(word string) string {
	word, scope := strings.CutSuffix(word, ".scope")
	if scope {
		word = word[strings.LastIndexByte(word, '-')+1:]
	}
	if containerID.MatchString(word) {
		return word
	}
	return ""
}

// static reports whether a pod uid is the hash of a manifest: the kubelet gives
// such uids, the API server gives others.
func static(uid string) bool { return len(uid) == 32 }

// resolve names a place. Of several containers that are nested in each other the
// outermost one that the engine knows is the one.
func (n placeNames) resolve(p place) (*Container, *Pod) {
	var c *Container
	for _, id := range p.ids {
		if known := n.byID(id); known != nil {
			c = known
			break
		}
	}
	switch {
	case c != nil:
	case len(p.ids) > 0:
		c = &Container{ID: p.ids[0]}
	case p.namespace != "":
		c = &Container{ID: p.task, Namespace: p.namespace}
	}
	if p.podUID == "" {
		return c, nil
	}
	pod := n.pods[p.podUID]
	pod.UID, pod.Static = p.podUID, static(p.podUID)
	return c, &pod
}

func (n placeNames) byID(id string) *Container {
	for _, c := range n.containers {
		if len(c.ID) >= 12 && strings.HasPrefix(id, c.ID) {
			found := c
			return &found
		}
	}
	return nil
}

// podNames reads pod names out of the names of the kubelet's log directories,
// NAMESPACE_NAME_UID. Names and namespaces hold no underscore.
func podNames(dirs []string) map[string]Pod {
	pods := make(map[string]Pod)
	for _, d := range dirs {
		namespace, rest, ok := strings.Cut(d, "_")
		if !ok {
			continue
		}
		i := strings.LastIndexByte(rest, '_')
		if i <= 0 || namespace == "" || !podUID.MatchString(rest[i+1:]) {
			continue
		}
		pods[rest[i+1:]] = Pod{Namespace: textOf(namespace), Name: textOf(rest[:i])}
	}
	return pods
}
