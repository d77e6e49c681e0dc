package audit

import (
	"fmt"
	"strings"
)

// An audit policy is a list of rules of which the first that matches a request
// gives its level (Kubernetes audit.k8s.io/v1). A request here is that of an
// ordinary authenticated person in an ordinary namespace: rules that are narrowed to
// other users, groups or namespaces do not match it.

// request is what a policy is asked about.
type request struct {
	verb     string
	group    string
	resource string // with its sub-resource: "pods/exec"

	clusterWide bool // it has no namespace
}

var levels = map[string]int{"None": 0, "Metadata": 1, "Request": 2, "RequestResponse": 3}

// policyLogs judges that a policy has a rule that logs something.
func policyLogs(doc map[string]any) outcome {
	rules := list(doc["rules"])
	logging := 0
	if !shapely(doc, "omitStages") {
		return outcome{code: ValueMalformed, reason: "omitStages of the audit policy is no list"}
	}
	hidden := false // a rule that matches everything stands before
	for _, x := range rules {
		m, _ := x.(map[string]any)
		if !shapely(m, "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs", "omitStages") {
			return outcome{code: ValueMalformed, reason: "a rule of the audit policy has a text where a list belongs"}
		}
		for _, y := range list(m["resources"]) {
			if g, ok := y.(map[string]any); !ok || !shapely(g, "resources", "resourceNames") {
				return outcome{code: ValueMalformed, reason: "the resources of a rule of the audit policy are of the wrong type"}
			}
		}
		level, _ := m["level"].(string)
		n, known := levels[level]
		if !known {
			return outcome{code: ValueMalformed, reason: fmt.Sprintf("a rule of the audit policy has the level %q", level)}
		}
		if n > 0 && !silent(doc, m) && !hidden {
			logging++
		}
		hidden = hidden || matchesEverything(m)
	}
	ev := seen("rules", fmt.Sprintf("%d, of which %d log something", len(rules), logging), "at least one rule that logs", met)
	if logging == 0 {
		ev.Met = verdict(notMet)
		return outcome{truth: notMet, code: NotMet, reason: "the audit policy logs nothing", evidence: []Evidence{ev}}
	}
	return outcome{truth: met, code: Met, reason: fmt.Sprintf("the audit policy has %d rules", len(rules)), evidence: []Evidence{ev}}
}

// shapely reports whether fields are lists, or are left out.
func shapely(m map[string]any, fields ...string) bool {
	for _, f := range fields {
		if x, ok := m[f]; ok && x != nil {
			if _, isList := x.([]any); !isList {
				return false
			}
		}
	}
	return true
}

func matchesEverything(rule map[string]any) bool {
	for _, f := range []string{"users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs"} {
		if len(list(rule[f])) > 0 {
			return false
		}
	}
	return true
}

// concern is one thing that an audit policy should cover.
type concern struct {
	subject  string
	requests []request
	exactly  string // the level it should have, or ""
	atLeast  string
}

func concerns() []concern {
	var list []concern
	reading := []string{"get", "list", "watch", "create", "update", "patch", "delete"}
	for _, r := range [][2]string{{"", "secrets"}, {"", "configmaps"}} {
		c := concern{subject: r[1], exactly: "Metadata"}
		for _, v := range reading {
			c.requests = append(c.requests, request{verb: v, group: r[0], resource: r[1]})
		}
		for _, v := range []string{"list", "watch"} { // of all namespaces at once
			c.requests = append(c.requests, request{verb: v, group: r[0], resource: r[1], clusterWide: true})
		}
		list = append(list, c)
	}
	list = append(list, concern{subject: "tokenreviews (authentication.k8s.io)", exactly: "Metadata",
		requests: []request{{"create", "authentication.k8s.io", "tokenreviews", true}}})
	for _, r := range [][2]string{{"", "pods"}, {"apps", "deployments"}} {
		c := concern{subject: "changes to " + r[1], atLeast: "Metadata"}
		for _, v := range []string{"create", "update", "patch", "delete"} {
			c.requests = append(c.requests, request{verb: v, group: r[0], resource: r[1]})
		}
		list = append(list, c)
	}
	for _, r := range []string{"pods/exec", "pods/portforward", "pods/proxy", "services/proxy"} {
		list = append(list, concern{subject: r, atLeast: "Metadata", requests: []request{{verb: "create", resource: r}, {verb: "get", resource: r}}})
	}
	return list
}

// policyConcerns judges whether a policy covers what the benchmark names: secrets,
// configmaps and tokenreviews at exactly Metadata (more would leak their content),
// changes to pods and deployments, and connections into pods and services.
func policyConcerns(doc map[string]any) outcome {
	if o := policyLogs(doc); o.truth == undecided {
		return o
	}
	var o outcome
	var gaps []string
	for _, c := range concerns() {
		t, said := c.judge(doc)
		want := "at least " + c.atLeast
		if c.exactly != "" {
			want = "exactly " + c.exactly
		}
		o.evidence = append(o.evidence, seen(c.subject, said, want, t))
		if t != met {
			gaps = append(gaps, c.subject+" at "+said)
		}
	}
	ev := seen("any other request", level(doc, request{verb: "get", group: "example.org", resource: "others"}), "", undecided)
	ev.Role = Shows
	o.evidence = append(o.evidence, ev)
	if stages := texts(doc["omitStages"]); len(stages) > 0 {
		ev := seen("stages left out", strings.Join(stages, ", "), "", undecided)
		ev.Role = Shows
		o.evidence = append(o.evidence, ev)
	}
	if len(gaps) > 0 {
		o.truth, o.code, o.reason = notMet, NotMet, "the audit policy leaves gaps: "+summed(gaps)
		return o
	}
	o.truth, o.code, o.reason = met, Met, "the audit policy covers what the benchmark names"
	return o
}

func (c concern) judge(doc map[string]any) (truth, string) {
	t := met
	var said []string
	for _, r := range c.requests {
		l := level(doc, r)
		switch {
		case c.exactly != "" && l != c.exactly, c.atLeast != "" && levels[l] < levels[c.atLeast]:
			t = notMet
		}
		said = append(said, l)
	}
	return t, strings.Join(unique(said), ", ")
}

// level is the level at which a policy logs a request; a request that no rule
// matches is not logged.
func level(doc map[string]any, r request) string {
	for _, x := range list(doc["rules"]) {
		m, _ := x.(map[string]any)
		if ruleMatches(m, r) {
			l, _ := m["level"].(string)
			if silent(doc, m) {
				l = "None"
			}
			return l
		}
	}
	return "None"
}

// silent reports whether a rule leaves out the stages of an ordinary request, so that
// it logs nothing of it whatever its level. The policy's own stages add to the rule's.
func silent(doc, rule map[string]any) bool {
	omitted := append(texts(doc["omitStages"]), texts(rule["omitStages"])...)
	return holdsAll(omitted, []string{"RequestReceived", "ResponseComplete"})
}

func ruleMatches(rule map[string]any, r request) bool {
	if len(list(rule["users"])) > 0 {
		return false
	}
	if spaces := texts(rule["namespaces"]); len(spaces) > 0 && !(r.clusterWide && holdsAny(spaces, []string{""})) {
		return false // "" stands for objects without a namespace
	}
	if groups := texts(rule["userGroups"]); len(groups) > 0 && !holdsAny(groups, []string{"system:authenticated"}) {
		return false
	}
	if verbs := texts(rule["verbs"]); len(verbs) > 0 && !holdsAny(verbs, []string{r.verb}) {
		return false
	}
	resources := list(rule["resources"])
	if len(resources) == 0 {
		return len(list(rule["nonResourceURLs"])) == 0
	}
	for _, x := range resources {
		m, _ := x.(map[string]any)
		group, _ := m["group"].(string)
		if group != r.group || len(list(m["resourceNames"])) > 0 {
			continue
		}
		names := texts(m["resources"])
		if len(names) == 0 {
			return true
		}
		for _, n := range names {
			if resourceMatches(n, r.resource) {
				return true
			}
		}
	}
	return false
}

// resourceMatches follows the API server: an exact name, "*", "*/sub" for a
// sub-resource of anything, "resource/*" for any sub-resource of one.
func resourceMatches(pattern, resource string) bool {
	base, sub, hasSub := strings.Cut(resource, "/")
	switch {
	case pattern == "*", pattern == resource:
		return true
	case strings.HasPrefix(pattern, "*/"):
		return hasSub && pattern[2:] == sub
	case strings.HasSuffix(pattern, "/*"):
		return base == strings.TrimSuffix(pattern, "/*")
	}
	return false
}
