package cli

import (
	"strconv"
	"strings"

	"mkeaudit/catalog"
)

// filter is what narrows an audit; its zero value selects every control.
type filter struct {
	level    string   // "", "1" or "2", which takes in 1
	sections []string // numbers of sections or chapters
	controls []string
}

// selected lists the controls that a filter leaves, in the order of the benchmark.
// What the benchmark does not know is an error of usage that names what it knows.
func (f filter) selected(b *catalog.Benchmark) ([]catalog.ID, error) {
	level, err := f.highest()
	if err != nil {
		return nil, err
	}
	sections := map[catalog.ID]bool{}
	for _, s := range split(f.sections) {
		if !addSection(sections, b, catalog.ID(s)) {
			return nil, unknownWord("section", s, sectionIDs(b))
		}
	}
	controls := map[catalog.ID]bool{}
	for _, c := range split(f.controls) {
		if _, ok := b.Control(catalog.ID(c)); !ok {
			return nil, unknownControl(b, c)
		}
		controls[catalog.ID(c)] = true
	}
	var ids []catalog.ID
	for c := range b.Controls() {
		if c.Level <= level && (len(sections) == 0 || sections[c.Section]) && (len(controls) == 0 || controls[c.ID]) {
			ids = append(ids, c.ID)
		}
	}
	return ids, nil
}

func (f filter) highest() (int, error) {
	switch f.level {
	case "", "2":
		return 2, nil
	case "1":
		return 1, nil
	}
	return 0, wrong("unknown level %q: want 1, or 2 (which takes in 1)", f.level)
}

func addSection(to map[catalog.ID]bool, b *catalog.Benchmark, id catalog.ID) bool {
	found := false
	for _, s := range b.Sections {
		if s.ID == id || s.Chapter == id {
			to[s.ID], found = true, true
		}
	}
	return found
}

func sectionIDs(b *catalog.Benchmark) []string {
	var ids []string
	for _, c := range b.Chapters {
		ids = append(ids, string(c.ID))
	}
	for _, s := range b.Sections {
		if s.ID != s.Chapter {
			ids = append(ids, string(s.ID))
		}
	}
	return ids
}

// unknownControl names the controls of the section that was meant, or the sections.
func unknownControl(b *catalog.Benchmark, id string) error {
	section := catalog.ID(id)
	for {
		if s, ok := b.Section(section); ok && len(s.Controls) > 0 {
			first, last := s.Controls[0], s.Controls[len(s.Controls)-1]
			return wrong("unknown control %q: section %s has %s to %s", id, s.ID, first, last)
		}
		i := strings.LastIndexByte(string(section), '.')
		if i < 0 {
			break
		}
		section = section[:i]
	}
	return wrong("unknown control %q: the sections are %s; 'mkeaudit controls' lists all %s", id, strings.Join(sectionIDs(b), ", "), strconv.Itoa(b.Len()))
}

// split takes comma lists apart.
func split(lists []string) []string {
	var out []string
	for _, l := range lists {
		for _, s := range strings.Split(l, ",") {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}
