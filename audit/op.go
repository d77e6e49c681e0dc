package audit

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mkeaudit/catalog"
)

// truth is the three-valued answer of a requirement, and a fourth: that the
// question does not apply. The zero value is undecided.
type truth uint8

const (
	undecided truth = iota
	met
	notMet
	inapplicable
)

// compare answers one operator over one value. It is total: what cannot be told is
// undecided with a code and a reason.
func compare(op catalog.Op, want []string, v value) (t truth, code ReasonCode, why string) {
	if v.redacted && op != catalog.OpSet && op != catalog.OpUnset {
		return undecided, FactUnreadable, v.subject + " was not kept in the snapshot"
	}
	if v.troubled() {
		return undecided, v.trouble, v.why
	}
	yes := func(b bool) (truth, ReasonCode, string) {
		if b {
			return met, Met, ""
		}
		return notMet, NotMet, ""
	}
	switch op {
	case catalog.OpSet:
		return yes(v.explicit)
	case catalog.OpUnset:
		return yes(!v.explicit)
	case catalog.OpIs, catalog.OpOneOf:
		return yes(v.known && matchesAny(v, want))
	case catalog.OpIsNot:
		return yes(v.known && !matchesAny(v, want))
	case catalog.OpNotExplicitly:
		return yes(!v.explicit || !matchesAny(v, want))
	case catalog.OpHas:
		return yes(v.known && holdsAll(v.elements(), want))
	case catalog.OpLacks:
		return yes(!v.known || !holdsAny(v.elements(), want))
	case catalog.OpSubsetOf:
		return yes(v.known && len(v.elements()) > 0 && len(outside(v.elements(), want)) == 0)
	case catalog.OpMin, catalog.OpMax, catalog.OpAbove:
		if !v.known {
			return notMet, NotMet, ""
		}
		c, err := order(v, first(want))
		if err != nil {
			return undecided, ValueMalformed, err.Error()
		}
		switch op {
		case catalog.OpMin:
			return yes(c >= 0)
		case catalog.OpMax:
			return yes(c <= 0)
		}
		return yes(c > 0)
	}
	return undecided, NotEvaluated, fmt.Sprintf("operator %s cannot judge %s", op, v.subject)
}

// elements are the members of a list, or a scalar as the only one.
func (v value) elements() []string {
	if v.typ == catalog.TypeList || v.typ == catalog.TypeMap || v.typ == catalog.TypeArray {
		return v.list
	}
	if v.text == "" {
		return nil
	}
	return listOf(v.text)
}

func matchesAny(v value, want []string) bool {
	if v.typ == catalog.TypeList || v.typ == catalog.TypeArray {
		return holdsAny(v.list, want)
	}
	for _, w := range want {
		if equal(v, w) {
			return true
		}
	}
	return false
}

// equal compares by type: booleans as booleans, durations as durations.
func equal(v value, want string) bool {
	switch v.typ {
	case catalog.TypeBool:
		a, errA := strconv.ParseBool(v.text)
		b, errB := strconv.ParseBool(want)
		return errA == nil && errB == nil && a == b
	case catalog.TypeInt, catalog.TypeFloat, catalog.TypeDuration:
		c, err := order(v, want)
		return err == nil && c == 0
	}
	return v.text == want
}

func order(v value, want string) (int, error) {
	if v.typ == catalog.TypeDuration {
		a, err := time.ParseDuration(v.text)
		if err != nil {
			return 0, fmt.Errorf("%s has the value %q, which is not a duration", v.subject, v.text)
		}
		b, err := time.ParseDuration(want)
		if err != nil {
			return 0, fmt.Errorf("the threshold %q is not a duration", want)
		}
		return sign(a < b, a > b), nil
	}
	if a, err := strconv.ParseInt(v.text, 0, 64); err == nil {
		if b, err := strconv.ParseInt(want, 0, 64); err == nil {
			return sign(a < b, a > b), nil
		}
	}
	a, err := strconv.ParseFloat(v.text, 64)
	if err != nil {
		return 0, fmt.Errorf("%s has the value %q, which is not a number", v.subject, v.text)
	}
	b, err := strconv.ParseFloat(want, 64)
	if err != nil {
		return 0, fmt.Errorf("the threshold %q is not a number", want)
	}
	return sign(a < b, a > b), nil
}

func sign(less, more bool) int {
	switch {
	case less:
		return -1
	case more:
		return 1
	}
	return 0
}

// normal maps the two spellings of a ChaCha20 suite to one: Kubernetes gives both
// names to one suite id.
func normal(suite string) string {
	return strings.Replace(suite, "CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305", 1)
}

func holdsAny(list, want []string) bool {
	for _, w := range want {
		for _, e := range list {
			if normal(e) == normal(w) {
				return true
			}
		}
	}
	return false
}

func holdsAll(list, want []string) bool {
	for _, w := range want {
		if !holdsAny(list, []string{w}) {
			return false
		}
	}
	return true
}

// outside returns the elements that are not in the wanted set.
func outside(list, want []string) []string {
	var out []string
	for _, e := range list {
		if !holdsAny(want, []string{e}) {
			out = append(out, e)
		}
	}
	return out
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// expectation says in words what an operator wants.
func expectation(op catalog.Op, want []string) string {
	w := strings.Join(want, ", ")
	switch op {
	case catalog.OpIs:
		return w
	case catalog.OpIsNot:
		return "not " + w
	case catalog.OpNotExplicitly:
		return "not set to " + w
	case catalog.OpSet:
		return "set"
	case catalog.OpUnset:
		return "not set"
	case catalog.OpOneOf:
		return "one of " + w
	case catalog.OpHas:
		return "includes " + w
	case catalog.OpLacks:
		return "does not include " + w
	case catalog.OpSubsetOf:
		return fmt.Sprintf("set, and nothing outside the %d accepted values", len(want))
	case catalog.OpMin:
		return "at least " + w
	case catalog.OpMax:
		return "at most " + w
	case catalog.OpAbove:
		return "more than " + w
	case catalog.OpDiffer:
		return "differs from --" + w
	}
	return w
}
