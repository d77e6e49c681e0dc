package audit

import (
	"fmt"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// judgeValue applies the leaf's operator to an option's value.
func (e *evaluation) judgeValue(l catalog.Leaf, p *facts.Process, v value) outcome {
	want := e.auditor.Benchmark.Operand(l)
	if l.Op == catalog.OpDiffer {
		other := e.flag(p, first(want))
		want = []string{other.text}
		if !other.known || !v.known {
			want = nil
		}
		l.Op = catalog.OpIsNot
		if want == nil {
			return outcome{code: NotEvaluated, reason: v.subject + " and --" + other.subject + " are not both set"}
		}
	}
	o := outcome{}
	o.truth, o.code, o.reason = compare(l.Op, want, v)
	// A server with --authentication-config still obeys --anonymous-auth where it is
	// written; --authorization-config leaves nothing to --authorization-mode.
	if l.ReplacedBy != "" && (!v.explicit || v.typ == catalog.TypeList) {
		if by := e.flag(p, l.ReplacedBy); by.explicit {
			o.truth, o.code = undecided, ReplacedByFile
			o.reason = fmt.Sprintf("--%s is used and replaces %s; that file is not judged here", l.ReplacedBy, v.subject)
		}
	}
	if l.Op == catalog.OpShow {
		o = outcome{}
	}
	byDefault := !v.explicit && v.known && l.Op != catalog.OpUnset
	if o.truth == met && byDefault {
		o.byDefault = true
		if e.auditor.Explicit {
			o.truth, o.code = notMet, NotMet
			o.reason = v.subject + " is met only by default, and this site demands that it is written down"
		}
	}
	o.byDefault = o.byDefault || o.truth == notMet && byDefault
	if o.reason == "" {
		o.reason = sentence(v, l.Op, want)
	}
	o.evidence = []Evidence{e.valueEvidence(l, p, v, want, o.truth)}
	return o
}

// sentence says what was seen of a value.
func sentence(v value, op catalog.Op, want []string) string {
	switch {
	case v.explicit && op == catalog.OpSubsetOf:
		if out := outside(v.elements(), want); len(out) > 0 {
			return fmt.Sprintf("%s holds %s, outside the accepted values", v.subject, strings.Join(out, ", "))
		}
		return fmt.Sprintf("%s holds only accepted values", v.subject)
	case v.explicit || v.computed:
		return fmt.Sprintf("%s is %s (%s)", v.subject, v.shown(), v.origin)
	case v.known:
		return fmt.Sprintf("%s is not set; the default is %s", v.subject, v.shown())
	}
	return v.subject + " is not set"
}

func (e *evaluation) valueEvidence(l catalog.Leaf, p *facts.Process, v value, want []string, t truth) Evidence {
	ev := Evidence{Source: "process " + p.Component.String(), Locator: at(p), Subject: v.subject, Origin: v.origin,
		Role: Decides, Redacted: v.redacted, Note: v.note}
	if v.path != "" {
		ev.Source = p.Component.String() + " configuration"
		ev.Locator.Path = text(v.path)
	}
	if l.Op != catalog.OpShow {
		ev.Expected = text(expectation(l.Op, want))
	}
	ev.Met = verdict(t)
	switch {
	case v.troubled() && v.text == "":
		ev.State = facts.Unreadable
		ev.Note = join(ev.Note, v.why)
	case v.explicit || v.computed:
		ev.State = facts.Present
		ev.Actual = text(v.shown())
		if v.troubled() {
			ev.Note = join(ev.Note, v.why)
		}
	default:
		ev.State = facts.Absent
		if v.known {
			ev.Note = join(ev.Note, "not set: the default is "+v.shown())
		}
	}
	return ev
}

func text(s string) *string { return &s }

func verdict(t truth) *bool {
	switch t {
	case met, notMet:
		b := t == met
		return &b
	}
	return nil
}
