package cli

import (
	"fmt"
	"strings"

	"mkeaudit/audit"
	"mkeaudit/audit/report"
	"mkeaudit/catalog"
)

// gate is a set of the kinds of results that fail a scan.
type gate uint8

const (
	gateFail gate = 1 << iota
	gateException
	gateUnknown
	gateAwaiting
)

var gateWords = []string{"fail", "exception", "unknown", "awaiting", "never"}

// parseGate reads the words of --fail-on; none of them is "fail".
func parseGate(given []string) (gate, error) {
	if len(given) == 0 {
		return gateFail, nil
	}
	var g gate
	never := false
	for _, word := range split(given) {
		switch word {
		case "fail":
			g |= gateFail
		case "exception":
			g |= gateFail | gateException
		case "unknown":
			g |= gateUnknown
		case "awaiting":
			g |= gateAwaiting
		case "never":
			never = true
		default:
			return 0, unknownWord("word for --fail-on", word, gateWords)
		}
	}
	if never && g != 0 {
		return 0, wrong("--fail-on never stands alone")
	}
	return g, nil
}

// trips reports whether a result is one that the gate names, and in which word. A
// review that passes never clears a machine's fail; an accepted risk clears it for
// as long as it is current.
func (g gate) trips(r report.Result) (bool, string) {
	current := r.Review != nil && r.ReviewState == audit.ReviewCurrent
	accepted := r.AcceptedRisk != nil && r.AcceptedRisk.Current
	switch {
	case r.Status == audit.Fail && accepted:
	case r.Status == audit.Fail && r.Standing == audit.KnownException:
		return g&gateException != 0, "exception"
	case r.Status == audit.Fail:
		return g&gateFail != 0, "fail"
	case r.Judge == catalog.Person && current && r.Review.Verdict == audit.VerdictFail && g&gateFail != 0:
		return true, "fail"
	case r.Status == audit.Unknown:
		return g&gateUnknown != 0, "unknown"
	case r.Status == audit.Manual && !current:
		return g&gateAwaiting != 0, "awaiting"
	}
	return false, ""
}

// outcome is how a scan ends: its exit code, and the sentence that explains it.
type outcome struct {
	code int
	why  string
}

// judge says how a scan ends. Nothing evaluated is a failure of the audit, whatever
// the gate: a run that looked at nothing must not look like a success.
func judge(d report.Document, g gate, allowUnknown bool) outcome {
	if why := nothing(d); why != "" {
		return outcome{ExitFailed, "nothing was evaluated: " + why}
	}
	tripped := map[string][]string{}
	for _, r := range d.Results {
		if yes, word := g.trips(r); yes {
			tripped[word] = append(tripped[word], string(r.ID))
		}
	}
	if len(tripped) > 0 {
		var parts []string
		for _, word := range gateWords {
			if ids := tripped[word]; len(ids) > 0 {
				parts = append(parts, fmt.Sprintf("%s %s", word, some(ids)))
			}
		}
		return outcome{ExitGate, "the gate tripped: " + strings.Join(parts, "; ")}
	}
	if n := d.Summary.Unknown; n > 0 {
		if !allowUnknown {
			return outcome{ExitIncomplete, fmt.Sprintf("incomplete: %d of %d controls are unknown; --allow-unknown accepts that", n, d.Selection.Selected)}
		}
	}
	return outcome{ExitClean, ""}
}

// nothing says why a document holds no evaluation at all, or "".
func nothing(d report.Document) string {
	if len(d.Results) == 0 {
		return "the filters select no control"
	}
	if d.Determined() > 0 || len(d.Host.Roles) > 0 {
		return ""
	}
	return "no component of Kubernetes was found here; is this the node, and are the rights enough?"
}

// some names the first few of a list.
func some(ids []string) string {
	const max = 8
	if len(ids) <= max {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:max], ", "), len(ids)-max)
}
