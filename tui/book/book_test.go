package book_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"mkeaudit/audit"
	"mkeaudit/catalog"
	"mkeaudit/tui/book"
	"mkeaudit/tui/internal/fixture"
)

// The book's own reckoning of a review's state is the one of package audit, in
// every combination.
func TestReviewStateAgrees(t *testing.T) {
	f := fixture.Findings()[3]
	changed := f
	changed.Evidence = []audit.Evidence{fixture.APIServer("anonymous-auth", "false", fixture.Ptr("true"), false)}
	now := fixture.Now
	n := 0
	for _, verdict := range []audit.Verdict{audit.NotReviewed, audit.VerdictPass, audit.VerdictFail} {
		for _, until := range []time.Time{{}, now.Add(-time.Second), now, now.Add(time.Second)} {
			for _, basis := range []string{f.Basis(), "other"} {
				for _, digest := range []string{fixture.Digest(f.Control), "other"} {
					for _, seen := range []audit.Finding{f, changed} {
						r := audit.Review{Control: f.Control, Verdict: verdict, ExpiresAt: until, Basis: basis, ControlDigest: digest}
						b := fixture.Book()
						b.Settle(seen, seen.Basis(), now)
						b.Save(r)
						want := r.StateOf(seen, fixture.Digest(f.Control), now)
						if got := b.Row(f.Control).State; got != want {
							t.Errorf("verdict %v until %v basis %s digest %s: %v, want %v", verdict, until, basis, digest, got, want)
						}
						n++
					}
				}
			}
		}
	}
	if n != 96 {
		t.Fatalf("%d combinations", n)
	}
}

// A review settles what a person may settle; it never hides a fail.
func TestNeed(t *testing.T) {
	finding := func(id catalog.ID, code audit.ReasonCode) audit.Finding {
		return audit.Finding{Control: id, Status: code.Status(), ReasonCode: code}
	}
	none := fixture.Profile()
	none.Published = nil
	tests := []struct {
		name    string
		id      catalog.ID // 1.2.1 was published as pass, 1.2.9 as fail
		code    audit.ReasonCode
		profile *catalog.Profile
		review  audit.ReviewState
		want    book.Need
	}{
		{"pass", "1.2.1", audit.Met, nil, audit.ReviewNone, book.NeedNothing},
		{"regression", "1.2.1", audit.NotMet, nil, audit.ReviewNone, book.NeedRegression},
		{"regression with a review", "1.2.1", audit.NotMet, nil, audit.ReviewCurrent, book.NeedRegression},
		{"known exception", "1.2.9", audit.NotMet, nil, audit.ReviewNone, book.NeedNothing},
		{"known exception, stale review", "1.2.9", audit.NotMet, nil, audit.ReviewStale, book.NeedStale},
		{"fail, nothing published", "1.2.1", audit.NotMet, none, audit.ReviewNone, book.NeedFail},
		{"fail, nothing published, reviewed", "1.2.1", audit.NotMet, none, audit.ReviewCurrent, book.NeedFail},
		{"unknown", "1.2.1", audit.NeedsRights, nil, audit.ReviewNone, book.NeedUnknown},
		{"unknown, reviewed", "1.2.1", audit.NeedsRights, nil, audit.ReviewCurrent, book.NeedNothing},
		{"manual", "5.1.1", audit.PersonDecides, nil, audit.ReviewNone, book.NeedJudgement},
		{"manual, reviewed", "5.1.1", audit.PersonDecides, nil, audit.ReviewCurrent, book.NeedNothing},
		{"manual, stale", "5.1.1", audit.PersonDecides, nil, audit.ReviewStale, book.NeedStale},
		{"manual, expired", "5.1.1", audit.PersonDecides, nil, audit.ReviewExpired, book.NeedExpired},
		{"not applicable", "1.1.1", audit.RunsOtherwise, nil, audit.ReviewNone, book.NeedNothing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := fixture.Profile()
			if tt.profile != nil {
				p = tt.profile
			}
			b := book.New(fixture.Benchmark(), p, fixture.Header(), nil, nil)
			b.Tick(fixture.Now)
			b.Load(nil, catalog.Advice{}, nil, nil, nil)
			f := finding(tt.id, tt.code)
			b.Settle(f, f.Basis(), fixture.Now)
			r := audit.Review{Control: tt.id, Verdict: audit.VerdictPass, Basis: f.Basis()}
			switch tt.review {
			case audit.ReviewStale:
				r.Basis = "other"
			case audit.ReviewExpired:
				r.ExpiresAt = fixture.Now.AddDate(0, 0, -1)
			}
			if tt.review != audit.ReviewNone {
				b.Save(r)
			}
			if got := b.Row(tt.id).Need(); got != tt.want {
				t.Errorf("needs %v, want %v", got, tt.want)
			}
		})
	}
}

// What does not apply is left out of the denominators, and every control is counted
// once whatever the order.
func TestTally(t *testing.T) {
	b := fixture.Book()
	total := b.Total()
	if total.Of != 14 || total.Pass != 5 || total.Fail != 3 || total.Known != 2 || total.Regression != 1 || total.Manual != 3 || total.Reviewed != 1 ||
		total.Unknown != 1 || total.NA != 2 || total.Expired != 1 || total.Open != 0 || total.Needs != 4 {
		t.Errorf("%+v", total)
	}
	if total.Applicable() != 12 || total.Good() != 6 || total.Determined() != 13 || total.Awaiting() != 2 {
		t.Errorf("of %d, good %d, determined %d, awaiting %d", total.Applicable(), total.Good(), total.Determined(), total.Awaiting())
	}
	for _, o := range []book.Order{book.BySection, book.ByTheme, book.ByNeed} {
		groups, off := b.Groups(o, book.Filter{}, true)
		seen := map[catalog.ID]int{}
		for _, g := range groups {
			for _, r := range g.Rows {
				seen[r.Control.ID]++
			}
		}
		for _, r := range b.Rows() {
			if seen[r.Control.ID] != 1 {
				t.Errorf("%v: %s stands %d times", o, r.Control.ID, seen[r.Control.ID])
			}
		}
		if off != 0 {
			t.Errorf("%v: %d hidden", o, off)
		}
	}
}

// The queue leads with what is most pressing, and among what waits for a person
// with manual Level 2, then manual Level 1.
func TestQueueOrder(t *testing.T) {
	b := book.New(fixture.Benchmark(), fixture.Profile(), fixture.Header(), nil, nil)
	for _, f := range fixture.Findings() {
		b.Settle(f, f.Basis(), fixture.Now)
	}
	groups, _ := b.Groups(book.ByNeed, book.Filter{NeedsMe: true}, true)
	var got []string
	for _, g := range groups {
		for _, r := range g.Rows {
			got = append(got, string(r.Control.ID))
		}
	}
	if s := strings.Join(got, " "); s != "1.1.20 1.2.30 5.1.8 5.1.1 5.1.2" {
		t.Errorf("the queue is %s", s)
	}
}

func TestFilter(t *testing.T) {
	b := fixture.Book()
	tests := []struct {
		words string
		want  string
	}{
		{"", "14"},
		{"needs me", "1.1.20 1.2.30 5.1.1 5.1.2"},
		{"fail", "1.1.12 1.1.20 1.2.9"},
		{"fail pass level 1 1.2", "1.2.1 1.2.6 1.2.9"},
		{"standing known exception", "1.1.12 1.2.9"},
		{"regression", "1.1.20"},
		{"level 2", "2.7 5.1.8"},
		{"level 2 node worker", "5.1.8"},
		{"review expired", "5.1.2"},
		{"current", "5.1.8"},
		{"assessment manual fail", "1.1.20 1.2.9"},
		{"judged by person", "5.1.1 5.1.2 5.1.8"},
		{"judge person unknown", ""},
		{"n/a", "1.1.1 4.2.13"},
		{"1.2.9", "1.2.9"},
		{"2", "2.1 2.7"},
	}
	for _, tt := range tests {
		t.Run(tt.words, func(t *testing.T) {
			f, err := b.ParseFilter(strings.Fields(tt.words))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			m, rows := f.Ready(), b.Rows()
			for i := range rows {
				if m.Lets(&rows[i]) {
					got = append(got, string(rows[i].Control.ID))
				}
			}
			s := strings.Join(got, " ")
			if len(got) == 14 {
				s = "14"
			}
			if s != tt.want {
				t.Errorf("lets %q through, want %q (%s)", s, tt.want, f)
			}
			if b.Passing(f) != len(got) {
				t.Errorf("Passing says %d of %d", b.Passing(f), len(got))
			}
		})
	}
	for _, words := range []string{"level", "level 3", "banana", "status", "needs you"} {
		if _, err := b.ParseFilter(strings.Fields(words)); err == nil {
			t.Errorf("%q is taken", words)
		}
	}
	f := book.Filter{}.Toggle(book.ByLevel, "1")
	g := f.Toggle(book.ByLevel, "1")
	if !f.Active() || g.Active() || !f.Has(book.ByLevel, "1") {
		t.Error("a value toggles once and back, and the filter it came from stays as it was")
	}
}

// Search looks at number, title and texts, all words must be found, case aside.
func TestSearch(t *testing.T) {
	b := fixture.Book()
	for search, want := range map[string]int{"1.2.30": 1, "ANONYMOUS-auth": 2, "encryption providers": 1, "event_rate_limit_ac_enabled": 1, "  ": 14, "no-such-word": 0} {
		if got := b.Passing(book.Filter{Search: search}); got != want {
			t.Errorf("%q finds %d, want %d", search, got, want)
		}
	}
}

// A re-run that changes something keeps what was there before; one that does not
// keeps nothing new.
func TestSettle(t *testing.T) {
	b := fixture.Book()
	f := fixture.Findings()[5]
	if b.Settle(f, f.Basis(), fixture.Now) || b.Row(f.Control).Change != nil {
		t.Error("the same finding counts as a change")
	}
	g := f
	g.Evidence = append([]audit.Evidence(nil), f.Evidence...)
	g.Evidence[0].Actual = fixture.Ptr("NodeRestriction")
	if !b.Settle(g, g.Basis(), fixture.Now) || b.Row(f.Control).Change == nil {
		t.Error("other evidence counts as no change")
	}
	text := ""
	for _, it := range b.Describe(f.Control) {
		text += it.Label + "|" + it.Text + "\n"
	}
	for _, want := range []string{"Before|FAIL: the admission", "Now|FAIL: the admission", "  was|--enable-admission-plugins = NodeRestriction,ResourceQuota", "  is|--enable-admission-plugins = NodeRestriction (flag)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the description lacks %q:\n%s", want, text)
		}
	}
	if b.Settle(audit.Finding{Control: "9.9.9"}, "", fixture.Now) {
		t.Error("a finding on an unknown control is taken")
	}
}

// The description of every real control has everything a reader needs, and is
// clean.
func TestDescribeRealControls(t *testing.T) {
	bench, fsys, err := catalog.OpenBenchmark(catalog.DefaultBenchmark)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := catalog.LoadTexts(fsys, bench)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range catalog.ProfileIDs() {
		p, pfs, err := catalog.OpenProfile(id, bench)
		if err != nil {
			t.Fatal(err)
		}
		advice, err := catalog.LoadAdvice(pfs, bench)
		if err != nil {
			t.Fatal(err)
		}
		b := book.New(bench, p, fixture.Header(), nil, nil)
		b.Load(texts, advice, nil, nil, nil)
		for i := range b.Rows() {
			r := &b.Rows()[i]
			have := map[string]bool{}
			for _, it := range b.Describe(r.Control.ID) {
				if it.Kind == book.Heading {
					have[it.Text] = true
				}
				for _, s := range append([]string{it.Text, it.Label}, it.Lines...) {
					checkClean(t, s)
				}
			}
			for _, h := range []string{"What it asks", "Why", "Impact", "Upstream remediation"} {
				if !have[h] {
					t.Errorf("%s: %s lacks %q", id, r.Control.ID, h)
				}
			}
			if _, ok := advice.Remedies[r.Control.ID]; ok != have["Fix on "+p.Title] {
				t.Errorf("%s: %s: a remedy is there: %v, shown: %v", id, r.Control.ID, ok, have["Fix on "+p.Title])
			}
			if asks := book.Asks(bench, r.Control); len(asks) == 0 || asks[0] == "" {
				t.Errorf("%s asks nothing", r.Control.ID)
			}
			if s := r.Short(); s == "" || len(s) > len(r.Control.Title) {
				t.Errorf("%s is short as %q", r.Control.ID, s)
			}
		}
	}
}

func TestShort(t *testing.T) {
	for title, want := range map[string]string{
		"Ensure that the --anonymous-auth argument is set to false.":                                                                                 "--anonymous-auth = false",
		"Ensure that the --profiling ``argument is set to ``false.":                                                                                  "--profiling = false",
		"Ensure that the API server pod specification file permissions are set to 600 or more restrictive.":                                          "API server manifest mode 600",
		"Ensure that the etcd data directory ownership is set to etcd:etcd.":                                                                         "etcd data directory owner etcd:etcd",
		"Ensure that the --secure-port option is not set to 0. Note: This recommendation is obsolete and will be deleted per the consensus process.": "--secure-port is not 0 (obsolete)",
		"If proxy kubeconfig file exists, ensure ownership is set to root:root.":                                                                     "proxy kubeconfig owner root:root",
		"Minimize access to secrets.": "Access to secrets",
		"":                            "",
	} {
		if got := book.Short(title); got != want {
			t.Errorf("%q is short as %q, want %q", title, got, want)
		}
	}
}

// A listing of many items is told in part, and drawn one by one.
func TestManyItems(t *testing.T) {
	var all []audit.Evidence
	for i := range 1000 {
		all = append(all, fixture.File(fmt.Sprintf("/pki/%d.pem", i), "0600", "0600 or stricter", i != 700))
	}
	b := fixture.Book()
	f := audit.Finding{Control: "1.1.20", Status: audit.Fail, ReasonCode: audit.NotMet, Evidence: all}
	b.Settle(f, "x", fixture.Now)
	items := b.Describe("1.1.20")
	first, listing := "", book.Item{}
	for _, it := range items {
		if it.Kind == book.Field && it.Label == "From" && first == "" {
			first = it.Text
		}
		if it.Kind == book.Listing {
			listing = it
		}
	}
	if first != "file, /pki/700.pem (stat)" {
		t.Errorf("first comes %q, not what is not met", first)
	}
	if listing.N != 1000 || listing.Row(700) != "NOT met  mode = 0600 (wanted 0600 or stricter)  /pki/700.pem" {
		t.Errorf("%d rows, row 700 is %q", listing.N, listing.Row(700))
	}
	if len(items) > 200 {
		t.Errorf("%d items were built", len(items))
	}
}

// What a piece of evidence says is right in each state: nothing missing looks like
// an empty value.
func TestEvidenceWords(t *testing.T) {
	tests := []struct {
		name string
		e    audit.Evidence
		want string
	}{
		{"present", audit.Evidence{Subject: "--x", State: 1, Actual: fixture.Ptr("1")}, "--x = 1"},
		{"empty", audit.Evidence{Subject: "--x", State: 1, Actual: fixture.Ptr("")}, `--x = "" (empty)`},
		{"absent", audit.Evidence{Subject: "--x", State: 2}, "--x is not there"},
		{"unreadable", audit.Evidence{Subject: "--x", State: 3}, "--x could not be read"},
		{"unseen", audit.Evidence{Subject: "--x"}, "--x was not looked at"},
		{"redacted", audit.Evidence{Subject: "--x", State: 1, Redacted: true}, "--x is set (redacted)"},
		{"rows", audit.Evidence{Subject: "users", State: 1, Rows: []string{"a", "b", "c", "d"}}, "users 4 found: a; b; c; ..."},
		{"hostile", audit.Evidence{Subject: "--x\x1b[2J", State: 1, Actual: fixture.Ptr("\u202e1")}, `--x\x1b[2J = \u202e1`},
	}
	for _, tt := range tests {
		tt.e.Role = audit.Shows
		if got := book.Compact(tt.e); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func checkClean(t *testing.T, s string) {
	t.Helper()
	for _, r := range s {
		if r != '\uFFFD' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) || r != ' ' && unicode.IsSpace(r)) {
			t.Errorf("%q holds %U", s, r)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                           "plain",
		"\x1b]0;owned\a":                  `\x1b]0;owned\x07`,
		"a\u202eb":                        `a\u202eb`,
		"a\u00a0b\u2003c":                 "a b c",
		"e\u0301\u0301\u0301\u0301\u0301": "e\u0301\u0301\u0301",
		"\u0301x":                         "x",
		"\U0001F1E9\U0001F1EA":            "DE",
		"👍\U0001F3FD":                     "👍",
		"宽":                               "宽",
	} {
		if got := book.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if n := len(book.Line(strings.Repeat("宽", 5000))); n > 1024 || n < 1000 {
		t.Errorf("a line of %d bytes", n)
	}
}

// FuzzClean: what is cleaned drives nothing, stays the same when it is cleaned
// again, and is as wide as the sum of its runes, so that terminals agree on it.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[31mred", "\u202e", "e\u0301\u0301\u0301\u0301", "\U0001F468\u200d\U0001F469", "\xff\xfe", "a\tb\nc", "1\ufe0f\u20e3", "ก็็็็็"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := book.Clean(s)
		checkClean(t, c)
		if again := book.Clean(c); again != c {
			t.Errorf("%q becomes %q when it is cleaned again", c, again)
		}
		for _, l := range book.CleanLines(s) {
			checkClean(t, l)
		}
		if w := ansi.StringWidth(c); w > 6*len(s) {
			t.Errorf("%q is %d cells wide", c, w)
		}
	})
}
