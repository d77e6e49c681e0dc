package facts

import (
	"strings"

	"mkeaudit/catalog"
)

// redact returns arguments in which only the values of kept flags stand. It reads
// a command line only as far as it must to tell a flag from a value: names stay,
// so that a later reading sees every flag where it stood.
//
// A value may begin with a dash, too: what follows a flag that is not kept and has
// no value of its own loses its name unless it is a kept flag.
//
// Where a component reads "--flag word" as a boolean and a stray word, the word is
// kept with the flag, since it is what made the component refuse to start.
func redact(args []string, c catalog.Component, keep Keep) []string {
	out := make([]string, 0, len(args))
	follows := func(string) bool { return false } // whether a word here may be kept
	none := follows
	open := false // whether the last argument was a flag that may take this one as its value, which is not kept
	for i, a := range args {
		if a == "--" { // nothing behind it is a flag
			out = append(out, a)
			for range args[i+1:] {
				out = append(out, Redacted)
			}
			return out
		}
		if len(a) < 2 || a[0] != '-' {
			if follows(a) {
				out = append(out, textOf(maskUserinfo(a)))
			} else {
				out = append(out, Redacted)
			}
			follows, open = none, false
			continue
		}
		shown, may := redactFlag(a, c, keep, open)
		open = may == nil && !strings.Contains(shown, "=")
		if may == nil {
			may = none
		}
		// "--pod-max-pids -1" is a flag and its value, which is no secret.
		if follows(a) && isNumber(a) {
			shown = a
		}
		out, follows = append(out, shown), may
	}
	return out
}

// redactFlag redacts one argument that begins with a dash; may says which following
// word belongs to it and is kept. maybeValue says that it may itself be the value
// of a flag that is not kept.
func redactFlag(a string, c catalog.Component, keep Keep, maybeValue bool) (shown string, may func(string) bool) {
	dashes, body := "--", ""
	if b, long := strings.CutPrefix(a, "--"); long {
		body = b
	} else {
		dashes, body = "-", a[1:]
	}
	name, value, hasValue := strings.Cut(body, "=")
	if !isFlagName(name) {
		return dashes + Redacted, nil
	}
	if dashes == "-" && c != catalog.Etcd {
		if body == "v" {
			return a, isNumber
		}
		if isVerbosity(body) {
			return a, nil
		}
		// pflag reads "-abc" as letters, the last with a value: it has no name.
		maybeValue = true
	}
	keeps := kept(keep, c, name)
	switch {
	case maybeValue && !keeps:
		return dashes + Redacted, nil
	case !hasValue && keeps:
		return a, func(string) bool { return true }
	case !hasValue:
		return a, nil
	case keeps:
		return dashes + name + "=" + textOf(maskUserinfo(value)), nil
	}
	return dashes + name + "=" + Redacted, nil
}

// isVerbosity reports whether a word is klog's -v=4 or -v4, without the dash.
func isVerbosity(body string) bool {
	level, ok := strings.CutPrefix(body, "v")
	level, _ = strings.CutPrefix(level, "=")
	return ok && isNumber(level)
}

func kept(keep Keep, c catalog.Component, name string) bool {
	return keep != nil && keep(c, strings.ReplaceAll(name, "_", "-"))
}

// isFlagName reports whether a word can be the name of a flag and is short enough
// to be shown: 64 letters, digits, dots, dashes and underscores.
func isFlagName(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if s == "" || len(s) > 20 {
		return false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// maskUserinfo replaces user and password of every URL in a value. It takes what
// stands between "://" and the last "@" before the next "://": a password may hold
// commas, slashes and blanks, and hiding too much of a URL costs nothing.
func maskUserinfo(s string) string {
	const sep = "://"
	i := strings.Index(s, sep)
	if i < 0 {
		return s
	}
	var b strings.Builder
	for i >= 0 {
		b.WriteString(s[:i+len(sep)])
		s = s[i+len(sep):]
		i = strings.Index(s, sep)
		end := len(s)
		if i >= 0 {
			end = i
		}
		if at := strings.LastIndexByte(s[:end], '@'); at >= 0 {
			b.WriteString(Redacted)
			if i >= 0 {
				i -= at
			}
			s = s[at:]
		}
	}
	b.WriteString(s)
	return b.String()
}

// redactEnv keeps the ETCD_* variables of an environment, with the values of those
// whose flag is kept. Of a name that occurs twice the first counts, as for a Go
// program.
func redactEnv(environ []string, keep Keep) map[string]string {
	out := make(map[string]string)
	for _, e := range environ {
		name, value, ok := strings.Cut(e, "=")
		flag, etcd := strings.CutPrefix(name, "ETCD_")
		if !ok || !etcd || !isFlagName(flag) || len(out) >= maxEnv {
			continue
		}
		if _, there := out[name]; there {
			continue
		}
		if kept(keep, catalog.Etcd, strings.ToLower(flag)) {
			out[name] = textOf(maskUserinfo(value))
		} else {
			out[name] = Redacted
		}
	}
	return out
}

// maxEnv bounds the variables that are kept; etcd knows about 80.
const maxEnv = 512
