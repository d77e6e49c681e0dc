package catalog

import "io/fs"

type rawTable struct {
	Component Component
	Dialect   Dialect
	Types     map[string][]string // flags of which only the type matters
	Flag      map[string]Flag
	Setting   map[string]Setting
}

// tableFiles are the files of defaults/ that describe a component.
func tableFiles(fsys fs.FS) []string {
	var names []string
	for _, name := range tomlFiles(fsys, "defaults") {
		if name != admissionFile && name != gatesFile {
			names = append(names, name)
		}
	}
	return names
}

const (
	admissionFile = "defaults/admission.toml"
	gatesFile     = "defaults/gates.toml"
)

func (l *loader) defaults(tables []decoded[rawTable]) {
	d := Defaults{Tables: map[Component]Table{}}
	var admission struct{ Plugin []Plugin }
	var gates struct{ Gate []Gate }
	for _, name := range tomlFiles(l.fsys, "defaults") {
		switch name {
		case admissionFile:
			readTOML(l.fsys, name, &admission, &l.problems)
		case gatesFile:
			readTOML(l.fsys, name, &gates, &l.problems)
		}
	}
	d.Plugins, d.Gates = admission.Plugin, gates.Gate
	for _, t := range tables {
		l.problems = append(l.problems, t.problems...)
		if t.src == nil {
			continue
		}
		t.src.problems = &l.problems
		t.raw.plainFlags(t.src)
		t.raw.check(t.src)
		d.Tables[t.raw.Component] = newTable(t.raw)
	}
	l.b.Defaults = d
}

// check reports what a table leaves out.
func (raw rawTable) check(src *source) {
	if raw.Component == AnyComponent || raw.Dialect == DialectUnset {
		src.at(0, "component and dialect are required")
	}
	for flag, f := range raw.Flag {
		if f.Type == TypeUnset {
			src.at(first1(src.keyLines(flag)), "flag %s has no type", flag)
		}
	}
	for setting, s := range raw.Setting {
		if _, ok := raw.Flag[s.Flag]; s.Flag != "" && !ok {
			src.at(first1(src.keyLines(setting)), "setting %s: there is no flag %q", setting, s.Flag)
		}
	}
}

// plainFlags adds the flags that are listed by type alone.
func (raw *rawTable) plainFlags(src *source) {
	if raw.Flag == nil {
		raw.Flag = map[string]Flag{}
	}
	for name, flags := range raw.Types {
		var t ValueType
		if err := t.UnmarshalText([]byte(name)); err != nil {
			src.at(first1(src.keyLines(name)), "%v", err)
		}
		for _, flag := range flags {
			if _, twice := raw.Flag[flag]; twice {
				src.in("", `"`+flag+`"`, "flag %s stands twice", flag)
			}
			raw.Flag[flag] = Flag{Type: t}
		}
	}
}

func newTable(raw rawTable) Table {
	t := Table{Dialect: raw.Dialect, Flags: raw.Flag, Settings: raw.Setting, shorthands: map[string]string{}}
	for name, f := range raw.Flag {
		if f.Shorthand != "" {
			t.shorthands[f.Shorthand] = name
		}
	}
	return t
}

func first1(lines []int) int {
	if len(lines) == 0 {
		return 0
	}
	return lines[0]
}
