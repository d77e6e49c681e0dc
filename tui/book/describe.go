package book

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mkeaudit/audit"
	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// ItemKind is how a piece of a description is laid out.
type ItemKind uint8

// The kinds of items.
const (
	Heading ItemKind = iota
	Para             // running text, wrapped
	Field            // a label and a value, wrapped beside the label
	Block            // lines that keep their breaks (configuration)
	Listing          // many lines of one value each, drawn one by one
)

// Item is one piece of a description. Its text is clean.
type Item struct {
	Kind  ItemKind
	Label string
	Text  string
	Tone  Tone
	Copy  string // what a copy takes; "" takes Text
	Lines []string
	N     int              // of a listing
	Row   func(int) string // row i of a listing, for one line
	Full  func(int) string // row i of a listing, all of it
}

// fullEvidence is how many items of evidence are written out; where there are more
// than this and a few, all of them stand in a listing as well.
const fullEvidence = 12

// compactRows is how many rows of a listing stand in one line.
const compactRows = 3

// Describe tells everything that is known of a control, the most pressing first.
func (b *Book) Describe(id catalog.ID) []Item {
	r := b.Row(id)
	if r == nil {
		return nil
	}
	d := describer{book: b, row: r}
	d.head()
	d.change()
	d.review()
	d.evidence()
	d.published()
	d.remedy()
	d.texts()
	return d.items
}

type describer struct {
	book  *Book
	row   *Row
	items []Item
}

func (d *describer) add(i Item) { d.items = append(d.items, i) }

func (d *describer) heading(s string) { d.add(Item{Kind: Heading, Text: Clean(s)}) }

func (d *describer) field(label, text string, tone Tone) {
	d.add(Item{Kind: Field, Label: label, Text: Clean(text), Tone: tone})
}

// para adds running text: its line breaks are the file's, an empty line ends a
// paragraph, and lines that are indented are commands, which keep their breaks.
func (d *describer) para(text string, tone Tone) {
	var words, commands []string
	flush := func() {
		if s := Clean(strings.Join(words, " ")); s != "" {
			d.add(Item{Kind: Para, Text: s, Tone: tone})
		}
		if len(commands) > 0 {
			d.add(Item{Kind: Block, Lines: commands, Tone: Code, Copy: strings.Join(commands, "\n") + "\n"})
		}
		words, commands = nil, nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		command := strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t")
		switch line = strings.TrimSpace(line); {
		case line == "":
			flush()
		case command:
			if len(words) > 0 {
				flush()
			}
			commands = append(commands, Clean(line))
		default:
			if len(commands) > 0 {
				flush()
			}
			words = append(words, strings.Fields(line)...)
		}
	}
	flush()
}

// lines adds a value of several lines, each under the other.
func (d *describer) lines(label, text string, tone Tone) {
	for _, l := range CleanLines(text) {
		d.add(Item{Kind: Field, Label: label, Text: l, Tone: tone})
		label = ""
	}
}

func (d *describer) head() {
	c, f := d.row.Control, d.row.Finding
	d.add(Item{Kind: Para, Text: string(c.ID) + "  " + Clean(c.Title), Tone: Strong})
	defer func() {
		d.field("Kind", fmt.Sprintf("Level %d, %s, %s by the benchmark, judged by %s", c.Level, c.Node, c.Assessment, judgeWords(c.Judge)), Dim)
	}()
	switch {
	case f == nil && d.row.Pending:
		d.field("Finding", "being audited", Dim)
	case f == nil:
		d.field("Finding", "not audited yet", Dim)
	default:
		word := d.row.Verdict()
		if f.ByDefault {
			word += " (by a default that nobody wrote down)"
		}
		d.field("Finding", word, StatusTone(f.Status, d.row.Standing))
		if d.row.Pending {
			d.field("", "being audited again", Dim)
		}
		d.field("", f.Reason, Normal)
		if f.Leaning != nil {
			d.field("Leaning", leaningWords(*f.Leaning), Normal)
		}
	}
}

func judgeWords(j catalog.Judge) string {
	if j == catalog.Person {
		return "a person"
	}
	return "machine"
}

func leaningWords(l audit.Leaning) string {
	switch l {
	case audit.LeaningMet:
		return "the evidence leans towards met"
	case audit.LeaningNotMet:
		return "the evidence leans towards NOT met"
	}
	return "the evidence leans neither way"
}

func (d *describer) change() {
	ch, f := d.row.Change, d.row.Finding
	if ch == nil || f == nil {
		return
	}
	d.heading("Changed at " + ch.At.Format("15:04:05"))
	d.field("Before", StatusLong(ch.Before.Status)+": "+ch.Before.Reason, Normal)
	d.field("Now", StatusLong(f.Status)+": "+f.Reason, StatusTone(f.Status, d.row.Standing))
	for _, p := range diff(ch.Before.Evidence, f.Evidence) {
		d.field("  was", p.subject+" = "+p.before, Normal)
		d.field("  is", p.subject+" = "+p.after, Normal)
	}
}

func (d *describer) review() {
	r := d.row
	if k := r.Risk; k != nil {
		d.heading("Accepted risk")
		state := "until " + Date(k.ExpiresAt)
		if !k.Current(d.book.Now) {
			state = "EXPIRED on " + Date(k.ExpiresAt)
		}
		d.field("By", k.By+", "+state, Normal)
		d.field("Reason", k.Reason, Normal)
		if k.Ref != "" {
			d.field("Ref", k.Ref, Normal)
		}
	}
	v := r.Review
	if v == nil || v.Verdict == audit.NotReviewed {
		return
	}
	d.heading("Review")
	d.field("Verdict", VerdictWord(v.Verdict)+ReviewClause(v, r.State), reviewTone(r.State))
	d.field("By", v.Author+", "+Date(v.At)+", "+expiryWords(v.ExpiresAt), Normal)
	d.lines("Because", v.Rationale, Normal)
	if v.Evidence != "" {
		d.lines("Saw", v.Evidence, Normal)
	}
}

// ReviewClause says whether a review still counts, as the end of a sentence.
func ReviewClause(v *audit.Review, s audit.ReviewState) string {
	switch s {
	case audit.ReviewStale:
		return ", but STALE: the evidence or the control changed since; it counts as not reviewed"
	case audit.ReviewExpired:
		return ", but EXPIRED on " + Date(v.ExpiresAt) + "; it counts as not reviewed"
	case audit.ReviewCurrent:
		return ", current"
	}
	return ""
}

func reviewTone(s audit.ReviewState) Tone {
	if s == audit.ReviewCurrent {
		return Strong
	}
	return Warn
}

func expiryWords(t time.Time) string {
	if t.IsZero() {
		return "does not expire"
	}
	return "until " + Date(t)
}

// Date is a day in UTC, in which reviews count.
func Date(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02")
}

func (d *describer) evidence() {
	f := d.row.Finding
	if f == nil {
		return
	}
	var decides, shows []*audit.Evidence
	for i := range f.Evidence {
		e := &f.Evidence[i]
		if e.Role == audit.Shows {
			shows = append(shows, e)
		} else {
			decides = append(decides, e)
		}
	}
	d.evidenceList("Evidence", decides)
	d.evidenceList("Evidence that does not decide", shows)
	if len(f.Evidence) == 0 {
		d.heading("Evidence")
		d.para("None: no evidence took part in this finding.", Dim)
	}
	for i, m := range f.Remarks {
		if i == 0 {
			d.heading("Remarks")
		}
		d.para(m, Normal)
	}
}

func (d *describer) evidenceList(title string, all []*audit.Evidence) {
	if len(all) == 0 {
		return
	}
	written := all
	if len(all) > fullEvidence+4 {
		d.heading(fmt.Sprintf("%s: %d items, the first %d in full", title, len(all), fullEvidence))
		written = pressing(all, fullEvidence)
	} else {
		d.heading(title)
	}
	for _, e := range written {
		d.one(*e)
	}
	if len(written) < len(all) {
		d.add(Item{Kind: Listing, Label: "All", N: len(all), Row: func(i int) string { return Compact(*all[i]) },
			Full: func(i int) string { return Clean(compact(*all[i])) }})
	}
}

// urgency orders evidence: what is not met, what could not be decided, the rest.
func urgency(e *audit.Evidence) int {
	switch {
	case e.Met == nil:
		return 1
	case *e.Met:
		return 2
	}
	return 0
}

// Pressing picks the n items that matter most: what decides before what only
// shows, what is not met before what is.
func Pressing(all []audit.Evidence, n int) []audit.Evidence {
	var decides, shows []*audit.Evidence
	for i := range all {
		if all[i].Role == audit.Decides {
			decides = append(decides, &all[i])
		} else {
			shows = append(shows, &all[i])
		}
	}
	picked := pressing(decides, n)
	picked = append(picked, pressing(shows, n-len(picked))...)
	out := make([]audit.Evidence, len(picked))
	for i, e := range picked {
		out[i] = *e
	}
	return out
}

// pressing picks the n most urgent items, in their own order among equals.
func pressing(all []*audit.Evidence, n int) []*audit.Evidence {
	picked := make([]*audit.Evidence, 0, max(min(n, len(all)), 0))
	for u := 0; u <= 2; u++ {
		for _, e := range all {
			if len(picked) >= n {
				return picked
			}
			if urgency(e) == u {
				picked = append(picked, e)
			}
		}
	}
	return picked
}

func (d *describer) one(e audit.Evidence) {
	label, tone := "Seen", Normal
	if e.Met != nil {
		tone = Good
		if !*e.Met {
			tone = Bad
		}
	}
	text := e.Subject + " " + value(e)
	copied := ""
	if e.Actual != nil {
		copied = Clean(*e.Actual)
	}
	d.add(Item{Kind: Field, Label: label, Text: Clean(text), Tone: tone, Copy: copied})
	if e.Expected != nil {
		d.field("Wanted", *e.Expected+metWords(e), Normal)
	} else if w := metWords(e); w != "" {
		d.field("", strings.TrimPrefix(w, ": "), Normal)
	}
	if where := place(e); where != "" {
		i := Item{Kind: Field, Label: "From", Text: Clean(where), Tone: Dim}
		if e.Locator.Path != nil {
			i.Copy = Clean(*e.Locator.Path)
		}
		d.add(i)
	}
	if e.Note != "" {
		d.field("Note", e.Note, Dim)
	}
	var cut []string
	if e.Redacted {
		cut = append(cut, "the value is redacted")
	}
	if e.Truncated {
		cut = append(cut, "the value is cut short")
	}
	if e.Total != nil && *e.Total > len(e.Rows) {
		cut = append(cut, fmt.Sprintf("%d of %d rows are kept", len(e.Rows), *e.Total))
	}
	if len(cut) > 0 {
		d.field("", strings.Join(cut, "; "), Dim)
	}
	if len(e.Rows) > 0 {
		rows := e.Rows
		d.add(Item{Kind: Listing, Label: "Rows", N: len(rows), Row: func(i int) string { return Line(rows[i]) },
			Full: func(i int) string { return Clean(rows[i]) }})
	}
}

// value says what was seen of one item.
func value(e audit.Evidence) string {
	switch {
	case e.State == facts.Unreadable:
		return "could not be read"
	case e.State == facts.Absent:
		return "is not there"
	case e.State == facts.Unseen:
		return "was not looked at"
	case e.Redacted && e.Actual == nil:
		return "is set (redacted)"
	case e.Actual == nil && len(e.Rows) > 0:
		return strconv.Itoa(len(e.Rows)) + " found"
	case e.Actual == nil:
		return "is there"
	case *e.Actual == "":
		return `= "" (empty)`
	}
	return "= " + *e.Actual
}

func metWords(e audit.Evidence) string {
	switch {
	case e.Role == audit.Shows:
		return ""
	case e.Met == nil:
		return ": could not be decided"
	case *e.Met:
		return ": met"
	}
	return ": NOT met"
}

// place says where a piece of evidence is from.
func place(e audit.Evidence) string {
	l := e.Locator
	parts := []string{}
	if e.Source != "" {
		parts = append(parts, e.Source)
	}
	if l.PID != nil {
		parts = append(parts, "pid "+strconv.Itoa(*l.PID))
	}
	if l.Container != nil && *l.Container != "" {
		parts = append(parts, *l.Container)
	}
	if l.Path != nil && *l.Path != "" && *l.Path != e.Subject {
		p := *l.Path
		if l.Line != nil {
			p += ":" + strconv.Itoa(*l.Line)
		}
		parts = append(parts, p)
	}
	if l.HostPath != nil && *l.HostPath != "" && (l.Path == nil || *l.HostPath != *l.Path) {
		parts = append(parts, "on the host "+*l.HostPath)
	}
	s := strings.Join(parts, ", ")
	if e.Origin != "" {
		s = strings.TrimSpace(s + " (" + e.Origin + ")")
	}
	return s
}

// Compact is one item of evidence for one line.
func Compact(e audit.Evidence) string { return Line(compact(e)) }

func compact(e audit.Evidence) string {
	s := strings.TrimPrefix(metWords(e), ": ")
	if s != "" {
		s += "  "
	}
	s += e.Subject + " " + value(e)
	for i, r := range e.Rows {
		if i == compactRows {
			s += "; ..."
			break
		}
		s += []string{": ", "; "}[min(i, 1)] + r
	}
	if e.Expected != nil {
		s += " (wanted " + *e.Expected + ")"
	}
	if e.Locator.Path != nil && *e.Locator.Path != e.Subject {
		s += "  " + *e.Locator.Path
	}
	return s
}

func (d *describer) published() {
	p := d.book.Published(d.row.Control.ID)
	note, has := d.book.Advice.Notes[d.row.Control.ID]
	if d.book.Profile == nil || p == catalog.PublishedNone && !has {
		return
	}
	d.heading("Published by the vendor")
	word, tone := p.String(), Good
	switch p {
	case catalog.PublishedFail:
		word, tone = "FAIL", Known
	case catalog.PublishedNone:
		word, tone = "nothing", Dim
	}
	if v := d.book.Profile.PublishedFor; v != "" {
		word += " for " + v
	}
	d.field("Result", word, tone)
	if has {
		d.para(note.String(), Normal)
	}
}

func (d *describer) remedy() {
	if d.book.Profile == nil {
		return
	}
	heading := "Fix on " + d.book.Profile.Title
	if err := d.book.AdviceErr; err != nil {
		d.heading(heading)
		d.para("The advice could not be read: "+err.Error(), Warn)
	}
	m, ok := d.book.Advice.Remedies[d.row.Control.ID]
	if !ok {
		return
	}
	d.heading(heading)
	d.para(m.Text, Normal)
	for _, k := range m.Keys {
		d.field("Key", k, Code)
	}
	if m.Fragment != "" {
		d.add(Item{Kind: Block, Label: "Fragment", Lines: CleanLines(m.Fragment), Tone: Code, Copy: strings.Join(CleanLines(m.Fragment), "\n") + "\n"})
	}
	d.field("Sure?", confidenceWords(m.Confidence), Dim)
	for _, n := range m.NotEstablished {
		d.field("Not established", n, Warn)
	}
	if len(m.Keys) > 0 || m.Fragment != "" {
		if a := d.book.Profile.Applying; a != "" {
			d.field("Applying", strings.Join(strings.Fields(a), " "), Dim)
		}
	}
}

func confidenceWords(c catalog.Confidence) string {
	switch c {
	case catalog.Documented:
		return "documented by the vendor"
	case catalog.Seen:
		return "seen on a running system"
	case catalog.Inferred:
		return "inferred, not documented"
	case catalog.NotEstablished:
		return "NOT established"
	}
	return "not stated"
}

func (d *describer) texts() {
	d.heading("What it asks")
	for _, a := range Asks(d.book.Benchmark, d.row.Control) {
		d.para(a, Normal)
	}
	if theme, ok := d.book.Benchmark.Theme(d.row.Control.Theme); ok {
		d.field("Theme", theme.Title, Dim)
	}
	if err := d.book.TextsErr; err != nil {
		d.para("The texts could not be read: "+err.Error(), Warn)
	}
	t, ok := d.book.Texts[d.row.Control.ID]
	if !ok {
		if !d.book.Loaded {
			d.para("The texts are being loaded.", Dim)
		}
		return
	}
	d.section("Why", t.Rationale)
	d.section("Impact", t.Impact)
	d.section("Upstream remediation", t.Remediation)
	for i, n := range t.Footnotes {
		if i == 0 {
			d.heading("Footnotes")
		}
		d.para(n, Dim)
	}
}

func (d *describer) section(title, text string) {
	if strings.TrimSpace(text) != "" {
		d.heading(title)
		d.para(text, Normal)
	}
}
