package audit

import (
	"fmt"
	"net/url"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// presence is what was seen of a component on the node.
type presence struct {
	instances []facts.Process // the distribution's own
	strangers []string        // processes that only carry the name, with why they do not count
	embedded  []string        // programs that may hold the component inside themselves
}

func (e *evaluation) presence(c catalog.Component) presence {
	if p, ok := e.presents[c]; ok {
		return p
	}
	var p presence
	for _, q := range e.s.Processes {
		switch {
		case q.Embeds != "":
			if ok, why := e.s.Trusted(q, e.auditor.Profile.Trust); ok {
				p.embedded = append(p.embedded, fmt.Sprintf("%s (pid %d)", q.Embeds, q.PID))
			} else {
				p.strangers = append(p.strangers, fmt.Sprintf("%s (pid %d) %s", q.Embeds, q.PID, why))
			}
		case q.Component == c:
			if ok, why := e.s.Trusted(q, e.auditor.Profile.Trust); ok {
				p.instances = append(p.instances, q)
			} else {
				p.strangers = append(p.strangers, fmt.Sprintf("pid %d %s", q.PID, why))
			}
		}
	}
	e.presents[c] = p
	return p
}

func (e *evaluation) runs(c catalog.Component) bool { return len(e.presence(c).instances) > 0 }

// controlPlane are the components that belong together on a master.
var controlPlane = []catalog.Component{catalog.APIServer, catalog.ControllerManager, catalog.Scheduler}

// absent says what follows when a component has no instance on the node. Only a
// complete view lets its absence be concluded.
func (e *evaluation) absent(c catalog.Component, p presence) outcome {
	unknown := func(code ReasonCode, format string, args ...any) outcome {
		return outcome{code: code, reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(p.strangers) > 0:
		return unknown(ComponentUntrusted, "only processes that carry the name of %s were seen, and none is the distribution's own: %s",
			c, strings.Join(p.strangers, "; "))
	case len(p.embedded) > 0 && c != catalog.KubeProxy:
		return unknown(ComponentEmbedded, "%s may run inside %s, where its arguments are not visible", c, strings.Join(p.embedded, ", "))
	case !e.s.View.Complete:
		return unknown(ViewIncomplete, "no %s was seen, and not everything could be seen: %s", c, strings.Join(e.s.View.Gaps, "; "))
	case !e.anyComponent():
		return unknown(NoKubernetes, "no component of Kubernetes was found on this node")
	case c == catalog.Etcd && e.runs(catalog.APIServer):
		if local, servers := e.localEtcd(); local {
			return unknown(ComponentNotRunning, "the API server uses %s, and no etcd runs here", servers)
		} else if servers != "" {
			return outcome{truth: inapplicable, code: OffNode, reason: "etcd is not on this node: the API server uses " + servers}
		}
	case e.isControlPlane(c):
		for _, other := range controlPlane {
			if other != c && e.runs(other) {
				return unknown(ComponentNotRunning, "%s runs on this node and %s does not: start it, or find out why it is down", other, c)
			}
		}
	}
	return outcome{truth: inapplicable, code: OffNode, reason: fmt.Sprintf("no %s runs on this node", c)}
}

func (e *evaluation) anyComponent() bool {
	for _, c := range catalog.Components() {
		if e.runs(c) {
			return true
		}
	}
	return false
}

func (e *evaluation) isControlPlane(c catalog.Component) bool {
	for _, k := range controlPlane {
		if k == c {
			return true
		}
	}
	return false
}

// localEtcd reports whether the API server is told to use an etcd on this machine,
// and the servers that it names.
func (e *evaluation) localEtcd() (local bool, servers string) {
	for _, p := range e.presence(catalog.APIServer).instances {
		v := e.flag(&p, "etcd-servers")
		servers = v.shown()
		for _, s := range v.elements() {
			u, err := url.Parse(s)
			if err != nil {
				continue
			}
			switch h := u.Hostname(); {
			case h == "localhost", h == "::1", h == "", strings.HasPrefix(h, "127."), h == e.s.Host.Name:
				local = true
			}
		}
	}
	return local, servers
}

// role judges the condition that the node has a role. Roles follow from what runs.
func (e *evaluation) role(name string) (outcome, bool) {
	var wanted []catalog.Component
	switch name {
	case "master":
		wanted = controlPlane
	case "worker":
		wanted = []catalog.Component{catalog.Kubelet}
	case "etcd":
		wanted = []catalog.Component{catalog.Etcd}
	}
	for _, c := range wanted {
		if p := e.presence(c); len(p.instances) > 0 || len(p.embedded) > 0 && len(p.strangers) == 0 {
			return outcome{}, true // a program that embeds the component has its role too
		}
	}
	var list []outcome
	for _, c := range wanted {
		o := e.absent(c, e.presence(c))
		if o.code == ComponentUntrusted {
			return o, false // what was seen says more than what was not
		}
		list = append(list, o)
	}
	return allOf(list), false
}

// manyMembers judges whether etcd has more than one member, as its initial cluster
// names them.
func (e *evaluation) manyMembers() (outcome, bool) {
	list := e.presence(catalog.Etcd).instances
	single := 0
	for i := range list {
		v := e.etcd(&list[i], "initial-cluster")
		switch {
		case v.troubled():
			return outcome{code: v.trouble, reason: "how many members etcd has could not be read: " + v.why}, false
		case members(v.text) > 1:
			return outcome{}, true
		case !v.explicit:
			for _, other := range []string{"discovery", "discovery-srv", "discovery-endpoints"} {
				if _, known := e.table(catalog.Etcd).Flag(other); known && e.etcd(&list[i], other).explicit {
					return outcome{code: FactUnreadable, reason: "etcd finds its members by discovery; how many it has is not visible on this node"}, false
				}
			}
			single++
		default:
			single++
		}
	}
	if single == 0 {
		return outcome{code: NotEvaluated, reason: "no etcd to look at"}, false
	}
	return outcome{truth: inapplicable, code: SingleMember,
		reason: "etcd was started with one member, and the benchmark asks this only of several"}, false
}

// members counts the names of an initial cluster: a name that is repeated is one
// member with several addresses.
func members(cluster string) int {
	names := map[string]bool{}
	for _, el := range listOf(cluster) {
		name, _, _ := strings.Cut(el, "=")
		names[strings.TrimSpace(name)] = true
	}
	return len(names)
}

// someFile judges the condition that some file of the check's locators exists.
func (e *evaluation) someFile(k catalog.Check) (outcome, bool) {
	var troubled *outcome
	var looked []string
	for l := range k.Require.Leaves() {
		if l.Selector != catalog.SelectFile {
			continue
		}
		found := e.locate(l)
		if len(found.targets) > 0 {
			return outcome{}, true
		}
		if found.otherwise.truth == undecided {
			troubled = &found.otherwise
		}
		looked = append(looked, found.otherwise.reason)
	}
	if troubled != nil {
		return *troubled, false
	}
	return outcome{truth: inapplicable, code: NotUsed, reason: summed(looked)}, false
}
