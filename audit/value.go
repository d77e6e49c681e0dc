package audit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// value is what is known of one option of one process: whether somebody wrote it
// down, where, and what it effectively is.
type value struct {
	typ      catalog.ValueType
	subject  string // as it is named to people: "--anonymous-auth", "authentication.anonymous.enabled"
	explicit bool   // written down somewhere; an empty text counts as not written down
	text     string // the effective text, of the explicit value or of the default
	list     []string
	known    bool // text or list holds an effective value
	origin   string
	note     string
	path     string // the file that it was read from, or ""
	emptied  bool   // given as a flag with an empty value
	redacted bool
	computed bool // it always has a value, worked out from several sources

	// An option that cannot be told has a cause and a reason instead.
	trouble ReasonCode
	why     string
}

// Origins of a value.
const (
	fromFlag    = "flag"
	fromFile    = "file"
	fromDropIn  = "drop-in"
	fromEnv     = "environment"
	fromDefault = "default"
	fromNowhere = "none"
)

func (v value) troubled() bool { return v.trouble != NotEvaluated }

// flagValue reads a flag of a process, or its default in that version.
func flagValue(args arguments, t catalog.Table, name string, version catalog.Version) value {
	f := t.Flags[name]
	v := value{typ: f.Type, subject: "--" + name}
	v.take(args.given[name], t.Dialect)
	if v.explicit {
		v.origin = fromFlag
		if f.Type == catalog.TypeBool && len(args.stray) > 0 {
			v.note = join(v.note, "stray word on the command line: "+strings.Join(args.stray, " "))
		}
		return v
	}
	v.fallBack(f.DefaultAt(version))
	return v
}

// take sets the value from the occurrences of a flag: the last scalar wins, lists
// accumulate and maps merge. (etcd replaces lists: the Go flag package knows none.)
func (v *value) take(given []string, dialect catalog.Dialect) {
	if len(given) == 0 {
		return
	}
	if len(given) > 1 {
		how := "the last one counts"
		if v.typ == catalog.TypeList || v.typ == catalog.TypeArray || v.typ == catalog.TypeMap {
			how = "they add up"
		}
		v.note = fmt.Sprintf("given %d times (%s): %s", len(given), strings.Join(given, " | "), how)
	}
	for _, g := range given {
		if g == facts.Redacted {
			v.redacted = true
		}
	}
	last := given[len(given)-1]
	switch v.typ {
	case catalog.TypeList, catalog.TypeMap:
		if dialect == catalog.GoFlag {
			given = given[len(given)-1:]
		}
		for _, g := range given {
			v.list = append(v.list, listOf(g)...)
		}
		v.text = strings.Join(v.list, ",")
		v.explicit = len(v.list) > 0
	case catalog.TypeArray:
		for _, g := range given {
			if g != "" {
				v.list = append(v.list, g)
			}
		}
		v.text = strings.Join(v.list, ",")
		v.explicit = len(v.list) > 0
	case catalog.TypeString, catalog.TypeUnset:
		v.text, v.explicit = last, last != ""
	default:
		v.text, v.explicit = last, true
		if last == "" {
			v.trouble, v.why = ValueMalformed, v.subject+" is given without a value"
		}
	}
	v.known = v.explicit
	v.emptied = !v.explicit
	v.check()
}

// fallBack sets the default, where there is one.
func (v *value) fallBack(text string, ok bool) {
	v.text, v.list, v.known = text, nil, ok && text != ""
	v.origin = fromNowhere
	if !v.known {
		return
	}
	v.origin = fromDefault
	if v.typ == catalog.TypeList || v.typ == catalog.TypeMap {
		v.list = listOf(text)
	}
}

// check makes a text that is not of its type a trouble instead of a guess.
func (v *value) check() {
	if !v.known || v.redacted || v.troubled() {
		return
	}
	var err error
	switch v.typ {
	case catalog.TypeBool:
		_, err = strconv.ParseBool(v.text)
	case catalog.TypeInt:
		_, err = strconv.ParseInt(v.text, 0, 64)
	case catalog.TypeFloat:
		_, err = strconv.ParseFloat(v.text, 64)
	case catalog.TypeDuration:
		_, err = time.ParseDuration(v.text)
	case catalog.TypeMap:
		for _, e := range v.list {
			if !strings.Contains(e, "=") {
				err = fmt.Errorf("element %q has no =", e)
			}
		}
	}
	if err != nil {
		v.trouble, v.why = ValueMalformed, fmt.Sprintf("%s has the value %q, which is not a %s", v.subject, v.text, v.typ)
	}
}

// isZero reports whether the effective value is the zero of its type.
func (v value) isZero() bool {
	switch v.typ {
	case catalog.TypeInt, catalog.TypeFloat:
		f, err := strconv.ParseFloat(v.text, 64)
		return err == nil && f == 0
	case catalog.TypeDuration:
		d, err := time.ParseDuration(v.text)
		return err == nil && d == 0
	}
	return false
}

// shown is the value as people read it.
func (v value) shown() string {
	switch {
	case v.redacted:
		return facts.Redacted
	case v.typ == catalog.TypeList || v.typ == catalog.TypeMap || v.typ == catalog.TypeArray:
		return strings.Join(v.list, ",")
	}
	return v.text
}

func join(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + "; " + b
}
