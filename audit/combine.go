package audit

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// allOf combines under AND: a requirement that is not met beats one that is
// undecided, which beats one that is met. What does not apply takes no part.
func allOf(list []outcome) outcome { return combine(list, notMet, undecided, met) }

// anyOf combines under OR: met beats undecided beats not met.
func anyOf(list []outcome) outcome {
	o := combine(list, met, undecided, notMet)
	for _, one := range list {
		if o.truth == met && one.truth == met && !one.byDefault {
			o.byDefault = false // one that somebody wrote down is enough
		}
	}
	return o
}

func combine(list []outcome, order ...truth) outcome {
	order = append(order, inapplicable)
	rank := func(t truth) int {
		for i, o := range order {
			if o == t {
				return i
			}
		}
		return len(order)
	}
	var result outcome
	var reasons []string
	best := len(order)
	for _, o := range list {
		result.evidence = append(result.evidence, o.evidence...)
		if r := rank(o.truth); r < best {
			best = r
			result.truth, result.code, result.byDefault, reasons = o.truth, o.code, o.byDefault, nil
		}
		if rank(o.truth) == best {
			reasons = append(reasons, o.reason)
			result.byDefault = result.byDefault || o.byDefault
		}
	}
	result.reason = summed(reasons)
	return result
}

// summed joins the first few different reasons.
func summed(reasons []string) string {
	reasons = unique(reasons)
	const most = 3
	if len(reasons) > most {
		reasons = append(append([]string(nil), reasons[:most]...), fmt.Sprintf("and %d more", len(reasons)-most))
	}
	return strings.Join(reasons, "; ")
}

func unique(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// distinct drops evidence that stands twice, keeping the first, which decides.
func distinct(list []Evidence) []Evidence {
	out := make([]Evidence, 0, len(list))
	seen := map[string]bool{}
	for _, ev := range list {
		pid := 0
		if ev.Locator.PID != nil {
			pid = *ev.Locator.PID
		}
		key := strings.Join([]string{ev.Subject, optional(ev.Locator.Path), optional(ev.Expected), ev.Role.String(), strconv.Itoa(pid)}, "\x00")
		if !seen[key] {
			seen[key] = true
			out = append(out, ev)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Role < out[j].Role })
	return out
}
