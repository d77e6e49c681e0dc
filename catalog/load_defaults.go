package catalog

import "strings"

type rawTable struct {
	Component Component
	Dialect   Dialect
	Types     map[string][]string // flags of which only the type matters
	Flag      map[string]Flag
	Setting   map[string]Setting
}

func (l *loader) defaults() {
	d := Defaults{Tables: map[Component]Table{}}
	for _, name := range tomlFiles(l.fsys, "defaults") {
		switch {
		case strings.HasSuffix(name, "/admission.toml"):
			var raw struct{ Plugin []Plugin }
			readTOML(l.fsys, name, &raw, &l.problems)
			d.Plugins = raw.Plugin
		case strings.HasSuffix(name, "/gates.toml"):
			var raw struct{ Gate []Gate }
			readTOML(l.fsys, name, &raw, &l.problems)
			d.Gates = raw.Gate
		default:
			var raw rawTable
			if src := readTOML(l.fsys, name, &raw, &l.problems); src != nil {
				raw.plainFlags(src)
				d.Tables[raw.Component] = newTable(raw)
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
		}
	}
	l.b.Defaults = d
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
