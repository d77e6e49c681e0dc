package audit

import (
	"fmt"
	"path"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

func (e *evaluation) table(c catalog.Component) catalog.Table {
	return e.auditor.Benchmark.Defaults.Tables[c]
}

func (e *evaluation) args(p *facts.Process) arguments {
	a, ok := e.parsed[p.PID]
	if !ok {
		a = readArgv(p.Argv, e.table(p.Component))
		e.parsed[p.PID] = a
	}
	return a
}

// flag is an argument of the process.
func (e *evaluation) flag(p *facts.Process, name string) value {
	t := e.table(p.Component)
	e.depends = e.depends || len(t.Flags[name].Defaults) > 0
	return flagValue(e.args(p), t, name, e.version)
}

// rootOf is the root directory in which the paths on a process's command line are
// meant.
func rootOf(p *facts.Process) facts.Root {
	if p.SameRoot {
		return facts.HostRoot
	}
	return facts.PIDRoot(p.PID)
}

// in resolves a path that a process names: relative ones against its working directory.
func in(p *facts.Process, name string) (string, bool) {
	if path.IsAbs(name) {
		return path.Clean(name), true
	}
	if p.Cwd == "" {
		return "", false
	}
	return path.Join(p.Cwd, name), true
}

// pathOf is the path that an option of a process names: on the command line from
// its working directory, in a configuration file from that file's directory (the
// kubelet resolves them so).
func pathOf(p *facts.Process, v value) (string, bool) {
	if p.Component == catalog.Kubelet && v.origin == fromFile && !path.IsAbs(v.text) {
		return path.Join(path.Dir(v.path), v.text), true
	}
	return in(p, v.text)
}

// troubleOf says why an observation that is not present decides nothing.
func troubleOf(o facts.Observation) (ReasonCode, string) {
	why := o.Why
	if why == "" {
		why = o.Cause.String()
	}
	if o.State == facts.Absent {
		return FileMissing, o.Path + " does not exist"
	}
	if !strings.Contains(why, o.Path) {
		why = o.Path + ": " + why
	}
	switch o.Cause {
	case facts.Denied:
		return NeedsRights, why
	case facts.NotVisible:
		return NotVisible, why
	case facts.NotRecorded:
		return FactNotRecorded, why
	case facts.Malformed, facts.WrongKind:
		return ValueMalformed, why
	case facts.TimedOut:
		return TimedOut, why
	}
	return FactUnreadable, why
}

// setting is a field of a component's configuration: the flag beats drop-ins, which
// beat the file, which beats the default, and there are two sets of defaults. Where
// the file replaces the flags, a flag beside it is dead.
func (e *evaluation) setting(p *facts.Process, name string) value {
	s := e.table(p.Component).Settings[name]
	e.depends = e.depends || len(s.Defaults) > 0
	c := e.configFileOf(p)
	v := value{typ: s.Type, subject: name}
	if s.Flag != "" {
		v.subject = name + " (--" + s.Flag + ")"
		f := e.flag(p, s.Flag)
		f.subject = v.subject
		switch {
		case f.explicit && c.used && s.Replaces:
			v.note = fmt.Sprintf("--%s is %s, and dead: --config is used", s.Flag, f.shown())
		case f.explicit && s.FlagZero == "default" && !f.troubled() && f.isZero():
			text, ok := s.DefaultAt(e.version, c.used)
			f.fallBack(text, ok)
			f.explicit, f.origin = true, fromFlag
			f.note = join(f.note, "given as 0, which means the default of "+text)
			return f
		case f.emptied && !(c.used && s.Replaces):
			f.fallBack(s.DefaultAt(e.version, false)) // empty is unset, for the flag
			if !f.known {
				f.origin = fromFlag
			}
			if w, found := c.last(name); found {
				f.note = join(f.note, fmt.Sprintf("%s sets %s, and the empty flag beats it", w.path, show(w.value)))
			}
			return f
		case f.explicit || f.troubled():
			if w, found := c.last(name); found && !f.troubled() {
				f.note = join(f.note, fmt.Sprintf("%s sets %s, and the flag beats it", w.path, show(w.value)))
			}
			return f
		}
	}
	if c.code != NotEvaluated {
		v.trouble, v.why = c.code, c.why
		return v
	}
	if why := c.misshapen(name, s.Type); why != "" {
		v.trouble, v.why = ValueMalformed, why
		return v
	}
	if w, found := c.last(name); found && !w.empty(s.Type) {
		v.fromConfig(w, s)
		return v
	}
	text, ok := s.DefaultAt(e.version, c.used)
	v.fallBack(text, ok)
	return v
}
