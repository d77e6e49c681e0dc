package audit

import (
	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// plugin judges an admission plugin by the effective set of the API server:
// (defaults + enabled) - disabled; the old --admission-control gives the whole set.
func (e *evaluation) plugin(l catalog.Leaf, p *facts.Process) outcome {
	if p == nil {
		return outcome{code: NotEvaluated, reason: "no API server to look at"}
	}
	enable, disable, old := e.flag(p, "enable-admission-plugins"), e.flag(p, "disable-admission-plugins"), e.flag(p, "admission-control")
	v := value{typ: catalog.TypeString, subject: "admission plugin " + l.Name, known: true}
	for _, f := range []value{enable, disable, old} {
		if f.troubled() {
			v.trouble, v.why = f.trouble, f.why
		}
		if f.redacted {
			v.trouble, v.why = FactUnreadable, f.subject+" was not kept in the snapshot"
		}
	}
	on := holdsAny(e.auditor.Benchmark.Defaults.PluginsOn(e.running()), []string{l.Name})
	v.origin = fromDefault
	switch {
	case old.explicit:
		on, v.origin, v.explicit = holdsAny(old.list, []string{l.Name}), fromFlag, true
		v.note = "--admission-control gives the whole set: " + old.shown()
	case holdsAny(disable.list, []string{l.Name}):
		on, v.origin, v.explicit = false, fromFlag, true
		v.note = "named in --disable-admission-plugins"
		if holdsAny(enable.list, []string{l.Name}) {
			v.note += ", which is taken off last; it is in --enable-admission-plugins too"
		}
	case holdsAny(enable.list, []string{l.Name}):
		on, v.origin, v.explicit = true, fromFlag, true
		v.note = "named in --enable-admission-plugins"
	}
	v.text = "disabled"
	if on {
		v.text = "enabled"
	}
	if !v.explicit {
		v.note = "named in neither list"
	}
	v.computed = true
	o := e.judgeValue(l, p, v)
	for _, f := range []value{enable, disable, old} {
		if f.explicit {
			ev := e.valueEvidence(catalog.Leaf{}, p, f, nil, undecided)
			ev.Role = Shows
			o.evidence = append(o.evidence, ev)
		}
	}
	return o
}
