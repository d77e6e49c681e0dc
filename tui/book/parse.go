package book

import (
	"fmt"
	"strings"

	"mkeaudit/catalog"
)

// ParseFilter reads a filter from words, as they are typed in the linear mode:
// "needs me", "fail", "level 2", "standing known exception", "1.2". A value that
// several facets have is that of the status, then of the standing.
func (b *Book) ParseFilter(words []string) (Filter, error) {
	var f Filter
	for i := 0; i < len(words); {
		w := strings.ToLower(words[i])
		switch {
		case w == "needs" && i+1 < len(words) && strings.EqualFold(words[i+1], "me"):
			f.NeedsMe = true
			i += 2
			continue
		case w == "needs":
			f.NeedsMe = true
			i++
			continue
		case w == "all", w == "and", w == "or":
			i++
			continue
		case b.knows(catalog.ID(w)):
			f.Under = catalog.ID(w)
			i++
			continue
		}
		facet, used, ok := facetNamed(words[i:])
		if ok {
			i += used
			value, n := valueOf(facet, words[i:])
			if n == 0 {
				return f, fmt.Errorf("%s is one of: %s", facet, strings.Join(facet.Values(), ", "))
			}
			f = f.choose(facet, value)
			i += n
			continue
		}
		found := false
		for _, facet := range []Facet{ByStatus, ByStanding, ByReview, ByAssessment, ByNode, ByJudge} {
			if value, n := valueOf(facet, words[i:]); n > 0 {
				f, i, found = f.choose(facet, value), i+n, true
				break
			}
		}
		if !found {
			return f, fmt.Errorf("nothing to filter by is called \"%s\": use needs me, a section such as 1.2, or %s with one of its values",
				Clean(words[i]), strings.Join(facetWords[:], ", "))
		}
	}
	return f, nil
}

func (f Filter) choose(facet Facet, value string) Filter {
	if f.Has(facet, value) {
		return f
	}
	return f.Toggle(facet, value)
}

// knows reports whether a chapter, section or control has that number.
func (b *Book) knows(id catalog.ID) bool {
	if b.Row(id) != nil {
		return true
	}
	for _, c := range b.Benchmark.Chapters {
		if c.ID == id {
			return true
		}
	}
	_, ok := b.Benchmark.Section(id)
	return ok
}

func facetNamed(words []string) (Facet, int, bool) {
	for _, f := range Facets() {
		name := strings.Fields(f.String())
		if starts(words, name) {
			return f, len(name), true
		}
	}
	if strings.EqualFold(words[0], "judge") {
		return ByJudge, 1, true
	}
	return 0, 0, false
}

func valueOf(f Facet, words []string) (string, int) {
	for _, v := range f.Values() {
		if parts := strings.Fields(v); starts(words, parts) {
			return v, len(parts)
		}
	}
	if f == ByStatus && len(words) > 0 && strings.EqualFold(words[0], "n/a") {
		return "not applicable", 1
	}
	return "", 0
}

func starts(words, with []string) bool {
	if len(words) < len(with) {
		return false
	}
	for i, w := range with {
		if !strings.EqualFold(words[i], w) {
			return false
		}
	}
	return true
}
