package report

import (
	"io"
	"sort"

	"mkeaudit/catalog"
)

// Companion is what the writers for people show beside a document: texts of the
// catalogue that are no result. Either map may be nil.
type Companion struct {
	Sections map[catalog.ID]string // titles
	Remedies map[catalog.ID]string // how to remediate on this distribution, as plain text
}

// Writer writes a document in one form.
type Writer func(w io.Writer, d Document, c Companion) error

var writers = map[string]Writer{
	"table":    Table,
	"json":     func(w io.Writer, d Document, _ Companion) error { return JSON(w, d) },
	"markdown": Markdown,
}

// Formats lists the names of the forms.
func Formats() []string { return []string{"table", "json", "markdown"} }

// Format returns the writer of that name.
func Format(name string) (Writer, bool) {
	w, ok := writers[name]
	return w, ok
}

func sortStable[T any](s []T, less func(a, b T) bool) {
	sort.SliceStable(s, func(i, j int) bool { return less(s[i], s[j]) })
}
