package audit

import (
	"fmt"
	"path"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// content makes a named judgement on parsed configuration.
func (e *evaluation) content(l catalog.Leaf, p *facts.Process) outcome {
	if p == nil && l.Name != "etcd-ca-unique" {
		pr := e.presence(catalog.APIServer)
		if len(pr.instances) == 0 {
			return e.absent(catalog.APIServer, pr)
		}
		var list []outcome
		for i := range pr.instances {
			list = append(list, e.content(l, &pr.instances[i]))
		}
		return allOf(list)
	}
	switch l.Name {
	case "encryption-covers-secrets":
		return e.document(p, "encryption-provider-config", facts.EncryptionConfig, e.coversSecrets)
	case "encryption-first-provider":
		return e.document(p, "encryption-provider-config", facts.EncryptionConfig, e.firstProvider)
	case "audit-policy-logs":
		return e.document(p, "audit-policy-file", facts.AuditPolicy, policyLogs)
	case "audit-policy-concerns":
		return e.document(p, "audit-policy-file", facts.AuditPolicy, policyConcerns)
	case "event-rate-limits":
		return e.eventRateLimits(p)
	case "etcd-ca-unique":
		return e.etcdCA()
	}
	return outcome{code: NotEvaluated, reason: "unknown judgement " + l.Name}
}

// document reads the file that a flag of the process names and judges its content.
func (e *evaluation) document(p *facts.Process, flag string, form facts.Form, judge func(doc map[string]any) outcome) outcome {
	v := e.flag(p, flag)
	switch {
	case v.redacted:
		return outcome{code: FactUnreadable, reason: v.subject + " was not kept in the snapshot"}
	case !v.explicit:
		return outcome{truth: notMet, code: NotMet, reason: v.subject + " is not set"}
	}
	full, ok := in(p, v.text)
	if !ok {
		return outcome{code: NeedsRights, reason: v.text + " is relative, and the working directory of " + p.Component.String() + " could not be read"}
	}
	obs := e.get(facts.Key{Kind: facts.Document, Root: rootOf(p), Path: full, Form: form})
	if obs.State != facts.Present {
		code, why := troubleOf(obs)
		ev := e.contentEvidence(p, full, v.subject, "", "", undecided)
		ev.State, ev.Actual, ev.Note = obs.State, nil, why
		return outcome{code: code, reason: why, evidence: []Evidence{ev}}
	}
	o := judge(obs.Doc)
	for i := range o.evidence {
		ev := e.contentEvidence(p, full, "", "", "", undecided)
		o.evidence[i].Source, o.evidence[i].Locator, o.evidence[i].Origin = ev.Source, ev.Locator, ev.Origin
		if obs.File != nil && obs.File.HostPath != "" {
			o.evidence[i].Locator.HostPath = text(obs.File.HostPath)
		}
	}
	return o
}

func (e *evaluation) contentEvidence(p *facts.Process, file, subject, actual, expected string, t truth) Evidence {
	ev := Evidence{Source: "file", Locator: at(p), Subject: subject, State: facts.Present, Origin: "content", Met: verdict(t)}
	ev.Locator.Path = text(file)
	ev.Actual, ev.Expected = text(actual), text(expected)
	if expected == "" {
		ev.Expected = nil
	}
	return ev
}

func seen(subject, actual, expected string, t truth) Evidence {
	ev := Evidence{Subject: subject, State: facts.Present, Met: verdict(t), Actual: text(actual)}
	if expected != "" {
		ev.Expected = text(expected)
	}
	return ev
}

// encryptionEntry is one entry of an EncryptionConfiguration that covers secrets.
type encryptionEntry struct {
	index     int
	resources []string
	providers []string
}

// secretEntries are the entries that cover secrets, in order. The wildcards "*."
// (the core group) and "*.*" are read from Kubernetes 1.27 on.
func (e *evaluation) secretEntries(doc map[string]any) []encryptionEntry {
	var found []encryptionEntry
	for i, x := range list(doc["resources"]) {
		m, _ := x.(map[string]any)
		entry := encryptionEntry{index: i, resources: texts(m["resources"]), providers: texts(m["providers"])}
		for _, r := range entry.resources {
			wild := (r == "*." || r == "*.*") && !e.running().Less(catalog.Version{Major: 1, Minor: 27})
			if r == "secrets" || r == "secrets." || wild { // "resource.group", and the core group is empty
				found = append(found, entry)
				break
			}
		}
	}
	return found
}

func (e *evaluation) coversSecrets(doc map[string]any) outcome {
	entries := e.secretEntries(doc)
	if len(entries) == 0 {
		return outcome{truth: notMet, code: NotMet, reason: "no entry of the encryption configuration covers secrets",
			evidence: []Evidence{seen("resources", summary(allResources(doc)), "covers secrets", notMet)}}
	}
	return outcome{truth: met, code: Met, reason: "the encryption configuration covers secrets",
		evidence: []Evidence{seen("resources", strings.Join(entries[0].resources, ", "), "covers secrets", met)}}
}

// firstProvider judges the entry that counts for secrets: the first that covers
// them. Its first provider is the one that writes; the others only read.
func (e *evaluation) firstProvider(doc map[string]any) outcome {
	entries := e.secretEntries(doc)
	if len(entries) == 0 {
		return e.coversSecrets(doc)
	}
	const want = "aescbc, kms or secretbox first"
	entry := entries[0]
	provider := first(entry.providers)
	t := notMet
	switch provider {
	case "aescbc", "kms", "secretbox":
		t = met
	}
	o := outcome{truth: t, code: Met, reason: "secrets are written with " + provider}
	if t == notMet {
		o.code = NotMet
		o.reason = "secrets are written with the provider " + orNone(provider)
		if provider == "identity" {
			o.reason = "the first provider is identity, so secrets are written in plain text"
		}
	}
	o.evidence = []Evidence{seen(fmt.Sprintf("providers of entry %d", entry.index+1), strings.Join(entry.providers, ", "), want, t)}
	for _, later := range entries[1:] {
		ev := seen(fmt.Sprintf("providers of entry %d", later.index+1), strings.Join(later.providers, ", "), "", undecided)
		ev.Role, ev.Note = Shows, "an earlier entry wins for secrets"
		o.evidence = append(o.evidence, ev)
	}
	return o
}

func allResources(doc map[string]any) []string {
	var all []string
	for _, x := range list(doc["resources"]) {
		m, _ := x.(map[string]any)
		all = append(all, texts(m["resources"])...)
	}
	return all
}

// eventRateLimits shows the limits of the EventRateLimit plugin, which does nothing
// without them.
func (e *evaluation) eventRateLimits(p *facts.Process) outcome {
	return e.admissionPlugin(p, "EventRateLimit", facts.EventRateLimitForm, func(doc map[string]any, where string) outcome {
		limits := list(doc["limits"])
		var said []string
		for _, x := range limits {
			m, _ := x.(map[string]any)
			said = append(said, fmt.Sprintf("%s qps %s burst %s", show(m["type"]), show(m["qps"]), show(m["burst"])))
		}
		ev := seen("limits of EventRateLimit", summary(said), "", undecided)
		ev.Note = where
		return outcome{truth: met, code: Met, reason: "EventRateLimit has limits", evidence: []Evidence{ev}}
	})
}

// admissionPlugin finds a plugin's configuration in the file of
// --admission-control-config-file: embedded, or in a file beside it.
func (e *evaluation) admissionPlugin(p *facts.Process, name string, form facts.Form, judge func(doc map[string]any, where string) outcome) outcome {
	v := e.flag(p, "admission-control-config-file")
	if !v.explicit {
		return outcome{truth: notMet, code: NotMet, reason: "--admission-control-config-file is not set"}
	}
	return e.document(p, "admission-control-config-file", facts.AdmissionConfig, func(doc map[string]any) outcome {
		for _, x := range list(doc["plugins"]) {
			m, _ := x.(map[string]any)
			if m["name"] != name {
				continue
			}
			if inner, ok := m["configuration"].(map[string]any); ok && len(inner) > 0 {
				return judge(inner, "embedded in "+v.text)
			}
			file, _ := m["path"].(string)
			if file == "" {
				break
			}
			if !path.IsAbs(file) {
				file = path.Join(path.Dir(v.text), file)
			}
			full, ok := in(p, file)
			if !ok {
				return outcome{code: NeedsRights, reason: file + " is relative, and the working directory of the API server could not be read"}
			}
			obs := e.get(facts.Key{Kind: facts.Document, Root: rootOf(p), Path: full, Form: form})
			if obs.State != facts.Present {
				code, why := troubleOf(obs)
				return outcome{code: code, reason: why}
			}
			return judge(obs.Doc, full)
		}
		return outcome{truth: notMet, code: NotMet, reason: "the admission configuration says nothing about " + name}
	})
}

// etcdCA judges whether etcd trusts an authority of its own: neither the file nor
// any certificate or key in it may be the API server's client CA.
func (e *evaluation) etcdCA() outcome {
	stores, servers := e.presence(catalog.Etcd), e.presence(catalog.APIServer)
	if len(stores.instances) == 0 {
		return e.absent(catalog.Etcd, stores)
	}
	var list []outcome
	for i := range stores.instances {
		etcd := &stores.instances[i]
		v := e.etcd(etcd, "trusted-ca-file")
		ev := e.valueEvidence(catalog.Leaf{Op: catalog.OpSet}, etcd, v, nil, undecided)
		switch {
		case v.troubled():
			list = append(list, outcome{code: v.trouble, reason: v.why, evidence: []Evidence{ev}})
			continue
		case !v.explicit:
			ev.Met = verdict(notMet)
			list = append(list, outcome{truth: notMet, code: NotMet, reason: "etcd names no authority of its own: --trusted-ca-file is not set", evidence: []Evidence{ev}})
			continue
		case len(servers.instances) == 0:
			o := e.absent(catalog.APIServer, servers)
			if o.truth == inapplicable {
				o = outcome{code: FactUnreadable, reason: "no API server runs on this node, so its client CA cannot be compared here"}
			}
			o.evidence = append(o.evidence, ev)
			list = append(list, o)
			continue
		}
		for j := range servers.instances {
			o := e.compareCA(etcd, v, &servers.instances[j])
			o.evidence = append([]Evidence{ev}, o.evidence...)
			list = append(list, o)
		}
	}
	return allOf(list)
}

func (e *evaluation) compareCA(etcd *facts.Process, v value, server *facts.Process) outcome {
	c := e.flag(server, "client-ca-file")
	if !c.explicit {
		return outcome{code: FactUnreadable, reason: "the API server names no client CA to compare with (see 1.2.27)"}
	}
	ours, okA := in(etcd, v.text)
	theirs, okB := in(server, c.text)
	if !okA || !okB {
		return outcome{code: NeedsRights, reason: "a CA file is named by a relative path, and the working directory could not be read"}
	}
	if ours == theirs && rootOf(etcd) == rootOf(server) {
		return outcome{truth: notMet, code: NotMet, reason: "etcd and the API server trust the same file " + ours}
	}
	a := e.get(facts.Key{Kind: facts.Certificates, Root: rootOf(etcd), Path: ours})
	b := e.get(facts.Key{Kind: facts.Certificates, Root: rootOf(server), Path: theirs})
	for _, o := range []facts.Observation{a, b} {
		if o.State != facts.Present {
			code, why := troubleOf(o)
			return outcome{code: code, reason: why}
		}
	}
	const want = "no certificate or key in common"
	evidence := []Evidence{
		e.contentEvidence(etcd, ours, "authorities that etcd trusts", fingerprints(a.Certs), want, undecided),
		e.contentEvidence(server, theirs, "client authorities of the API server", fingerprints(b.Certs), "", undecided),
	}
	t, reason := met, "etcd trusts an authority of its own"
	for _, x := range a.Certs {
		for _, y := range b.Certs {
			if x.SHA256 == y.SHA256 {
				t, reason = notMet, fmt.Sprintf("%s and %s hold the same certificate (%s)", ours, theirs, short(x.SHA256))
			} else if x.KeySHA256 != "" && x.KeySHA256 == y.KeySHA256 && t == met {
				t, reason = notMet, fmt.Sprintf("%s and %s hold certificates of the same key (%s)", ours, theirs, short(x.KeySHA256))
			}
		}
	}
	evidence[0].Met = verdict(t)
	code := Met
	if t == notMet {
		code = NotMet
	}
	return outcome{truth: t, code: code, reason: reason, evidence: evidence}
}

func fingerprints(certs []facts.Cert) string {
	var said []string
	for _, c := range certs {
		said = append(said, fmt.Sprintf("%s (SHA-256 %s)", c.Subject, short(c.SHA256)))
	}
	return summary(said)
}

func short(digest string) string {
	if len(digest) > 16 {
		return digest[:16]
	}
	return digest
}

func summary(said []string) string {
	if len(said) == 0 {
		return "none"
	}
	return strings.Join(said, ", ")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func list(x any) []any {
	l, _ := x.([]any)
	return l
}

// texts are the texts of a list; a missing list has none.
func texts(x any) []string {
	var out []string
	for _, el := range list(x) {
		if s, ok := el.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
