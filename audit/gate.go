package audit

import (
	"fmt"
	"strconv"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// gate is a feature gate: written out as a flag or in the kubelet's file, per gate
// and the flag first; else AllBeta or AllAlpha for its stage; else its default.
func (e *evaluation) gate(p *facts.Process, name string) value {
	v := value{typ: catalog.TypeBool, subject: "feature gate " + name}
	flags := e.flag(p, "feature-gates")
	if flags.troubled() {
		v.trouble, v.why = flags.trouble, flags.why
		return v
	}
	gates := map[string]string{}
	origin := map[string]string{}
	path := map[string]string{}
	if p.Component == catalog.Kubelet || p.Component == catalog.KubeProxy {
		c := e.configFileOf(p)
		if _, inFlags := lastOf(flags.list, name); c.code != NotEvaluated && !inFlags {
			v.trouble, v.why = c.code, c.why
			return v
		}
		for _, file := range c.files {
			x, there := file.doc["featureGates"]
			m, ok := x.(map[string]any)
			if there && x != nil && !ok {
				v.trouble, v.why = ValueMalformed, "featureGates in "+file.path+" is no mapping"
				return v
			}
			if ok {
				for k, x := range m {
					if _, isBool := x.(bool); !isBool && (k == name || k == "AllBeta" || k == "AllAlpha") {
						v.trouble, v.why = ValueMalformed, fmt.Sprintf("feature gate %s in %s is %s, which is not a bool", k, file.path, show(x))
						return v
					}
					gates[k], origin[k], path[k] = show(x), fromFile, file.path
					if file.dropIn {
						origin[k] = fromDropIn
					}
				}
			}
		}
	}
	for _, el := range flags.list {
		k, x, _ := strings.Cut(el, "=")
		gates[strings.TrimSpace(k)], origin[strings.TrimSpace(k)] = strings.TrimSpace(x), fromFlag
	}
	g, known := e.auditor.Benchmark.Defaults.GateAt(name, e.running())
	set := func(from string) value {
		v.text, v.explicit, v.known, v.origin = gates[from], true, true, origin[from]
		if v.origin == fromFlag {
			v.note = flags.note
		} else {
			v.path = path[from]
		}
		if from != name {
			v.note = join(v.note, "through "+from)
		}
		v.check()
		return v
	}
	if _, ok := gates[name]; ok {
		return set(name)
	}
	if _, ok := gates["AllBeta"]; ok && known && g.Stage == catalog.Beta {
		return set("AllBeta")
	}
	if _, ok := gates["AllAlpha"]; ok && known && g.Stage == catalog.Alpha {
		return set("AllAlpha")
	}
	if !known {
		v.fallBack("", false)
		v.note = "Kubernetes " + e.version.String() + " has no such gate"
		return v
	}
	v.fallBack(strconv.FormatBool(g.Default), true)
	return v
}

func lastOf(list []string, name string) (string, bool) {
	for i := len(list) - 1; i >= 0; i-- {
		if k, x, ok := strings.Cut(list[i], "="); ok && strings.TrimSpace(k) == name {
			return x, true
		}
	}
	return "", false
}
