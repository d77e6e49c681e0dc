package audit

import (
	"encoding/csv"
	"strings"

	"mkeaudit/catalog"
)

// arguments is a command line, read as its component reads it.
type arguments struct {
	given map[string][]string // every value of a flag, in order
	stray []string            // words that belong to no flag
}

// readArgv reads a command line in the dialect of its component. Names are
// compared exactly; in Kubernetes components "_" equals "-" (component-base
// normalises names). A boolean takes a value only after "=", so the word that
// follows a bare one is stray.
func readArgv(argv []string, t catalog.Table) arguments {
	if t.Dialect == catalog.GoFlag {
		return readGoFlag(argv, t)
	}
	return readPFlag(argv, t)
}

func readPFlag(argv []string, t catalog.Table) arguments {
	a := arguments{given: map[string][]string{}}
	for i := 0; i < len(argv); i++ {
		arg := argv[i]
		switch {
		case arg == "--":
			a.stray = append(a.stray, argv[i+1:]...)
			return a
		case strings.HasPrefix(arg, "--"):
			name, value, has := strings.Cut(arg[2:], "=")
			name = strings.ReplaceAll(name, "_", "-")
			f, known := t.Flag(name)
			switch {
			case has:
			case known && f.Type == catalog.TypeBool:
				value = "true"
			case known || i+1 < len(argv) && !strings.HasPrefix(argv[i+1], "-"):
				// A known flag takes the next word whatever it looks like. An unknown one is
				// taken for a bare boolean when another flag follows.
				if i++; i < len(argv) {
					value = argv[i]
				}
			}
			a.given[name] = append(a.given[name], value)
		case len(arg) > 1 && arg[0] == '-':
			i = a.shorthands(arg[1:], argv, i, t)
		default:
			a.stray = append(a.stray, arg)
		}
	}
	return a
}

// shorthands reads a cluster of one-letter flags ("-v4", "-v=4", "-v 4") and
// returns the index of the last word that it used. A single dash before a long name
// is such a cluster and never the long flag.
func (a *arguments) shorthands(letters string, argv []string, i int, t catalog.Table) int {
	for len(letters) > 0 {
		name, known := t.Shorthand(letters[:1])
		f, _ := t.Flag(name)
		rest := letters[1:]
		switch {
		case !known:
			return i
		case strings.HasPrefix(rest, "="):
			a.given[name] = append(a.given[name], rest[1:])
			return i
		case f.Type == catalog.TypeBool:
			a.given[name] = append(a.given[name], "true")
			letters = rest
		case rest != "":
			a.given[name] = append(a.given[name], rest)
			return i
		default:
			value := ""
			if i+1 < len(argv) {
				i++
				value = argv[i]
			}
			a.given[name] = append(a.given[name], value)
			return i
		}
	}
	return i
}

// readGoFlag reads the Go flag package's syntax: one dash or two, and nothing after
// the first word that is not a flag.
func readGoFlag(argv []string, t catalog.Table) arguments {
	a := arguments{given: map[string][]string{}}
	for i := 0; i < len(argv); i++ {
		arg := argv[i]
		if len(arg) < 2 || arg[0] != '-' || arg == "--" {
			a.stray = append(a.stray, argv[i:]...)
			return a
		}
		name, value, has := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		f, known := t.Flag(name)
		switch {
		case has:
		case known && f.Type == catalog.TypeBool, !known && (i+1 >= len(argv) || strings.HasPrefix(argv[i+1], "-")):
			value = "true"
		default:
			if i++; i < len(argv) {
				value = argv[i]
			}
		}
		a.given[name] = append(a.given[name], value)
	}
	return a
}

// listOf splits a comma list as pflag does (CSV, so that an element may be quoted)
// and trims each element; empty elements are dropped.
func listOf(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	fields, err := csv.NewReader(strings.NewReader(s)).Read()
	if err != nil {
		fields = strings.Split(s, ",")
	}
	var list []string
	for _, f := range fields {
		if f = strings.Trim(strings.TrimSpace(f), `"'`); f != "" {
			list = append(list, strings.TrimSpace(f))
		}
	}
	return list
}
