package book

import (
	"fmt"
	"slices"

	"mkeaudit/audit"
)

// maxDiff bounds how many differences are told; a count stands for the rest.
const maxDiff = 20

type difference struct{ subject, before, after string }

// diff compares the evidence of two findings on one control: items are the same
// where subject, source and path are, and the place among equals.
func diff(before, after []audit.Evidence) []difference {
	type key struct {
		subject, source, path string
		nth                   int
	}
	keyed := func(all []audit.Evidence) ([]key, map[key]audit.Evidence) {
		seen := map[key]int{}
		keys := make([]key, 0, len(all))
		items := make(map[key]audit.Evidence, len(all))
		for _, e := range all {
			k := key{subject: e.Subject, source: e.Source}
			if e.Locator.Path != nil {
				k.path = *e.Locator.Path
			}
			n := seen[k]
			seen[k]++
			k.nth = n
			keys = append(keys, k)
			items[k] = e
		}
		return keys, items
	}
	oldKeys, olds := keyed(before)
	newKeys, news := keyed(after)
	var found []difference
	for _, k := range oldKeys {
		o := olds[k]
		n, there := news[k]
		switch {
		case !there:
			found = append(found, difference{name(o), told(o), "(no such item)"})
		case told(o) != told(n):
			found = append(found, difference{name(n), told(o), told(n)})
		case !slices.Equal(o.Rows, n.Rows):
			found = append(found, difference{name(n), rowsChange(o.Rows, n.Rows), rowsChange(n.Rows, o.Rows)})
		}
	}
	for _, k := range newKeys {
		if _, there := olds[k]; !there {
			found = append(found, difference{name(news[k]), "(no such item)", told(news[k])})
		}
	}
	if len(found) > maxDiff {
		rest := len(found) - maxDiff
		found = append(found[:maxDiff:maxDiff], difference{"more", fmt.Sprintf("%d other items", rest), "different"})
	}
	return found
}

func name(e audit.Evidence) string {
	if e.Locator.Path != nil && *e.Locator.Path != e.Subject {
		return e.Subject + " of " + *e.Locator.Path
	}
	return e.Subject
}

func told(e audit.Evidence) string {
	s := value(e)
	if len(s) > 2 && s[:2] == "= " {
		s = s[2:]
	}
	if e.Origin != "" {
		s += " (" + e.Origin + ")"
	}
	return s
}

// rowsChange names the rows of a listing that the other one lacks.
func rowsChange(rows, other []string) string {
	have := make(map[string]bool, len(other))
	for _, r := range other {
		have[r] = true
	}
	var only []string
	for _, r := range rows {
		if !have[r] {
			only = append(only, r)
		}
	}
	switch {
	case len(only) == 0:
		return fmt.Sprintf("%d rows", len(rows))
	case len(only) > 3:
		return fmt.Sprintf("%d rows, among them %s, %s, %s and %d more", len(rows), only[0], only[1], only[2], len(only)-3)
	}
	s := fmt.Sprintf("%d rows, among them", len(rows))
	for i, r := range only {
		if i > 0 {
			s += ","
		}
		s += " " + r
	}
	return s
}
