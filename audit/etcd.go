package audit

import (
	"strconv"
	"strings"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

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
