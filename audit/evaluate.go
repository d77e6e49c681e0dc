package audit

import (
	"fmt"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// evaluation judges one control on one snapshot. It gathers the keys that the
// snapshot was never asked for.
//
// One evaluation may judge many controls of one snapshot, one after the other: what
// it has read of processes serves them all.
type evaluation struct {
	auditor  *Auditor
	s        *facts.Snapshot
	version  catalog.Version
	missing  []facts.Key // of the control at hand
	depends  bool        // whether what was judged so far depends on the version
	parsed   map[int]arguments
	presents map[catalog.Component]presence
}

func (a *Auditor) evaluation(s *facts.Snapshot) *evaluation {
	return &evaluation{auditor: a, s: s, version: a.kubernetes(s).version, parsed: map[int]arguments{},
		presents: map[catalog.Component]presence{}}
}

// running is the version that is judged, asked for wherever versions differ: what
// was judged then depends on it.
func (e *evaluation) running() catalog.Version {
	e.depends = true
	return e.version
}

// outcome is the answer to a requirement with the evidence that it rests on.
type outcome struct {
	truth     truth
	code      ReasonCode
	reason    string
	byDefault bool
	evidence  []Evidence
}

// get returns an observation, and notes the key when nobody has looked yet.
func (e *evaluation) get(k facts.Key) facts.Observation {
	o := e.s.Get(k)
	if o.State == facts.Unseen {
		e.missing = append(e.missing, k)
		return facts.Observation{Key: k, State: facts.Unreadable, Cause: facts.NotRecorded, Why: "not recorded in this snapshot"}
	}
	return o
}

// control judges a control. Where the running version is not known, every covered
// version is tried: only a finding on which they agree stands.
func (e *evaluation) control(c catalog.Control) Finding {
	e.missing, e.depends = nil, false
	if e.version.Known() {
		return e.at(c, e.version)
	}
	var last Finding
	var differ []string
	for i, v := range e.auditor.Benchmark.Kubernetes {
		f := e.at(c, v)
		if !e.depends {
			return f
		}
		if i > 0 && f.Status != last.Status {
			differ = append(differ, fmt.Sprintf("%s on %s, %s on %s", last.Status, e.auditor.Benchmark.Kubernetes[i-1], f.Status, v))
		}
		last = f
	}
	if len(differ) > 0 {
		last.Status, last.ReasonCode, last.Leaning = Unknown, VersionUnknown, leaningFor(c, undecided)
		last.Reason = "the running Kubernetes version is not known, and it decides: " + strings.Join(differ, ", ")
		last.ByDefault = false
	}
	return last
}

func (e *evaluation) at(c catalog.Control, v catalog.Version) Finding {
	kept := e.version
	e.version = v
	defer func() { e.version = kept }()

	var outcomes []outcome
	var remarks []string
	for _, check := range c.Checks {
		e.depends = e.depends || check.Kubernetes != (catalog.Range{})
		if !check.Kubernetes.Holds(v) {
			continue
		}
		o, r := e.check(check)
		outcomes = append(outcomes, o)
		remarks = append(remarks, r...)
	}
	if len(outcomes) == 0 {
		return Finding{Control: c.ID, Status: Unknown, ReasonCode: VersionUnknown, Leaning: leaningFor(c, undecided),
			Reason: "no check of this control is for Kubernetes " + v.String()}
	}
	return e.finding(c, allOf(outcomes), remarks)
}

// finding turns an outcome into the machine's word.
func (e *evaluation) finding(c catalog.Control, o outcome, remarks []string) Finding {
	f := Finding{Control: c.ID, ReasonCode: o.code, Reason: o.reason, ByDefault: o.byDefault,
		Evidence: distinct(o.evidence), Remarks: remarks, Leaning: leaningFor(c, o.truth)}
	switch o.truth {
	case met, notMet:
		f.ReasonCode = Met
		if o.truth == notMet {
			f.ReasonCode = NotMet
		}
		if c.Judge == catalog.Person {
			f.ReasonCode = PersonDecides
			f.ByDefault = false
		}
	case undecided:
		f.ByDefault = false
		if f.ReasonCode.Status() != Unknown {
			f.ReasonCode = NotEvaluated
		}
	case inapplicable:
		f.ByDefault = false
		if f.ReasonCode.Status() != NotApplicable {
			f.ReasonCode = NotUsed
		}
	}
	f.Status = f.ReasonCode.Status()
	return f
}

func leaningFor(c catalog.Control, t truth) *Leaning {
	if c.Judge != catalog.Person {
		return nil
	}
	l := LeaningNone
	switch t {
	case met:
		l = LeaningMet
	case notMet:
		l = LeaningNotMet
	}
	return &l
}

// check judges one check. A check that is about one component is judged once for
// each of its instances: all must meet it, and the worst decides.
func (e *evaluation) check(k catalog.Check) (outcome, []string) {
	if o, applies := e.applies(k); !applies {
		o.evidence = append(o.evidence, e.shown(k, nil)...)
		return o, nil
	}
	if k.Require.Empty() && k.Otherwise != "" {
		return outcome{truth: inapplicable, code: NoLongerExists, reason: k.Otherwise, evidence: e.shown(k, nil)}, nil
	}
	component := k.Component()
	if component == catalog.AnyComponent {
		o := e.require(k.Require, nil)
		o.evidence = append(o.evidence, e.shown(k, nil)...)
		return e.otherwise(k, o), e.remarks(k, nil)
	}
	p := e.presence(component)
	if len(p.instances) == 0 {
		return e.absent(component, p), nil
	}
	var outcomes []outcome
	var remarks []string
	for i := range p.instances {
		o := e.require(k.Require, &p.instances[i])
		o.evidence = append(o.evidence, e.shown(k, &p.instances[i])...)
		outcomes = append(outcomes, e.otherwise(k, o))
		remarks = append(remarks, e.remarks(k, &p.instances[i])...)
	}
	return allOf(outcomes), unique(remarks)
}

// otherwise turns a requirement that is not met into "does not apply" where the
// check says so: the running version has no such option any more.
func (e *evaluation) otherwise(k catalog.Check, o outcome) outcome {
	if k.Otherwise != "" && o.truth == notMet {
		o.truth, o.code, o.reason, o.byDefault = inapplicable, NoLongerExists, k.Otherwise, false
	}
	return o
}

func (e *evaluation) applies(k catalog.Check) (outcome, bool) {
	for _, c := range k.Applies {
		var o outcome
		ok := true
		switch c.Kind {
		case catalog.Runs:
			component, _ := catalog.ComponentNamed(c.Arg)
			p := e.presence(component)
			if ok = len(p.instances) > 0; !ok {
				o = e.absent(component, p)
			}
		case catalog.HasRole:
			o, ok = e.role(c.Arg)
		case catalog.EtcdMembersOver:
			o, ok = e.manyMembers()
		case catalog.FileExists:
			o, ok = e.someFile(k)
		}
		if !ok {
			return o, false
		}
	}
	return outcome{}, true
}

// shown gathers the evidence that a check shows besides what decides.
func (e *evaluation) shown(k catalog.Check, p *facts.Process) []Evidence {
	var all []Evidence
	for _, l := range k.Show {
		list := []*facts.Process{p}
		if l.Component != catalog.AnyComponent && (p == nil || p.Component != l.Component) {
			list = nil
			for _, q := range e.presence(l.Component).instances {
				list = append(list, &q)
			}
		}
		for _, q := range list {
			for _, ev := range e.leaf(l, q).evidence {
				ev.Role, ev.Met, ev.Expected = Shows, nil, nil
				all = append(all, ev)
			}
		}
	}
	return all
}

func (e *evaluation) remarks(k catalog.Check, p *facts.Process) []string {
	var said []string
	for _, r := range k.Remarks {
		if e.leaf(r.When, p).truth == met {
			said = append(said, r.Text)
		}
	}
	return said
}

// require judges a requirement.
func (e *evaluation) require(x catalog.Expr, p *facts.Process) outcome {
	switch {
	case x.Leaf != nil:
		return e.leafOnEach(*x.Leaf, p)
	case len(x.All) > 0:
		return allOf(e.each(x.All, p))
	default:
		return anyOf(e.each(x.Any, p))
	}
}

func (e *evaluation) each(list []catalog.Expr, p *facts.Process) []outcome {
	outcomes := make([]outcome, 0, len(list))
	for _, x := range list {
		outcomes = append(outcomes, e.require(x, p))
	}
	return outcomes
}

// leafOnEach judges a leaf on the instance at hand, or on every instance of its
// component where there is none at hand.
func (e *evaluation) leafOnEach(l catalog.Leaf, p *facts.Process) outcome {
	if p != nil || l.Component == catalog.AnyComponent {
		return e.leaf(l, p)
	}
	pr := e.presence(l.Component)
	if len(pr.instances) == 0 {
		return e.absent(l.Component, pr)
	}
	var outcomes []outcome
	for i := range pr.instances {
		outcomes = append(outcomes, e.leaf(l, &pr.instances[i]))
	}
	return allOf(outcomes)
}

func (e *evaluation) leaf(l catalog.Leaf, p *facts.Process) outcome {
	switch l.Selector {
	case catalog.SelectFlag, catalog.SelectSetting, catalog.SelectEtcd, catalog.SelectGate:
		if p == nil {
			return outcome{code: NotEvaluated, reason: "no process to look at"}
		}
	}
	switch l.Selector {
	case catalog.SelectFlag:
		return e.judgeValue(l, p, e.flag(p, l.Name))
	case catalog.SelectSetting:
		return e.judgeValue(l, p, e.setting(p, l.Name))
	case catalog.SelectEtcd:
		return e.judgeValue(l, p, e.etcd(p, l.Name))
	case catalog.SelectGate:
		return e.judgeValue(l, p, e.gate(p, l.Name))
	case catalog.SelectPlugin:
		return e.plugin(l, p)
	case catalog.SelectFile:
		return e.files(l)
	case catalog.SelectContent:
		return e.content(l, p)
	case catalog.SelectQuery:
		return e.query(l)
	}
	return outcome{code: NotEvaluated, reason: "nothing to look at"}
}

// at is the locator of a process.
func at(p *facts.Process) Locator {
	var l Locator
	if p == nil {
		return l
	}
	pid := p.PID
	l.PID = &pid
	if p.Container != nil && p.Container.Name != "" {
		l.Container = text(p.Container.Name)
	}
	return l
}
