package report

import (
	"fmt"

	"mkeaudit/audit"
)

// deciding returns the items that took part in the decision: what is not met
// first, then what could not be decided, then the rest, each in its own order.
func deciding(all []audit.Evidence) []audit.Evidence {
	var took []audit.Evidence
	for _, e := range all {
		if e.Role == audit.Decides {
			took = append(took, e)
		}
	}
	sortStable(took, func(a, b audit.Evidence) bool { return weight(a) < weight(b) })
	return took
}

func weight(e audit.Evidence) int {
	switch {
	case e.Met == nil:
		return 1
	case *e.Met:
		return 2
	}
	return 0
}

// evidenceLines are the first lines of evidence for a reader, deciding items before
// those that only show, at most max of them, and a line that says how many more
// there are. quote marks what comes from the node.
func evidenceLines(r Result, max int, quote func(string) string) []string {
	all := deciding(r.Evidence)
	for _, e := range r.Evidence {
		if e.Role == audit.Shows {
			all = append(all, e)
		}
	}
	var lines []string
	for i, e := range all {
		if i == max {
			lines = append(lines, fmt.Sprintf("and %d more: --format json has all", len(all)-max))
			break
		}
		lines = append(lines, evidenceLine(e, quote))
	}
	return lines
}

func evidenceLine(e audit.Evidence, quote func(string) string) string {
	s := "seen " + quote(cut(Seen(e)))
	if w := Wanted(e); w != "" {
		s += ", wanted " + quote(cut(w))
	}
	s += ", in " + quote(cut(Where(e)))
	if e.Note != "" {
		s += ": " + quote(cut(clean(e.Note)))
	}
	if e.Redacted {
		s += " [redacted]"
	}
	if e.Truncated {
		s += " [truncated]"
	}
	return s
}

// lineLimit is how many characters of one text stand in a line for people. The
// JSON form has everything.
const lineLimit = 300

func cut(s string) string {
	n := 0
	for i := range s {
		if n == lineLimit {
			return s[:i] + "..."
		}
		n++
	}
	return s
}
