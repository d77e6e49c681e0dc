package audit

import (
	"path"
	"sort"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// pkiFlags are the flags of the control plane that name certificates and keys.
var pkiFlags = map[catalog.Component][]string{
	catalog.APIServer: {"client-ca-file", "tls-cert-file", "tls-private-key-file", "etcd-cafile", "etcd-certfile", "etcd-keyfile",
		"kubelet-client-certificate", "kubelet-client-key", "kubelet-certificate-authority", "service-account-key-file",
		"service-account-signing-key-file", "tls-sni-cert-key", "cert-dir", "requestheader-client-ca-file", "proxy-client-cert-file", "proxy-client-key-file"},
	catalog.ControllerManager: {"cluster-signing-cert-file", "cluster-signing-key-file", "root-ca-file",
		"service-account-private-key-file", "client-ca-file", "tls-cert-file", "tls-private-key-file", "requestheader-client-ca-file",
		"tls-sni-cert-key", "cert-dir", "cluster-signing-kube-apiserver-client-cert-file", "cluster-signing-kube-apiserver-client-key-file",
		"cluster-signing-kubelet-client-cert-file", "cluster-signing-kubelet-client-key-file", "cluster-signing-kubelet-serving-cert-file",
		"cluster-signing-kubelet-serving-key-file", "cluster-signing-legacy-unknown-cert-file", "cluster-signing-legacy-unknown-key-file"},
	catalog.Scheduler: {"client-ca-file", "tls-cert-file", "tls-private-key-file", "requestheader-client-ca-file", "tls-sni-cert-key", "cert-dir"},
	catalog.Etcd: {"cert-file", "key-file", "trusted-ca-file", "peer-cert-file", "peer-key-file", "peer-trusted-ca-file",
		"client-cert-file", "client-key-file", "peer-client-cert-file", "peer-client-key-file"},
}

// sharedDirs hold far more than the PKI of Kubernetes: of them only the named file
// is looked at.
var sharedDirs = map[string]bool{"/": true, "/etc": true, "/etc/ssl": true, "/etc/ssl/certs": true, "/etc/ssl/private": true,
	"/etc/pki": true, "/etc/pki/tls/certs": true, "/etc/pki/ca-trust": true, "/etc/kubernetes": true, "/tmp": true, "/var": true,
	"/var/lib": true, "/var/run": true, "/run": true, "/root": true, "/home": true, "/opt": true, "/usr": true, "/srv": true,
	"/usr/share/ca-certificates": true, "/usr/local/share/ca-certificates": true, "/var/lib/kubelet": true}

// pki finds the certificates and keys of the control plane: everything below the
// directories of the files that its flags name, or below the usual directory.
func (e *evaluation) pki(class catalog.Class) located {
	trees, named, trouble := e.pkiTrees()
	var found located
	if trouble != nil {
		found.otherwise = *trouble
	}
	if len(trees) == 0 && trouble == nil {
		for _, d := range e.auditor.Profile.Paths["pki"] {
			trees = append(trees, directory{facts.HostRoot, d})
		}
	}
	var places []string
	listed := map[directory]bool{} // the files that stand in a tree themselves
	walked := map[string]bool{}    // by the host's name, so that one volume in three containers counts once
	for _, d := range trees {
		places = append(places, d.path)
		o := e.get(facts.Key{Kind: facts.Tree, Root: d.root, Path: d.path})
		if o.State != facts.Present {
			code, why := troubleOf(o)
			found.otherwise = outcome{code: code, reason: "part of the PKI could not be looked at: " + why}
			continue
		}
		if o.File != nil {
			where := o.File.HostPath
			if where == "" && d.root == facts.HostRoot {
				where = d.path
			}
			if where != "" && walked[where] {
				for _, f := range o.Files {
					listed[directory{d.root, f.Path}] = listed[directory{d.root, f.Path}] || f.Type == facts.Regular
				}
				continue
			}
			walked[where] = true
			if class == catalog.AnyClass && o.File.Type == facts.Directory {
				found.add(target{file: *o.File, root: d.root})
			}
		}
		for _, f := range o.Files {
			if f.Type == facts.Regular {
				listed[directory{d.root, f.Path}] = true
			}
			if t, ok := pkiTarget(d, f, class); ok {
				found.add(t)
			}
		}
		if o.Truncated != "" {
			found.otherwise = outcome{code: TooMany, reason: d.path + ": " + o.Truncated}
		}
	}
	for _, f := range named {
		if !listed[f] {
			found.named(e, f, class)
		}
	}
	for _, t := range found.targets {
		if !t.show {
			return found
		}
	}
	if found.otherwise.reason == "" {
		found.otherwise = nothing(inapplicable, NotUsed, "no such file below %s", strings.Join(places, ", ")).otherwise
	}
	return found
}

// named adds a file that a flag names and that stands in no tree itself: it is a
// link, or lies behind one, and is judged by what it leads to.
func (found *located) named(e *evaluation, f directory, class catalog.Class) {
	o := e.get(facts.Key{Kind: facts.Tree, Root: f.root, Path: f.path})
	if o.State != facts.Present {
		code, why := troubleOf(o)
		found.otherwise = outcome{code: code, reason: "a file that a flag names could not be looked at: " + why}
		return
	}
	for _, file := range o.Files {
		if t, ok := pkiTarget(f, file, class); ok && !t.show {
			found.targets = append(found.targets, t)
		}
	}
}

// pkiTarget reduces an entry of a tree to what the class asks for.
func pkiTarget(d directory, f facts.File, class catalog.Class) (target, bool) {
	t := target{file: f, root: d.root}
	if f.Type == facts.Link {
		t.show = true // followed nowhere: what it leads to is judged where it lies
		return t, true
	}
	if f.Type == facts.Directory && f.Cause != facts.NoCause {
		t.code, t.why = NeedsRights, f.Path+" may not be read, so what lies below it is not known"
		return t, true
	}
	if class == catalog.AnyClass {
		return t, true
	}
	if f.Cause != facts.NoCause && f.Class == facts.ClassNone {
		t.code, t.why = NeedsRights, f.Path+": its content could not be read, so whether it is a "+class.String()+" is not known"
		return t, f.Type == facts.Regular
	}
	switch class {
	case catalog.Certificate:
		return t, f.Class == facts.ClassCertificate
	case catalog.PrivateKey:
		return t, f.Class == facts.ClassKey
	}
	return t, false
}

// pkiTrees are the directories of the files that the control plane's flags name,
// without those that lie below another of them, and the named files.
func (e *evaluation) pkiTrees() (trees, named []directory, trouble *outcome) {
	var all []directory
	for _, c := range []catalog.Component{catalog.APIServer, catalog.ControllerManager, catalog.Scheduler, catalog.Etcd} {
		pr := e.presence(c)
		for i := range pr.instances {
			p := &pr.instances[i]
			for _, name := range pkiFlags[c] {
				if _, known := e.table(c).Flag(name); !known {
					continue
				}
				v := e.flag(p, name)
				if c == catalog.Etcd {
					v = e.etcd(p, name)
				}
				if v.troubled() {
					trouble = &outcome{code: v.trouble, reason: v.subject + " is not known: " + v.why}
					continue
				}
				for _, file := range pkiPaths(name, v) {
					full, ok := in(p, file)
					if !ok {
						trouble = &outcome{code: NeedsRights, reason: file + " is relative, and the working directory of " + c.String() + " could not be read"}
						continue
					}
					d := directory{rootOf(p), path.Dir(full)}
					if name == "cert-dir" {
						all = append(all, directory{rootOf(p), full})
						continue
					}
					named = append(named, directory{rootOf(p), full})
					if sharedDirs[d.path] {
						d.path = full
					}
					all = append(all, d)
				}
			}
		}
	}
	return outermost(all), once(named), trouble
}

// pkiPaths are the paths that an option names; --tls-sni-cert-key gives a certificate
// and a key with a comma, and names after a colon.
func pkiPaths(flag string, v value) []string {
	if flag != "tls-sni-cert-key" {
		return v.elementsOf()
	}
	var paths []string
	for _, el := range v.elementsOf() {
		pair, _, _ := strings.Cut(el, ":")
		for _, p := range strings.Split(pair, ",") {
			if p != "" {
				paths = append(paths, p)
			}
		}
	}
	return paths
}

func once(list []directory) []directory {
	var kept []directory
	seen := map[directory]bool{}
	for _, d := range list {
		if !seen[d] {
			seen[d] = true
			kept = append(kept, d)
		}
	}
	return kept
}

// elementsOf are the paths that an explicit option names; commas split no path.
func (v value) elementsOf() []string {
	switch {
	case !v.explicit || v.redacted:
		return nil
	case v.typ == catalog.TypeArray || v.typ == catalog.TypeList:
		return v.list
	}
	return []string{v.text}
}

// outermost drops directories that lie below another of the same root, and repeats.
func outermost(all []directory) []directory {
	sort.Slice(all, func(i, j int) bool {
		if all[i].root != all[j].root {
			return all[i].root < all[j].root
		}
		return all[i].path < all[j].path
	})
	var kept []directory
	for _, d := range all {
		inside := false
		for _, k := range kept {
			inside = inside || k.root == d.root && (k.path == d.path || strings.HasPrefix(d.path, k.path+"/"))
		}
		if !inside {
			kept = append(kept, d)
		}
	}
	return kept
}
