package report

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

func TestNewHoldsEverySelectedControlOnceInOrder(t *testing.T) {
	in := sample(t, "x")
	for name, tc := range map[string]struct {
		selected []catalog.ID
		want     []catalog.ID
		summary  Summary
	}{
		"all":               {All(in.Benchmark), []catalog.ID{"1.1.1", "1.1.2", "1.2.1", "1.2.2", "1.2.3", "1.2.4"}, Summary{1, 1, 1, 1, 2}},
		"other order":       {[]catalog.ID{"1.2.4", "1.1.1"}, []catalog.ID{"1.1.1", "1.2.4"}, Summary{Fail: 1, NotApplicable: 1}},
		"twice is once":     {[]catalog.ID{"1.1.2", "1.1.2"}, []catalog.ID{"1.1.2"}, Summary{Pass: 1}},
		"nothing":           {nil, nil, Summary{}},
		"unknown id is not": {[]catalog.ID{"9.9.9"}, nil, Summary{}},
	} {
		t.Run(name, func(t *testing.T) {
			in := in
			in.Selected = tc.selected
			d := New(in)
			var got []catalog.ID
			for _, r := range d.Results {
				got = append(got, r.ID)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("results %v, want %v", got, tc.want)
			}
			if d.Summary != tc.summary {
				t.Errorf("summary %+v, want %+v", d.Summary, tc.summary)
			}
			if d.Selection != (Selection{len(tc.want), 6}) {
				t.Errorf("selection %+v", d.Selection)
			}
			if d.Results == nil {
				t.Error("results are null, want []")
			}
		})
	}
}

func TestNewSaysUnknownOfAControlWithoutFinding(t *testing.T) {
	in := sample(t, "x")
	in.Findings = nil
	d := New(in)
	if d.Summary != (Summary{Unknown: 6}) {
		t.Errorf("summary %+v: nothing was looked at", d.Summary)
	}
	for _, r := range d.Results {
		if r.Status != audit.Unknown || r.ReasonCode != audit.NotEvaluated || r.Reason == "" || r.Standing != audit.Undetermined {
			t.Errorf("%s: %v %v %q %v", r.ID, r.Status, r.ReasonCode, r.Reason, r.Standing)
		}
	}
}

func TestReviewLiesBesideTheFinding(t *testing.T) {
	in := sample(t, "x")
	find := func(d Document) Result { return d.Results[2] }
	if r := find(New(in)); r.ReviewState != audit.ReviewCurrent || r.Review.Verdict != audit.VerdictFail || r.Status != audit.Manual || r.Standing != audit.Awaiting {
		t.Errorf("current review: %v %v %v %v", r.ReviewState, r.Review, r.Status, r.Standing)
	}
	late := in
	late.StartedAt = noon.Add(time.Hour)
	if r := find(New(late)); r.ReviewState != audit.ReviewExpired {
		t.Errorf("at its expiry the review is %v", r.ReviewState)
	}
	changed := in
	changed.Digests = map[catalog.ID]string{"1.2.1": digestOf('e')}
	if r := find(New(changed)); r.ReviewState != audit.ReviewStale {
		t.Errorf("with another control text the review is %v", r.ReviewState)
	}
	if a := New(in).Results[0].AcceptedRisk; a == nil || a.Current {
		t.Errorf("accepted risk at its expiry: %+v", a)
	}
	if r := New(in).Results[0]; r.Status != audit.Fail || r.Standing != audit.KnownException {
		t.Errorf("an accepted risk changed the finding: %v %v", r.Status, r.Standing)
	}
}

func TestRunIDTellsNodesAndRunsApart(t *testing.T) {
	base := RunID("b", "p", "h", noon)
	if base != RunID("b", "p", "h", noon) {
		t.Error("equal runs have unequal ids")
	}
	for name, other := range map[string]string{
		"benchmark": RunID("b2", "p", "h", noon), "profile": RunID("b", "p2", "h", noon),
		"host": RunID("b", "p", "h2", noon), "time": RunID("b", "p", "h", noon.Add(1)),
		"shifted text": RunID("b\" \"p", "", "h", noon),
	} {
		if other == base {
			t.Errorf("another %s has the same run id", name)
		}
	}
}

func TestCausesAreToldOnce(t *testing.T) {
	d := New(sample(t, "x"))
	causes := d.Causes()
	if len(causes) != 1 || causes[0].Code != audit.NeedsRights || !reflect.DeepEqual(causes[0].Controls, []catalog.ID{"1.2.2", "1.2.3"}) {
		t.Errorf("causes %+v", causes)
	}
	var b strings.Builder
	if err := Table(&b, d, Companion{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "needs root: /etc/"); n != 1 {
		t.Errorf("the cause stands %d times in\n%s", n, b.String())
	}
}

func TestRanges(t *testing.T) {
	for want, ids := range map[string][]catalog.ID{
		"":                       {},
		"1.1.1":                  {"1.1.1"},
		"1.1.1, 1.1.2":           {"1.1.1", "1.1.2"},
		"1.1.9-1.1.11":           {"1.1.9", "1.1.10", "1.1.11"},
		"1.1.1, 1.2.2, 2.1-2.3":  {"1.1.1", "1.2.2", "2.1", "2.2", "2.3"},
		"1.1.21, 1.2.1-1.2.3, 5": {"1.1.21", "1.2.1", "1.2.2", "1.2.3", "5"},
	} {
		if got := ranges(ids); got != want {
			t.Errorf("%v: %q, want %q", ids, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{"pass": "pass", "notApplicable": "not applicable", "asPublished": "as published", "": ""} {
		if got := Words(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
