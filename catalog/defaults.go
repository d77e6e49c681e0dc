package catalog

// Defaults is what the audited components do when nobody tells them: the type of
// every flag, and the value of those that a control judges, by version.
type Defaults struct {
	Tables  map[Component]Table
	Plugins []Plugin
	Gates   []Gate
}

// Table describes the options of one component.
type Table struct {
	Dialect    Dialect
	Flags      map[string]Flag
	Settings   map[string]Setting
	shorthands map[string]string
}

// Flag returns the flag of that name; ok is false for a flag the component does
// not know in any covered version.
func (t Table) Flag(name string) (f Flag, ok bool) {
	f, ok = t.Flags[name]
	return f, ok
}

// Shorthand returns the name of the flag with that one-letter form.
func (t Table) Shorthand(letter string) (string, bool) {
	name, ok := t.shorthands[letter]
	return name, ok
}

// Flag is one command line option.
type Flag struct {
	Type      ValueType   `toml:"type"`
	Shorthand string      `toml:"shorthand"`
	Secret    bool        `toml:"secret"` // its value may carry a secret and is never kept
	Key       string      `toml:"key"`    // etcd: the key in the configuration file where it differs from the name
	Default   *string     `toml:"default"`
	Defaults  []Versioned `toml:"defaults"`
}

// DefaultAt returns the default in that version; ok is false where there is none,
// which for strings and lists means empty.
func (f Flag) DefaultAt(v Version) (string, bool) { return defaultAt(f.Default, f.Defaults, v) }

// Setting is one field of a component's configuration file together with the flag
// that competes with it.
type Setting struct {
	Flag              string      `toml:"flag"`
	Type              ValueType   `toml:"type"`
	Default           *string     `toml:"default"`             // without a configuration file
	DefaultWithConfig *string     `toml:"default_with_config"` // with one that leaves the field out; absent: the same
	Defaults          []Versioned `toml:"defaults"`
	FileZero          string      `toml:"file_zero"` // what a zero in the file is replaced by, or ""
	FlagZero          string      `toml:"flag_zero"` // "default": a zero given as flag means the default
	Replaces          bool        `toml:"replaces"`  // the flag is dead as soon as a configuration file is used
}

// DefaultAt returns the default in that version, with or without a configuration file.
func (s Setting) DefaultAt(v Version, withConfig bool) (string, bool) {
	if withConfig && s.DefaultWithConfig != nil {
		return *s.DefaultWithConfig, true
	}
	return defaultAt(s.Default, s.Defaults, v)
}

// Versioned is a value that holds in a range of Kubernetes versions.
type Versioned struct {
	Kubernetes Range  `toml:"kubernetes"`
	Value      string `toml:"value"`
}

func defaultAt(fixed *string, byVersion []Versioned, v Version) (string, bool) {
	for _, d := range byVersion {
		if d.Kubernetes.Holds(v) {
			return d.Value, true
		}
	}
	if fixed != nil {
		return *fixed, true
	}
	return "", false
}

// Plugin is an admission plugin of the API server.
type Plugin struct {
	Name       string `toml:"name"`
	Default    bool   `toml:"default"`
	Kubernetes Range  `toml:"kubernetes"` // where the statement holds
	Removed    string `toml:"removed"`    // the version that dropped it, or ""
}

// Gate is a feature gate.
type Gate struct {
	Name       string `toml:"name"`
	Stage      Stage  `toml:"stage"`
	Default    bool   `toml:"default"`
	Locked     bool   `toml:"locked"`
	Kubernetes Range  `toml:"kubernetes"`
}

// GateAt returns the gate as it is in that version.
func (d Defaults) GateAt(name string, v Version) (Gate, bool) {
	for _, g := range d.Gates {
		if g.Name == name && g.Kubernetes.Holds(v) {
			return g, true
		}
	}
	return Gate{}, false
}

// PluginsOn returns the plugins that are on by default in that version.
func (d Defaults) PluginsOn(v Version) []string {
	var on []string
	for _, p := range d.Plugins {
		if p.Default && p.Kubernetes.Holds(v) {
			on = append(on, p.Name)
		}
	}
	return on
}
