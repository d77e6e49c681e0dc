package audit

import (
	"fmt"
	"strconv"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// target is one file that a locator found.
type target struct {
	file facts.File
	root facts.Root
	via  string // how it was found: "--kubeconfig of kube-scheduler"
	show bool   // evidence only: it is not what the control asks about
	code ReasonCode
	why  string // why it could not be looked at; then file holds only the path
}

// located is what a locator found. Where there is nothing to judge, otherwise says
// what follows from that.
type located struct {
	targets   []target
	otherwise outcome
}

func nothing(t truth, code ReasonCode, format string, args ...any) located {
	return located{otherwise: outcome{truth: t, code: code, reason: fmt.Sprintf(format, args...)}}
}

// files judges the mode or owner of every file that the locator finds.
func (e *evaluation) files(l catalog.Leaf) outcome {
	found := e.locate(l)
	judged := make([]outcome, 0, len(found.targets))
	var shows []Evidence
	for _, t := range found.targets {
		if t.show || l.Op == catalog.OpShow {
			shows = append(shows, e.fileEvidence(l, t, undecided, nil))
			continue
		}
		judged = append(judged, e.judgeFile(l, t))
	}
	o := found.otherwise
	if len(judged) > 0 {
		if o.reason != "" || o.code != NotEvaluated {
			judged = append(judged, o)
		}
		o = allOf(judged)
		if o.truth == met && len(judged) > 1 {
			o.reason = fmt.Sprintf("all %d: %s", len(judged), expectation(l.Op, e.wantFile(l)))
		}
	}
	for i := range shows {
		shows[i].Role, shows[i].Expected, shows[i].Met = Shows, nil, nil
	}
	o.evidence = append(o.evidence, shows...)
	return o
}

func (e *evaluation) wantFile(l catalog.Leaf) []string {
	want := e.auditor.Benchmark.Operand(l)
	if l.Op == catalog.OpModeWithin {
		return []string{want[0] + " or more restrictive"}
	}
	return want
}

func (e *evaluation) judgeFile(l catalog.Leaf, t target) outcome {
	want := e.auditor.Benchmark.Operand(l)
	var o outcome
	switch {
	case t.code != NotEvaluated:
		o = outcome{code: t.code, reason: t.why}
	case !expected(l.Name, t.file.Type):
		o = outcome{code: FactUnreadable, reason: fmt.Sprintf("%s is a %s and not what belongs there", t.file.Path, t.file.Type)}
	case l.Op == catalog.OpModeWithin:
		o = modeWithin(t.file, want[0])
	case l.Op == catalog.OpOwnedBy:
		o = e.ownedBy(t.file, want[0])
	default:
		o = outcome{code: NotEvaluated, reason: "operator " + l.Op.String() + " cannot judge a file"}
	}
	o.evidence = []Evidence{e.fileEvidence(l, t, o.truth, text(strings.Join(e.wantFile(l), ", ")))}
	return o
}

// expected reports whether an object of that type can be what a locator is about.
func expected(locator string, t facts.FileType) bool {
	switch locator {
	case "pki": // a whole tree
		return true
	case "etcd-data-dir":
		return t == facts.Directory
	}
	return t == facts.Regular
}

// modeWithin is a test of bits, special bits included, never of numbers: 0570 is a
// smaller number than 0600 and opens the group's bits all the same.
func modeWithin(f facts.File, allowed string) outcome {
	limit, err := strconv.ParseUint(allowed, 8, 12)
	if err != nil {
		return outcome{code: ValueMalformed, reason: "the limit " + allowed + " is not a mode"}
	}
	if f.Mode&^uint32(limit) == 0 {
		return outcome{truth: met, code: Met, reason: fmt.Sprintf("%s has mode %04o", f.Path, f.Mode)}
	}
	return outcome{truth: notMet, code: NotMet, reason: fmt.Sprintf("%s has mode %04o, which allows more than %s", f.Path, f.Mode, allowed)}
}

// ownedBy compares numbers. root:root is 0:0; other names are looked up in the
// host's own account files, never in a container's.
func (e *evaluation) ownedBy(f facts.File, owner string) outcome {
	user, group, _ := strings.Cut(owner, ":")
	uid, gid := 0, 0
	if owner != "root:root" {
		a := e.s.Accounts
		if a.State != facts.Present {
			return outcome{code: FactUnreadable, reason: "the account files of the host could not be read: " + a.Why}
		}
		var okU, okG bool
		uid, okU = a.Users[user]
		gid, okG = a.Groups[group]
		if !okU || !okG {
			return outcome{truth: notMet, code: NotMet, reason: fmt.Sprintf("%s belongs to %d:%d; this host has no account %s", f.Path, f.UID, f.GID, owner)}
		}
	}
	if f.UID == uid && f.GID == gid {
		return outcome{truth: met, code: Met, reason: fmt.Sprintf("%s belongs to %d:%d", f.Path, f.UID, f.GID)}
	}
	return outcome{truth: notMet, code: NotMet, reason: fmt.Sprintf("%s belongs to %d:%d, not to %s", f.Path, f.UID, f.GID, owner)}
}

func (e *evaluation) fileEvidence(l catalog.Leaf, t target, tr truth, want *string) Evidence {
	ev := Evidence{Source: string(t.file.Type), Subject: "mode", Origin: "stat", Role: Decides, Expected: want, Met: verdict(tr),
		State: facts.Present, Note: t.via}
	if ev.Source == "" {
		ev.Source = "file"
	}
	if l.Op == catalog.OpOwnedBy {
		ev.Subject = "owner"
		ev.Actual = text(fmt.Sprintf("%d:%d", t.file.UID, t.file.GID))
		if t.file.UID == 0 && t.file.GID == 0 {
			ev.Actual = text("0:0 (root:root)")
		}
	} else {
		ev.Actual = text(fmt.Sprintf("%04o", t.file.Mode))
		if l.Op == catalog.OpShow {
			ev.Subject = "mode and owner"
			ev.Actual = text(fmt.Sprintf("%04o %d:%d", t.file.Mode, t.file.UID, t.file.GID))
		}
	}
	if t.code != NotEvaluated {
		ev.State, ev.Actual, ev.Note = facts.Unreadable, nil, join(t.why, t.via)
		if t.code == FileMissing {
			ev.State = facts.Absent
		}
	}
	ev.Locator.Path = text(t.file.Path)
	if t.file.HostPath != "" {
		ev.Locator.HostPath = text(t.file.HostPath)
	}
	if pid, ok := t.root.PID(); ok {
		for i := range e.s.Processes {
			if e.s.Processes[i].PID == pid {
				loc := at(&e.s.Processes[i])
				ev.Locator.PID, ev.Locator.Container = loc.PID, loc.Container
			}
		}
	}
	if t.file.Link != "" {
		what := "its target is judged"
		if t.file.Type == facts.Link {
			what = "it is not followed here"
		}
		ev.Note = join(ev.Note, "a link to "+t.file.Link+"; "+what)
	}
	if t.file.Guard != nil && tr == notMet && l.Op == catalog.OpModeWithin {
		ev.Note = join(ev.Note, fmt.Sprintf("the directory %s has mode %04o and keeps others out", t.file.Guard.Path, t.file.Guard.Mode))
	}
	return ev
}

// stat looks at one path; a path that is not there or cannot be read is a target
// with a reason.
func (e *evaluation) stat(r facts.Root, name, via string) target {
	o := e.get(facts.Key{Kind: facts.Stat, Root: r, Path: name})
	if o.State == facts.Present && o.File != nil {
		return target{file: *o.File, root: r, via: via}
	}
	t := target{file: facts.File{Path: name}, root: r, via: via}
	t.code, t.why = troubleOf(o)
	return t
}
