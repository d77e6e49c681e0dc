package report

import (
	"fmt"
	"strings"
	"unicode"

	"mkeaudit/audit"
	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// Words writes a lowerCamelCase word of the JSON form as people read it: with blanks.
func Words(word string) string {
	var b strings.Builder
	for _, r := range word {
		if unicode.IsUpper(r) {
			b.WriteByte(' ')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Seen says what one item of evidence shows: "--anonymous-auth = false (flag)".
// The text is clean.
func Seen(e audit.Evidence) string {
	s := facts.Clean(e.Subject)
	switch {
	case e.Actual != nil:
		s += " = " + facts.Clean(*e.Actual)
	case e.State != facts.Present:
		s += " is " + e.State.String()
	}
	if e.Origin != "" {
		s += " (" + facts.Clean(e.Origin) + ")"
	}
	if len(e.Rows) > 0 {
		s += ": " + rows(e)
	}
	return s
}

// shownRows is how many members of a listing stand in a line of text; the JSON form
// has all that were kept.
const shownRows = 5

func rows(e audit.Evidence) string {
	shown := min(len(e.Rows), shownRows)
	parts := make([]string, shown)
	for i, r := range e.Rows[:shown] {
		parts[i] = facts.Clean(r)
	}
	total := len(e.Rows)
	if e.Total != nil {
		total = max(total, *e.Total)
	}
	if total > shown {
		parts = append(parts, fmt.Sprintf("and %d more", total-shown))
	}
	return strings.Join(parts, ", ")
}

// Where says where an item of evidence was found: "process kube-apiserver, pid 2311,
// container ucp-kube-apiserver", or "file /etc/cni/net.d/a.conf". The text is clean.
func Where(e audit.Evidence) string {
	l := e.Locator
	source, path := facts.Clean(e.Source), place(l)
	var parts []string
	if path != "" && !strings.Contains(source, " ") {
		parts = append(parts, source+" "+path)
		path = ""
	} else {
		parts = append(parts, source)
	}
	if l.PID != nil {
		parts = append(parts, fmt.Sprintf("pid %d", *l.PID))
	}
	if l.Container != nil {
		parts = append(parts, "container "+facts.Clean(*l.Container))
	}
	if path != "" {
		parts = append(parts, path)
	}
	if l.HostPath != nil && (l.Path == nil || *l.HostPath != *l.Path) {
		parts = append(parts, "on the host "+facts.Clean(*l.HostPath))
	}
	return strings.Join(parts, ", ")
}

// place is the path and line of a locator, or "".
func place(l audit.Locator) string {
	if l.Path == nil {
		return ""
	}
	at := facts.Clean(*l.Path)
	if l.Line != nil {
		at += fmt.Sprintf(":%d", *l.Line)
	}
	return at
}

// Wanted says what was expected, or "" where nothing was.
func Wanted(e audit.Evidence) string {
	if e.Expected == nil {
		return ""
	}
	return facts.Clean(*e.Expected)
}

// SummaryLine is the counts in one sentence.
func (d Document) SummaryLine() string {
	known, regressions := 0, 0
	for _, r := range d.Results {
		switch r.Standing {
		case audit.KnownException:
			known++
		case audit.Regression:
			regressions++
		}
	}
	fails := fmt.Sprintf("%d fail", d.Summary.Fail)
	var of []string
	if known > 0 {
		of = append(of, count(known, "known exception"))
	}
	if regressions > 0 {
		of = append(of, count(regressions, "regression"))
	}
	if len(of) > 0 {
		fails += " (" + strings.Join(of, ", ") + ")"
	}
	return fmt.Sprintf("%d of %d controls determined: %d pass, %s, %d manual, %d not applicable, %d unknown",
		d.Determined(), d.Selection.Selected, d.Summary.Pass, fails, d.Summary.Manual, d.Summary.NotApplicable, d.Summary.Unknown)
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Cause is one reason why controls are unknown, with the controls that share it.
type Cause struct {
	Code     audit.ReasonCode
	Reason   string
	Controls []catalog.ID
}

// Causes groups the unknown results, so that one cause is told once: the cause of
// most controls first, equal ones in the order of the benchmark.
func (d Document) Causes() []Cause {
	var causes []Cause
	at := map[string]int{}
	for _, r := range d.Results {
		if r.Status != audit.Unknown {
			continue
		}
		key := r.ReasonCode.String() + " " + r.Reason
		i, ok := at[key]
		if !ok {
			i = len(causes)
			at[key] = i
			causes = append(causes, Cause{Code: r.ReasonCode, Reason: r.Reason})
		}
		causes[i].Controls = append(causes[i].Controls, r.ID)
	}
	sortStable(causes, func(a, b Cause) bool { return len(a.Controls) > len(b.Controls) })
	return causes
}

// Heading is what stands above a report for people: tool, node, benchmark, input.
func (d Document) Heading() string {
	s := d.Tool.Name + " " + d.Tool.Version + "  " + facts.Clean(d.Host.Name)
	if len(d.Host.Roles) > 0 {
		s += " (" + strings.Join(d.Host.Roles, ", ") + ")"
	}
	s += "  " + d.Benchmark.ID + " / " + d.Profile.ID
	for _, v := range []struct {
		name string
		is   *string
	}{{"MKE", d.Versions.MKE}, {"Kubernetes", d.Versions.Kubernetes}, {"etcd", d.Versions.Etcd}} {
		if v.is != nil {
			s += "  " + v.name + " " + facts.Clean(*v.is)
		}
	}
	s += "  " + string(d.Input.Kind)
	if d.Input.RecordedAt != nil {
		return s + ", recorded " + d.Input.RecordedAt.UTC().Format("2006-01-02 15:04:05Z")
	}
	return s + " " + d.StartedAt.Format("2006-01-02 15:04:05Z")
}

// bySection returns the results of each section that has any, in order.
func (d Document) bySection() [][]Result {
	var groups [][]Result
	for i, r := range d.Results {
		if i == 0 || r.Section != d.Results[i-1].Section {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], r)
	}
	return groups
}

// ranges writes ids of one section that follow each other as "1.2.1-1.2.5".
func ranges(ids []catalog.ID) string {
	var parts []string
	for i := 0; i < len(ids); {
		j := i
		for j+1 < len(ids) && follows(ids[j], ids[j+1]) {
			j++
		}
		switch j - i {
		case 0:
			parts = append(parts, string(ids[i]))
		case 1:
			parts = append(parts, string(ids[i]), string(ids[j]))
		default:
			parts = append(parts, string(ids[i])+"-"+string(ids[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

func follows(a, b catalog.ID) bool {
	i, j := strings.LastIndexByte(string(a), '.'), strings.LastIndexByte(string(b), '.')
	if i < 0 || j < 0 || a[:i] != b[:j] {
		return false
	}
	var x, y int
	_, err1 := fmt.Sscan(string(a[i+1:]), &x)
	_, err2 := fmt.Sscan(string(b[j+1:]), &y)
	return err1 == nil && err2 == nil && y == x+1
}
