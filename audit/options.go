package audit

import (
	"fmt"
	"path"
	"sort"
	"strconv"
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

// configuration is the configuration file of a component with its drop-ins, lowest first.
type configuration struct {
	used  bool
	files []configFile
	// trouble of the file itself: what it sets cannot be told.
	code ReasonCode
	why  string
}

type configFile struct {
	path    string
	dropIn  bool
	anyCase bool
	doc     map[string]any
}

// configFileOf reads the file of --config and, for the kubelet, the drop-ins of --config-dir.
func (e *evaluation) configFileOf(p *facts.Process) configuration {
	form := map[catalog.Component]facts.Form{catalog.Kubelet: facts.KubeletConfig, catalog.Scheduler: facts.SchedulerConfig,
		catalog.KubeProxy: facts.ProxyConfig}[p.Component]
	var c configuration
	v := e.flag(p, "config")
	if c.used = v.explicit; c.used {
		c.read(e, p, v.text, form, false)
	}
	if p.Component == catalog.Kubelet && c.code == NotEvaluated {
		if dir := e.flag(p, "config-dir"); dir.explicit {
			c.dropIns(e, p, dir.text)
		}
	}
	return c
}

func (c *configuration) read(e *evaluation, p *facts.Process, name string, form facts.Form, dropIn bool) {
	full, ok := in(p, name)
	if !ok {
		c.code, c.why = NeedsRights, "the working directory of pid "+strconv.Itoa(p.PID)+" could not be read, and "+name+" is relative to it"
		return
	}
	o := e.get(facts.Key{Kind: facts.Document, Root: rootOf(p), Path: full, Form: form})
	switch {
	case o.State == facts.Present:
		c.files = append(c.files, configFile{full, dropIn, dropIn || form == facts.EtcdConfig, o.Doc})
	case o.Cause == facts.NotRegular && form == facts.KubeletConfig && !dropIn:
		c.dropIns(e, p, full) // a directory offered as configuration is a set of drop-ins
	default:
		c.code, c.why = troubleOf(o)
	}
}

func (c *configuration) dropIns(e *evaluation, p *facts.Process, dir string) {
	names, code, why := e.dropInNames(p, dir)
	if code != NotEvaluated {
		c.code, c.why = code, why
		return
	}
	for _, name := range names {
		c.read(e, p, name, facts.KubeletDropIn, true)
	}
}

// dropInNames lists the drop-ins of a directory in the order in which the kubelet
// merges them.
func (e *evaluation) dropInNames(p *facts.Process, dir string) (names []string, code ReasonCode, why string) {
	full, ok := in(p, dir)
	if !ok {
		return nil, NeedsRights, "the working directory of pid " + strconv.Itoa(p.PID) + " could not be read"
	}
	o := e.get(facts.Key{Kind: facts.Tree, Root: rootOf(p), Path: full})
	switch {
	case o.State != facts.Present:
		code, why = troubleOf(o)
		return nil, code, why
	case o.Truncated != "":
		return nil, TooMany, full + ": " + o.Truncated
	case o.File != nil && o.File.Link != "":
		return nil, NotEvaluated, "" // the kubelet does not walk a link
	}
	for _, f := range o.Files {
		switch {
		case f.Type == facts.Directory && f.Cause != facts.NoCause:
			return nil, NeedsRights, f.Path + " may not be read"
		case strings.HasSuffix(f.Path, ".conf") && f.Type != facts.Directory:
			names = append(names, f.Path)
		}
	}
	// The kubelet walks the tree, directory by directory.
	sort.Slice(names, func(i, j int) bool {
		return strings.ReplaceAll(names[i], "/", "\x00") < strings.ReplaceAll(names[j], "/", "\x00")
	})
	return names, NotEvaluated, ""
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

type written struct {
	path   string
	dropIn bool
	value  any
}

// empty reports whether a field was written down as nothing of its type, which
// leaves it to its default.
func (w written) empty(t catalog.ValueType) bool {
	switch x := w.value.(type) {
	case nil:
		return true
	case string:
		return x == "" && (t == catalog.TypeString || t == catalog.TypeDuration || t == catalog.TypeUnset)
	case []any:
		return len(x) == 0 && (t == catalog.TypeList || t == catalog.TypeArray)
	case map[string]any:
		return len(x) == 0 && t == catalog.TypeMap
	}
	return false
}

// last finds the highest file that has a field, whatever it says.
func (c configuration) last(name string) (written, bool) {
	for i := len(c.files) - 1; i >= 0; i-- {
		if x, ok := c.files[i].lookUp(name); ok && x != nil { // null leaves what lies below
			return written{c.files[i].path, c.files[i].dropIn, x}, true
		}
	}
	return written{}, false
}

// misshapen says in which file the field is not of its type, or a parent of it is
// no mapping: the component would refuse such a file, whatever lies above or below.
func (c configuration) misshapen(name string, t catalog.ValueType) string {
	parts := strings.Split(name, ".")
	for _, f := range c.files {
		for n := 1; n < len(parts); n++ {
			x, ok := f.lookUp(strings.Join(parts[:n], "."))
			if _, isMap := x.(map[string]any); ok && x != nil && !isMap {
				return fmt.Sprintf("%s in %s is no mapping", strings.Join(parts[:n], "."), f.path)
			}
		}
		x, ok := f.lookUp(name)
		w := written{path: f.path, dropIn: f.dropIn, value: x}
		if !ok || w.empty(t) {
			continue
		}
		v := value{typ: t, subject: name}
		v.fromConfig(w, catalog.Setting{Type: t})
		if v.troubled() {
			return v.why
		}
	}
	return ""
}

// lookUp finds a field. Drop-ins and the file of etcd are decoded without regard to
// capitals, as encoding/json does.
func (f configFile) lookUp(dotted string) (any, bool) {
	if x, ok := lookUp(f.doc, dotted); ok || !f.anyCase {
		return x, ok
	}
	var x any = f.doc
	for _, part := range strings.Split(dotted, ".") {
		m, ok := x.(map[string]any)
		if !ok {
			return nil, false
		}
		found := false
		for k, y := range m {
			if strings.EqualFold(k, part) {
				x, found = y, true
			}
		}
		if !found {
			return nil, false
		}
	}
	return x, true
}

// lookUp follows a dotted path through a document.
func lookUp(doc map[string]any, dotted string) (any, bool) {
	var x any = doc
	for _, part := range strings.Split(dotted, ".") {
		m, ok := x.(map[string]any)
		if !ok {
			return nil, false
		}
		if x, ok = m[part]; !ok {
			return nil, false
		}
	}
	return x, true
}

// fromConfig takes a value as a file writes it. A value of the wrong type is a
// trouble: the component would refuse the file.
func (v *value) fromConfig(w written, s catalog.Setting) {
	v.origin, v.path = fromFile, w.path
	if w.dropIn {
		v.origin = fromDropIn
	}
	v.explicit, v.known = true, true
	wrong := func() {
		v.trouble, v.why = ValueMalformed, fmt.Sprintf("%s in %s is %s, which is not a %s", v.subject, w.path, show(w.value), s.Type)
	}
	switch x := w.value.(type) {
	case bool:
		v.text = strconv.FormatBool(x)
		if s.Type != catalog.TypeBool {
			wrong()
		}
	case float64:
		v.text = strconv.FormatFloat(x, 'f', -1, 64)
		if s.Type != catalog.TypeInt && s.Type != catalog.TypeFloat {
			wrong()
		}
	case string:
		v.text = x
		if s.Type != catalog.TypeString && s.Type != catalog.TypeDuration && s.Type != catalog.TypeUnset {
			wrong()
		}
	case []any:
		for _, el := range x {
			v.list = append(v.list, show(el))
		}
		v.text = strings.Join(v.list, ",")
		if s.Type != catalog.TypeList && s.Type != catalog.TypeArray {
			wrong()
		}
	case map[string]any:
		for k, el := range x {
			v.list = append(v.list, k+"="+show(el))
		}
		sort.Strings(v.list)
		v.text = strings.Join(v.list, ",")
		if s.Type != catalog.TypeMap {
			wrong()
		}
	default:
		wrong()
	}
	v.check()
	if s.FileZero != "" && !w.dropIn && !v.troubled() && v.isZero() { // drop-ins are merged after defaulting
		v.note = join(v.note, fmt.Sprintf("the file says %s, which the kubelet replaces by %s", v.text, s.FileZero))
		v.text = s.FileZero
	}
}

func show(x any) string {
	switch x := x.(type) {
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case nil:
		return "null"
	}
	return fmt.Sprint(x)
}

// etcd is an option of etcd: a configuration file replaces everything else, and a
// flag beats the environment.
func (e *evaluation) etcd(p *facts.Process, name string) value {
	t := e.table(catalog.Etcd)
	f := t.Flags[name]
	if file, origin := e.etcdConfigFile(p); origin != "" {
		return e.etcdFromFile(p, name, f, file)
	}
	v := flagValue(e.args(p), t, name, e.version)
	if p.EnvState != facts.Present { // it could name a configuration file, and then nothing else would count
		v.trouble, v.why = NeedsRights, "the environment of etcd (pid "+strconv.Itoa(p.PID)+") could not be read"
		if p.EnvWhy != "" {
			v.why += ": " + p.EnvWhy
		}
		return v
	}
	if v.explicit || v.emptied || v.troubled() { // a flag that is given, even empty, shadows the environment
		return v
	}
	if text := p.Env[envName(name)]; text != "" {
		w := value{typ: f.Type, subject: v.subject}
		w.take([]string{text}, t.Dialect)
		w.origin = fromEnv
		w.note = envName(name)
		return w
	}
	return v
}

func envName(flag string) string {
	return "ETCD_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// etcdConfigFile returns the configuration file of etcd and where it is named; the
// origin is empty where there is none.
func (e *evaluation) etcdConfigFile(p *facts.Process) (file, origin string) {
	if v := flagValue(e.args(p), e.table(catalog.Etcd), "config-file", e.version); v.explicit {
		return v.text, fromFlag
	}
	if name := p.Env["ETCD_CONFIG_FILE"]; name != "" {
		return name, fromEnv
	}
	return "", ""
}

func (e *evaluation) etcdFromFile(p *facts.Process, name string, f catalog.Flag, file string) value {
	v := value{typ: f.Type, subject: "--" + name}
	var c configuration
	c.read(e, p, file, facts.EtcdConfig, false)
	if c.code != NotEvaluated {
		v.trouble, v.why = c.code, c.why
		return v
	}
	key := name
	if f.Key != "" {
		key = f.Key
	}
	if e.args(p).given[name] != nil {
		v.note = "given as flag too, and dead: etcd reads only its configuration file"
	}
	if why := c.misshapen(key, f.Type); why != "" {
		v.trouble, v.why = ValueMalformed, why
		return v
	}
	w, found := c.last(key)
	if found && !w.empty(f.Type) {
		note := v.note
		v.fromConfig(w, catalog.Setting{Type: f.Type})
		v.note = join(note, v.note)
		return v
	}
	note := v.note
	v.fallBack(f.DefaultAt(e.version))
	v.note = note
	return v
}

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
