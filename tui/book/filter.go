package book

import (
	"strconv"
	"strings"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// Facet is a property by which controls are filtered.
type Facet uint8

// The facets.
const (
	ByLevel Facet = iota
	ByNode
	ByAssessment
	ByJudge
	ByStatus
	ByStanding
	ByReview
	facets
)

// Facets lists them in the order of the screen.
func Facets() []Facet {
	all := make([]Facet, facets)
	for i := range all {
		all[i] = Facet(i)
	}
	return all
}

var facetWords = [...]string{"level", "node", "assessment", "judged by", "status", "standing", "review"}

func (f Facet) String() string { return facetWords[f] }

// Values lists the values of a facet.
func (f Facet) Values() []string {
	switch f {
	case ByLevel:
		return []string{"1", "2"}
	case ByNode:
		return []string{"master", "worker"}
	case ByAssessment:
		return []string{"automated", "manual"}
	case ByJudge:
		return []string{"machine", "person"}
	case ByStatus:
		return []string{"pass", "fail", "manual", "not applicable", "unknown"}
	case ByStanding:
		var all []string
		for _, s := range standingOrder {
			all = append(all, StandingWord(s))
		}
		return all
	case ByReview:
		return []string{"none", "current", "stale", "expired"}
	}
	return nil
}

// standingOrder is the order of the queue: what needs a person first.
var standingOrder = []audit.Standing{audit.Regression, audit.Unpublished, audit.Undetermined, audit.Awaiting, audit.KnownException,
	audit.Hardened, audit.AsPublished, audit.StandsNotApplicable, audit.StandsOffNode}

// value is the row's value of a facet, "" where it has none yet.
func (f Facet) value(r *Row) string {
	switch f {
	case ByLevel:
		return strconv.Itoa(r.Control.Level)
	case ByNode:
		return r.Control.Node.String()
	case ByAssessment:
		return r.Control.Assessment.String()
	case ByJudge:
		return r.Control.Judge.String()
	case ByStatus:
		if r.Finding != nil {
			return strings.ToLower(StatusLong(r.Finding.Status))
		}
	case ByStanding:
		if r.Finding != nil {
			return StandingWord(r.Standing)
		}
	case ByReview:
		return ReviewWord(r.State)
	}
	return ""
}

// Filter narrows the controls. The zero value lets everything through. Values of
// one facet are alternatives; facets, search and NeedsMe must all be met.
type Filter struct {
	NeedsMe bool
	Search  string
	Under   catalog.ID // only this chapter, section or control; "": all
	on      map[Facet]map[string]bool
}

// Has reports whether a value is chosen.
func (f Filter) Has(facet Facet, value string) bool { return f.on[facet][value] }

// Toggle chooses a value, or no longer.
func (f Filter) Toggle(facet Facet, value string) Filter {
	on := make(map[Facet]map[string]bool, len(f.on)+1)
	for k, v := range f.on {
		values := make(map[string]bool, len(v)+1)
		for w := range v {
			values[w] = true
		}
		on[k] = values
	}
	if on[facet] == nil {
		on[facet] = map[string]bool{}
	}
	if on[facet][value] {
		delete(on[facet], value)
	} else {
		on[facet][value] = true
	}
	if len(on[facet]) == 0 {
		delete(on, facet)
	}
	f.on = on
	return f
}

// Active reports whether the filter could hold anything back.
func (f Filter) Active() bool {
	return f.NeedsMe || f.Under != "" || len(f.on) > 0 || strings.TrimSpace(f.Search) != ""
}

// String says what is let through.
func (f Filter) String() string {
	var parts []string
	if f.NeedsMe {
		parts = append(parts, "needs me")
	}
	if f.Under != "" {
		parts = append(parts, "under "+string(f.Under))
	}
	for _, facet := range Facets() {
		var chosen []string
		for _, v := range facet.Values() {
			if f.on[facet][v] {
				chosen = append(chosen, v)
			}
		}
		if len(chosen) > 0 {
			parts = append(parts, facet.String()+" "+strings.Join(chosen, " or "))
		}
	}
	if s := strings.TrimSpace(f.Search); s != "" {
		parts = append(parts, "/"+s)
	}
	return strings.Join(parts, ", ")
}

// Match is a filter made ready for many rows.
type Match struct {
	f     Filter
	words []string
}

// Ready prepares the filter.
func (f Filter) Ready() Match { return Match{f, strings.Fields(strings.ToLower(f.Search))} }

// Lets reports whether the row passes.
func (m Match) Lets(r *Row) bool {
	if m.f.NeedsMe && r.Need() == NeedNothing {
		return false
	}
	if u := m.f.Under; u != "" && r.Control.ID != u && !strings.HasPrefix(string(r.Control.ID), string(u)+".") {
		return false
	}
	for facet, values := range m.f.on {
		if !values[facet.value(r)] {
			return false
		}
	}
	for _, w := range m.words {
		if !strings.Contains(r.search, w) {
			return false
		}
	}
	return true
}

// Count is how many controls have a value of a facet.
func (b *Book) Count(facet Facet, value string) int {
	n := 0
	for i := range b.rows {
		if facet.value(&b.rows[i]) == value {
			n++
		}
	}
	return n
}

// Passing counts the controls that the filter lets through.
func (b *Book) Passing(f Filter) int {
	m, n := f.Ready(), 0
	for i := range b.rows {
		if m.Lets(&b.rows[i]) {
			n++
		}
	}
	return n
}
