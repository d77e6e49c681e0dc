package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"mkeaudit/audit"
)

// Markdown writes the document for people who read it rendered: a summary, what
// needs attention, and every control with its evidence. Text from the node stands
// in code spans and cannot become markup.
func Markdown(w io.Writer, d Document, c Companion) error {
	b := bufio.NewWriter(w)
	p := func(format string, args ...any) { fmt.Fprintf(b, format, args...) }
	p("# Audit of %s\n\n%s.\n\n", code(d.Host.Name), escape(d.SummaryLine()))
	p("| | |\n|---|---|\n")
	for _, row := range d.facts() {
		p("| %s | %s |\n", row[0], row[1])
	}
	for i, warning := range d.Warnings {
		if i == 0 {
			p("\n")
		}
		p("- Warning: %s\n", escape(clean(warning)))
	}
	if causes := d.Causes(); len(causes) > 0 {
		p("\n## Unknown, by cause\n\n")
		for _, cause := range causes {
			p("- **%s** (%s): %s  \n  %s\n", Words(cause.Code.String()), count(len(cause.Controls), "control"), escape(clean(cause.Reason)), ranges(cause.Controls))
		}
	}
	for _, group := range d.bySection() {
		section := group[0].Section
		p("\n## %s\n\n", strings.TrimSpace(string(section)+" "+escape(c.Sections[section])))
		p("| Control | Status | Standing | Level | Title |\n|---|---|---|---|---|\n")
		for _, r := range group {
			p("| %s | %s | %s | %d | %s |\n", r.ID, Words(r.Status.String()), Words(r.Standing.String()), r.Level, escape(r.Title))
		}
		for _, r := range group {
			r.markdown(p, c)
		}
	}
	return b.Flush()
}

func (d Document) facts() [][2]string {
	roles := strings.Join(d.Host.Roles, ", ")
	if roles == "" {
		roles = "none found"
	}
	rows := [][2]string{
		{"Node", cell(d.Host.Name) + ", " + roles},
		{"Node id", cell(d.Host.ID)},
		{"Benchmark", cell(d.Benchmark.ID) + ", SHA-256 " + cell(d.Benchmark.SHA256)},
		{"Profile", cell(d.Profile.ID)},
		{"Input", string(d.Input.Kind)},
	}
	if d.Profile.PublishedFor != nil {
		rows[3][1] += ", vendor results for " + escape(*d.Profile.PublishedFor)
	}
	if t := d.Input.RecordedAt; t != nil {
		rows[4][1] += ", recorded " + t.UTC().Format("2006-01-02 15:04:05Z")
	}
	if s := d.Input.SHA256; s != nil {
		rows[4][1] += ", SHA-256 " + cell(*s)
	}
	for _, v := range []struct {
		name string
		is   *string
	}{{"MKE", d.Versions.MKE}, {"Kubernetes", d.Versions.Kubernetes}, {"etcd", d.Versions.Etcd}} {
		is := "not known"
		if v.is != nil {
			is = cell(*v.is)
		}
		rows = append(rows, [2]string{v.name, is})
	}
	return append(rows,
		[2]string{"Started", d.StartedAt.Format("2006-01-02 15:04:05Z")},
		[2]string{"Run", cell(d.RunID)},
		[2]string{"Selected", fmt.Sprintf("%d of %d controls", d.Selection.Selected, d.Selection.Of)},
		[2]string{"Tool", d.Tool.Name + " " + escape(d.Tool.Version)})
}

func (r Result) markdown(p func(string, ...any), c Companion) {
	p("\n### %s %s\n\n", r.ID, escape(r.Title))
	p("**%s**, %s. Level %d, %s, %s assessment, judged by %s.\n\n", Words(r.Status.String()), Words(r.Standing.String()),
		r.Level, r.Node, r.Assessment, r.Judge)
	if r.Status == audit.Unknown && r.Reason != "" {
		p("- %s: %s\n", Words(r.ReasonCode.String()), escape(cut(clean(r.Reason))))
	}
	for _, line := range r.lines(shownEvidence, code, escape) {
		p("- %s\n", line)
	}
	if r.Published != nil {
		p("- published by the vendor: %s", *r.Published)
		if r.PublishedNote != nil {
			p(". %s", escape(clean(*r.PublishedNote)))
		}
		p("\n")
	}
	if remedy := c.Remedies[r.ID]; remedy != "" && r.Status == audit.Fail {
		p("\nHow to remediate:\n\n")
		for _, line := range strings.Split(strings.TrimRight(remedy, "\n"), "\n") {
			p("    %s\n", clean(line))
		}
	}
}

// code writes foreign text as a code span that it cannot close.
func code(s string) string {
	s = clean(s)
	if strings.TrimSpace(s) == "" {
		return "(empty)"
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// cell is a code span inside a table, where it would end at a bar.
func cell(s string) string { return strings.ReplaceAll(code(s), "|", "\\|") }

// escape writes text so that Markdown shows every character of it as itself.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case strings.ContainsRune("\\`*_[]<>#|~@&$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	// What looks like an address would become a link.
	return strings.NewReplacer("www.", "www\\.", "://", "\\://").Replace(b.String())
}
