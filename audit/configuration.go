package audit

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

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
