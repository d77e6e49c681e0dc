package audit

import (
	"fmt"
	"path"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// locate finds the files that a leaf is about. A path named on a command line is
// meant in the root directory of that process.
func (e *evaluation) locate(l catalog.Leaf) located {
	of, _ := catalog.ComponentNamed(l.Of)
	switch l.Name {
	case "path":
		return e.hostPaths(l.Of)
	case "manifest":
		return e.manifest(of)
	case "static-pods":
		return e.staticPods()
	case "kubeconfig":
		return e.kubeconfigs(of)
	case "etcd-data-dir":
		return e.etcdDataDir()
	case "pki":
		return e.pki(l.Class)
	case "cni":
		return e.cni()
	case "cni-state":
		return e.entries(facts.HostRoot, first(e.auditor.Profile.Paths["cni-state"]))
	case "kubelet-unit":
		return e.kubeletUnit()
	case "kubelet-client-ca":
		return e.namedBySetting(catalog.Kubelet, "authentication.x509.clientCAFile", "the kubelet names no client CA: see 4.2.3")
	case "kubelet-config":
		return e.kubeletConfig()
	case "flag":
		return e.namedByFlag(l.Component, l.Of)
	}
	return nothing(undecided, NotEvaluated, "unknown file locator %q", l.Name)
}

// hostPaths are the places that the profile gives for a name. Where none exists
// the file is not used.
func (e *evaluation) hostPaths(name string) located {
	var found located
	var trouble *target
	paths := e.auditor.Profile.Paths[name]
	for _, p := range paths {
		t := e.stat(facts.HostRoot, p, "")
		switch {
		case t.code == NotEvaluated:
			found.targets = append(found.targets, t)
		case t.code != FileMissing:
			trouble = &t
		}
	}
	if len(found.targets) > 0 {
		return found
	}
	if trouble != nil {
		return nothing(undecided, trouble.code, "%s", trouble.why)
	}
	return nothing(inapplicable, NotUsed, "%s does not exist on this node", strings.Join(paths, ", "))
}

// directory is a directory in a root.
type directory struct {
	root facts.Root
	path string
}

// manifestDirs are the static pod directories: what the kubelet is told, else what
// the profile expects.
func (e *evaluation) manifestDirs() ([]directory, *outcome) {
	var dirs []directory
	for _, p := range e.presence(catalog.Kubelet).instances {
		v := e.setting(&p, "staticPodPath")
		if v.troubled() {
			return nil, &outcome{code: v.trouble, reason: "the static pod directory of the kubelet is not known: " + v.why}
		}
		if v.explicit {
			full, ok := pathOf(&p, v)
			if !ok {
				return nil, &outcome{code: NeedsRights, reason: v.text + " is relative, and the working directory of the kubelet could not be read"}
			}
			dirs = append(dirs, directory{rootOf(&p), full})
		}
	}
	if len(dirs) == 0 {
		for _, d := range e.auditor.Profile.Paths["manifests"] {
			dirs = append(dirs, directory{facts.HostRoot, d})
		}
	}
	return dirs, nil
}

// manifest finds the static pod manifest of a component. Where there is none, a
// component that runs another way is the proof that none is needed.
func (e *evaluation) manifest(c catalog.Component) located {
	dirs, trouble := e.manifestDirs()
	var found located
	var places []string
	for _, d := range dirs {
		places = append(places, d.path)
		o := e.get(facts.Key{Kind: facts.List, Root: d.root, Path: d.path})
		if o.State != facts.Present {
			if o.State == facts.Unreadable && trouble == nil {
				code, why := troubleOf(o)
				trouble = &outcome{code: code, reason: why}
			}
			continue
		}
		for _, f := range o.Files {
			if e.isManifest(d, f, c) {
				found.targets = append(found.targets, e.stat(d.root, f.Path, "static pod manifest"))
			}
		}
		if o.Truncated != "" && len(found.targets) == 0 && trouble == nil {
			trouble = &outcome{code: TooMany, reason: d.path + ": " + o.Truncated}
		}
	}
	if len(found.targets) > 0 {
		if trouble != nil {
			found.otherwise = *trouble
		}
		return found
	}
	p := e.presence(c)
	switch {
	case len(p.instances) == 0 && len(p.embedded) > 0 && len(p.strangers) == 0 && trouble == nil:
		return nothing(inapplicable, RunsOtherwise, "%s does not run from a static pod manifest: it runs, if at all, inside %s", c, strings.Join(p.embedded, ", "))
	case len(p.instances) == 0:
		return located{otherwise: e.absent(c, p)}
	}
	for _, q := range p.instances {
		if q.Pod == nil {
			continue
		}
		if trouble != nil {
			return located{otherwise: *trouble}
		}
		return nothing(undecided, FileMissing, "%s runs in a pod, and no manifest of it was found in %s", c, strings.Join(places, ", "))
	}
	return nothing(inapplicable, RunsOtherwise, "%s does not run from a static pod manifest: it runs as %s", c, e.waysOf(p.instances))
}

// isManifest reports whether an entry of a static pod directory is the manifest of
// the component: by its name, or, for a file of another name, by the pod in it.
func (e *evaluation) isManifest(d directory, f facts.File, c catalog.Component) bool {
	base := path.Base(f.Path)
	if f.Type == facts.Directory || strings.HasPrefix(base, ".") {
		return false
	}
	for _, ext := range []string{".yaml", ".yml", ".manifest", ".json"} {
		if base == c.String()+ext {
			return true
		}
	}
	for _, k := range catalog.Components() {
		if strings.HasPrefix(base, k.String()+".") {
			return false // another component's, or a copy that is listed beside
		}
	}
	o := e.get(facts.Key{Kind: facts.Document, Root: d.root, Path: f.Path, Form: facts.PodManifest})
	return o.State == facts.Present && o.Doc["name"] == c.String()
}

// waysOf says how instances run, in words.
func (e *evaluation) waysOf(list []facts.Process) string {
	var ways []string
	for _, p := range list {
		_, why := e.s.Trusted(p, e.auditor.Profile.Trust)
		ways = append(ways, fmt.Sprintf("%s (pid %d)", why, p.PID))
	}
	return strings.Join(ways, ", ")
}

func (e *evaluation) staticPods() located {
	dirs, _ := e.manifestDirs()
	var all located
	for _, d := range dirs {
		all.targets = append(all.targets, e.entries(d.root, d.path).targets...)
	}
	return all
}

// entries are the files of a directory, to be shown.
func (e *evaluation) entries(r facts.Root, dir string) located {
	var found located
	if dir == "" {
		return found
	}
	o := e.get(facts.Key{Kind: facts.List, Root: r, Path: dir})
	for _, f := range o.Files {
		found.targets = append(found.targets, target{file: f, root: r, via: "in " + dir, show: true})
	}
	return found
}

// kubeconfigs finds the kubeconfig files that a component uses: by its flags, or by
// its configuration file where that replaces the flags.
func (e *evaluation) kubeconfigs(c catalog.Component) located {
	var found located
	pr := e.presence(c)
	paths := e.auditor.Profile.Paths[c.String()+"-kubeconfig"]
	if len(pr.instances) == 0 {
		if len(paths) > 0 {
			if host := e.hostPaths(c.String() + "-kubeconfig"); len(host.targets) > 0 {
				return host
			}
		}
		return located{otherwise: e.absent(c, pr)}
	}
	for i := range pr.instances {
		p := &pr.instances[i]
		named := false
		for _, v := range e.kubeconfigOptions(p) {
			switch {
			case v.troubled():
				found.otherwise = outcome{code: v.trouble, reason: "the kubeconfig of " + c.String() + " is not known: " + v.why}
			case v.redacted:
				found.otherwise = outcome{code: FactUnreadable, reason: v.subject + " was not kept in the snapshot"}
			case v.explicit:
				named = true
				found.add(e.namedFile(p, v))
			}
		}
		if !named && found.otherwise.reason == "" && len(paths) > 0 {
			if host := e.hostPaths(c.String() + "-kubeconfig"); len(host.targets) > 0 {
				found.targets = append(found.targets, host.targets...)
			} else if host.otherwise.truth == undecided {
				found.otherwise = host.otherwise
			}
		}
	}
	if c == catalog.KubeProxy { // "if it exists": a file that is named and not there is none
		var there []target
		for _, t := range found.targets {
			if t.code != FileMissing {
				there = append(there, t)
			}
		}
		found.targets = there
	}
	if len(found.targets) == 0 && found.otherwise.reason == "" {
		return nothing(inapplicable, NotUsed, "%s uses no kubeconfig file on this node", c)
	}
	return found
}

// kubeconfigOptions are the options of a component that name kubeconfig files.
func (e *evaluation) kubeconfigOptions(p *facts.Process) []value {
	t := e.table(p.Component)
	var list []value
	if _, ok := t.Settings["clientConnection.kubeconfig"]; ok {
		list = append(list, e.setting(p, "clientConnection.kubeconfig"))
	} else {
		list = append(list, e.flag(p, "kubeconfig"))
	}
	for _, name := range []string{"authentication-kubeconfig", "authorization-kubeconfig"} {
		if _, ok := t.Flag(name); ok {
			list = append(list, e.flag(p, name))
		}
	}
	return list
}

// add appends targets that are not there yet, by root and path.
func (f *located) add(more ...target) {
	for _, t := range more {
		twice := false
		for _, u := range f.targets {
			same := u.root == t.root && u.file.Path == t.file.Path
			sameOnHost := t.file.HostPath != "" && u.file.HostPath == t.file.HostPath
			twice = twice || same || sameOnHost
		}
		if !twice {
			f.targets = append(f.targets, t)
		}
	}
}

// namedFile is the file that an option of a process names.
func (e *evaluation) namedFile(p *facts.Process, v value) target {
	via := v.subject + " of " + p.Component.String()
	full, ok := pathOf(p, v)
	if !ok {
		return target{file: facts.File{Path: v.text}, root: rootOf(p), via: via, code: NeedsRights,
			why: v.text + " is relative, and the working directory of " + p.Component.String() + " could not be read"}
	}
	return e.stat(rootOf(p), full, via)
}

func (e *evaluation) namedBySetting(c catalog.Component, name, unset string) located {
	return e.named(c, unset, func(p *facts.Process) value { return e.setting(p, name) })
}

func (e *evaluation) namedByFlag(c catalog.Component, name string) located {
	return e.named(c, "--"+name+" is not set", func(p *facts.Process) value { return e.flag(p, name) })
}

func (e *evaluation) named(c catalog.Component, unset string, option func(*facts.Process) value) located {
	var found located
	pr := e.presence(c)
	if len(pr.instances) == 0 {
		return located{otherwise: e.absent(c, pr)}
	}
	for i := range pr.instances {
		p := &pr.instances[i]
		switch v := option(p); {
		case v.troubled():
			found.otherwise = outcome{code: v.trouble, reason: v.subject + " is not known: " + v.why}
		case v.redacted:
			found.otherwise = outcome{code: FactUnreadable, reason: v.subject + " was not kept in the snapshot"}
		case v.explicit:
			found.add(e.namedFile(p, v))
		}
	}
	if len(found.targets) == 0 && found.otherwise.reason == "" {
		return nothing(inapplicable, NotUsed, "%s", unset)
	}
	return found
}

// etcdDataDir is --data-dir, or what etcd makes of its name below its working directory.
func (e *evaluation) etcdDataDir() located {
	return e.named(catalog.Etcd, "etcd has no data directory", func(p *facts.Process) value {
		v := e.etcd(p, "data-dir")
		if v.explicit || v.troubled() {
			return v
		}
		name := e.etcd(p, "name")
		if name.troubled() {
			return name
		}
		if !name.known {
			name.text = "default"
		}
		v.text, v.explicit, v.known, v.origin = name.text+".etcd", true, true, fromDefault
		return v
	})
}

// kubeletConfig is the file of --config and the drop-ins beside it.
func (e *evaluation) kubeletConfig() located {
	pr := e.presence(catalog.Kubelet)
	var found located
	for i := range pr.instances {
		p := &pr.instances[i]
		v := e.flag(p, "config")
		if v.redacted {
			return nothing(undecided, FactUnreadable, "--config was not kept in the snapshot")
		}
		if !v.explicit {
			continue
		}
		var dirs []string
		t := e.namedFile(p, v)
		if t.code == NotEvaluated && t.file.Type == facts.Directory {
			t.show = true // a directory offered as configuration is a set of drop-ins
			dirs = append(dirs, v.text)
		}
		found.add(t)
		if dir := e.flag(p, "config-dir"); dir.explicit {
			dirs = append(dirs, dir.text)
		}
		for _, dir := range dirs {
			names, code, why := e.dropInNames(p, dir)
			if code != NotEvaluated {
				found.otherwise = outcome{code: code, reason: "the kubelet's drop-ins could not be listed: " + why}
			}
			for _, name := range names {
				found.add(e.stat(rootOf(p), name, "drop-in of the kubelet's configuration"))
			}
		}
	}
	if len(found.targets) == 0 && found.otherwise.reason == "" {
		found = nothing(inapplicable, NotUsed, "the kubelet runs without --config")
		if t := e.stat(facts.HostRoot, "/var/lib/kubelet/config.yaml", "stale: the running kubelet does not use it"); t.code == NotEvaluated {
			t.show = true
			found.targets = append(found.targets, t)
		}
	}
	return found
}

// kubeletUnit finds the unit file that systemd uses for the kubelet and its
// drop-ins, by systemd's own order of directories, without asking systemd. Directories
// that are not visible from here do not count where a unit was found in another.
func (e *evaluation) kubeletUnit() located {
	name := "kubelet.service"
	instances := e.presence(catalog.Kubelet).instances
	started := false // by systemd, as its control group says
	for _, p := range instances {
		if strings.Contains(p.Unit, "kubelet") {
			name, started = p.Unit, true
		}
	}
	var found located
	var denied, hidden *target
	troubled := func(t target) {
		if t.code == NotVisible {
			hidden = &t
		} else {
			denied = &t
		}
	}
	dirs := e.auditor.Profile.Paths["systemd-units"]
	for _, dir := range dirs {
		t := e.stat(facts.HostRoot, path.Join(dir, name), "unit file")
		if t.code == NotEvaluated && t.file.Type == facts.Regular {
			found.targets = append(found.targets, t)
			break
		}
		if t.code != NotEvaluated && t.code != FileMissing {
			troubled(t)
		}
	}
	seen := map[string]bool{}
	dropIns := []string{name + ".d"}
	if len(found.targets) > 0 {
		dropIns = append(dropIns, "service.d") // those of every service
	}
	for _, d := range dropIns {
		for _, dir := range dirs {
			o := e.get(facts.Key{Kind: facts.List, Root: facts.HostRoot, Path: path.Join(dir, d)})
			if o.State == facts.Unreadable {
				code, why := troubleOf(o)
				troubled(target{code: code, why: why})
			}
			for _, f := range o.Files {
				if base := path.Base(f.Path); strings.HasSuffix(base, ".conf") && !seen[base] {
					seen[base] = true // a file of the same name in an earlier directory hides this one
					if t := e.stat(facts.HostRoot, f.Path, "drop-in of the unit"); t.code != NotEvaluated || t.file.Type == facts.Regular {
						found.targets = append(found.targets, t)
					}
				}
			}
		}
	}
	if denied == nil && len(found.targets) == 0 {
		denied = hidden
	}
	switch {
	case denied != nil:
		found.otherwise = outcome{code: denied.code, reason: denied.why}
	case len(found.targets) == 0 && started:
		return nothing(undecided, FileMissing, "systemd started the kubelet as %s, and no file of that unit was found", name)
	case len(found.targets) == 0:
		return nothing(inapplicable, RunsOtherwise, "there is no systemd unit for the kubelet: it runs as %s", e.waysOf(instances))
	}
	return found
}

// cni finds the CNI configuration: the directory of the container runtime, else the
// usual one. Lock files and state of plugins are no configuration.
func (e *evaluation) cni() located {
	root, dir, trouble := e.cniDir()
	if trouble != nil {
		return located{otherwise: *trouble}
	}
	o := e.get(facts.Key{Kind: facts.List, Root: root, Path: dir})
	switch {
	case o.State == facts.Absent:
		return nothing(inapplicable, NotUsed, "there is no CNI configuration: %s does not exist", dir)
	case o.State != facts.Present:
		code, why := troubleOf(o)
		return nothing(undecided, code, "%s", why)
	}
	var found located
	if o.Truncated != "" {
		found.otherwise = outcome{code: TooMany, reason: dir + ": " + o.Truncated}
	}
	for _, f := range o.Files {
		if f.Type != facts.Directory && isCNI(path.Base(f.Path)) {
			found.targets = append(found.targets, e.stat(root, f.Path, "CNI configuration"))
		}
	}
	if len(found.targets) == 0 && found.otherwise.reason == "" {
		return nothing(inapplicable, NotUsed, "%s holds no CNI configuration", dir)
	}
	return found
}

func isCNI(name string) bool {
	for _, ext := range []string{".conf", ".conflist", ".json"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return strings.Contains(name, "kubeconfig") // a credential that plugins drop there
}

func (e *evaluation) cniDir() (facts.Root, string, *outcome) {
	for _, p := range e.presence(catalog.Kubelet).instances {
		if _, ok := e.table(catalog.Kubelet).Flag("cni-conf-dir"); ok {
			if v := e.flag(&p, "cni-conf-dir"); v.explicit && !v.redacted {
				return rootOf(&p), v.text, nil
			}
		}
	}
	for _, name := range e.auditor.Profile.Paths["containerd-config"] {
		o := e.get(facts.Key{Kind: facts.Document, Root: facts.HostRoot, Path: name, Form: facts.ContainerdConfig})
		dir, trouble := e.cniDirOf(name, o.Doc)
		if trouble != nil {
			return "", "", trouble
		}
		if dir != "" {
			return facts.HostRoot, dir, nil
		}
		if o.State == facts.Unreadable && o.Cause != facts.NotVisible {
			code, why := troubleOf(o)
			return "", "", &outcome{code: code, reason: "the CNI directory of containerd is not known: " + why}
		}
	}
	for _, name := range e.auditor.Profile.Paths["crio-config"] {
		t := e.stat(facts.HostRoot, name, "")
		if t.code != NotEvaluated && t.code != FileMissing && t.code != NotVisible {
			return "", "", &outcome{code: t.code, reason: "whether CRI-O is configured here is not known: " + t.why}
		}
		if t.code == NotEvaluated {
			return "", "", &outcome{code: FactUnreadable, reason: "CRI-O is configured here (" + name + "), and this version does not read where it keeps its CNI configuration"}
		}
	}
	return facts.HostRoot, first(e.auditor.Profile.Paths["cni"]), nil
}

// cniDirOf is the CNI directory that a configuration of containerd sets, or one of
// the files that it imports, of which the last counts; "" where none does.
func (e *evaluation) cniDirOf(name string, doc map[string]any) (dir string, trouble *outcome) {
	unread := func(o facts.Observation) {
		code, why := troubleOf(o)
		trouble = &outcome{code: code, reason: "the CNI directory of containerd is not known: " + why}
	}
	set := false
	take := func(file string, doc map[string]any, imported bool) {
		x, ok := lookUp(doc, "cni.confDir")
		text, isText := x.(string)
		_, several := lookUp(doc, "cni.confDirs")
		switch {
		case several:
			trouble = &outcome{code: FactUnreadable, reason: file + " names several CNI directories for different versions of containerd: which one runs is not known"}
		case ok && (!isText || !path.IsAbs(text)):
			trouble = &outcome{code: ValueMalformed, reason: file + " names no absolute path as the CNI directory"}
		case ok:
			dir, set = path.Clean(text), true
		case imported && set:
			trouble = &outcome{code: FactUnreadable, reason: file + " is imported and may take back the CNI directory that was set before it"}
		}
		if imported && doc["imports"] != nil && len(list(doc["imports"])) > 0 {
			trouble = &outcome{code: FactUnreadable, reason: file + " is imported and imports others, which are not followed"}
		}
	}
	take(name, doc, false)
	imports := texts(doc["imports"])
	if x := doc["imports"]; x != nil && len(list(x)) != len(imports) || x != nil && list(x) == nil {
		trouble = &outcome{code: ValueMalformed, reason: "imports in " + name + " is no list of texts"}
	}
	for _, pattern := range imports {
		if !path.IsAbs(pattern) {
			pattern = path.Join(path.Dir(name), pattern)
		}
		var files []string
		switch in, base := path.Split(pattern); {
		case strings.ContainsAny(in, "*?["):
			trouble = &outcome{code: FactUnreadable, reason: "imports in " + name + " names several directories by one pattern, which is not followed"}
		case strings.ContainsAny(base, "*?["):
			l := e.get(facts.Key{Kind: facts.List, Root: facts.HostRoot, Path: path.Clean(in)})
			if l.State == facts.Unreadable {
				unread(l)
			}
			for _, f := range l.Files {
				if ok, err := path.Match(pattern, f.Path); ok && err == nil && f.Type != facts.Directory {
					files = append(files, f.Path)
				}
			}
		default:
			files = append(files, path.Clean(pattern))
		}
		for _, file := range files {
			o := e.get(facts.Key{Kind: facts.Document, Root: facts.HostRoot, Path: file, Form: facts.ContainerdConfig})
			if o.State != facts.Present {
				unread(o)
				continue
			}
			take(file, o.Doc, true)
		}
	}
	return dir, trouble
}
