package cli

import (
	"strings"
	"testing"

	"mkeaudit/audit"
	"mkeaudit/audit/report"
	"mkeaudit/catalog"
)

func result(id catalog.ID, status audit.Status, standing audit.Standing) report.Result {
	r := report.Result{ID: id, Status: status, Standing: standing, Judge: catalog.Machine, ReasonCode: audit.NeedsRights}
	if status == audit.Manual {
		r.Judge = catalog.Person
	}
	return r
}

func reviewed(r report.Result, v audit.Verdict, s audit.ReviewState) report.Result {
	r.Review, r.ReviewState = &report.Review{Verdict: v}, s
	return r
}

func accepted(r report.Result, current bool) report.Result {
	r.AcceptedRisk = &report.AcceptedRisk{Current: current}
	return r
}

func TestTrips(t *testing.T) {
	regression := result("1", audit.Fail, audit.Regression)
	unpublished := result("1", audit.Fail, audit.Unpublished)
	known := result("1", audit.Fail, audit.KnownException)
	manual := result("1", audit.Manual, audit.Awaiting)
	unknown := result("1", audit.Unknown, audit.Undetermined)
	for name, tc := range map[string]struct {
		r    report.Result
		want string // of: fail exception unknown awaiting, the gates that it trips
	}{
		"pass":                                   {result("1", audit.Pass, audit.AsPublished), ""},
		"hardened":                               {result("1", audit.Pass, audit.Hardened), ""},
		"not applicable":                         {result("1", audit.NotApplicable, audit.StandsNotApplicable), ""},
		"regression":                             {regression, "fail exception"},
		"unpublished fail":                       {unpublished, "fail exception"},
		"known exception":                        {known, "exception"},
		"accepted":                               {accepted(regression, true), ""},
		"accepted no more":                       {accepted(regression, false), "fail exception"},
		"known and accepted":                     {accepted(known, true), ""},
		"known and accepted no more":             {accepted(known, false), "exception"},
		"a review never clears a fail":           {reviewed(regression, audit.VerdictPass, audit.ReviewCurrent), "fail exception"},
		"nor says that it does not apply":        {reviewed(regression, audit.VerdictNotApplicable, audit.ReviewCurrent), "fail exception"},
		"a review of a machine's pass":           {reviewed(result("1", audit.Pass, audit.AsPublished), audit.VerdictFail, audit.ReviewCurrent), ""},
		"unknown":                                {unknown, "unknown"},
		"unknown is not cleared":                 {reviewed(unknown, audit.VerdictPass, audit.ReviewCurrent), "unknown"},
		"manual":                                 {manual, "awaiting"},
		"manual, passed":                         {reviewed(manual, audit.VerdictPass, audit.ReviewCurrent), ""},
		"manual, not applicable":                 {reviewed(manual, audit.VerdictNotApplicable, audit.ReviewCurrent), ""},
		"manual, failed":                         {reviewed(manual, audit.VerdictFail, audit.ReviewCurrent), "fail exception"},
		"manual, stale pass":                     {reviewed(manual, audit.VerdictPass, audit.ReviewStale), "awaiting"},
		"manual, stale fail":                     {reviewed(manual, audit.VerdictFail, audit.ReviewStale), "awaiting"},
		"manual, expired pass":                   {reviewed(manual, audit.VerdictPass, audit.ReviewExpired), "awaiting"},
		"an accepted risk is nothing to a pass":  {accepted(result("1", audit.Pass, audit.AsPublished), true), ""},
		"an accepted risk is no review":          {accepted(manual, true), "awaiting"},
		"an accepted risk determines nothing":    {accepted(unknown, true), "unknown"},
		"a zero result has not been looked at":   {report.Result{}, "unknown"},
		"an expired accepted risk of an unknown": {accepted(unknown, false), "unknown"},
	} {
		var got []string
		for _, word := range []string{"fail", "exception", "unknown", "awaiting"} {
			g, err := parseGate([]string{word})
			if err != nil {
				t.Fatal(err)
			}
			if yes, _ := g.trips(tc.r); yes {
				got = append(got, word)
			}
		}
		if s := strings.Join(got, " "); s != tc.want {
			t.Errorf("%s: trips %q, want %q", name, s, tc.want)
		}
		never, _ := parseGate([]string{"never"})
		if yes, _ := never.trips(tc.r); yes {
			t.Errorf("%s: trips never", name)
		}
	}
}

func TestParseGate(t *testing.T) {
	for given, want := range map[string]gate{
		"": gateFail, "fail": gateFail, "exception": gateFail | gateException, "never": 0,
		"unknown,awaiting": gateUnknown | gateAwaiting, "awaiting fail": gateAwaiting | gateFail,
	} {
		got, err := parseGate(strings.Fields(given))
		if err != nil || got != want {
			t.Errorf("%q: %v %v, want %v", given, got, err, want)
		}
	}
	for _, given := range []string{"Fail", "none", "never,fail", "fail never", "regression"} {
		if _, err := parseGate(strings.Fields(given)); codeOf(err) != ExitUsage {
			t.Errorf("%q: %v, want wrong usage", given, err)
		}
	}
}

func TestJudge(t *testing.T) {
	nowhere := result("9", audit.Unknown, audit.Undetermined)
	cluster := result("8", audit.Unknown, audit.Undetermined)
	pass, unknown := result("1", audit.Pass, audit.AsPublished), result("2", audit.Unknown, audit.Undetermined)
	fail, known := result("3", audit.Fail, audit.Regression), result("4", audit.Fail, audit.KnownException)
	manual, off := result("5", audit.Manual, audit.Awaiting), result("6", audit.NotApplicable, audit.StandsOffNode)
	for name, tc := range map[string]struct {
		results []report.Result
		failOn  string
		allow   bool
		code    int
		why     string
	}{
		"clean":                       {[]report.Result{pass, known, manual, off}, "", false, ExitClean, ""},
		"a regression":                {[]report.Result{pass, fail, unknown}, "", false, ExitGate, "fail 3"},
		"the gate goes before":        {[]report.Result{fail, unknown}, "", true, ExitGate, "fail 3"},
		"incomplete":                  {[]report.Result{pass, unknown}, "", false, ExitIncomplete, "1 of 2"},
		"incomplete without a gate":   {[]report.Result{fail, unknown}, "never", false, ExitIncomplete, "1 of 2"},
		"allowed":                     {[]report.Result{fail, unknown}, "never", true, ExitClean, ""},
		"unknown as a gate":           {[]report.Result{pass, unknown}, "unknown", false, ExitGate, "unknown 2"},
		"unknown, gate and allowed":   {[]report.Result{pass, unknown}, "unknown", true, ExitGate, "unknown 2"},
		"exception":                   {[]report.Result{known, pass}, "exception", false, ExitGate, "exception 4"},
		"awaiting":                    {[]report.Result{manual, pass}, "awaiting", false, ExitGate, "awaiting 5"},
		"off node is an answer":       {[]report.Result{off}, "", false, ExitClean, ""},
		"nothing selected":            {nil, "never", true, ExitFailed, "select no control"},
		"no Kubernetes":               {[]report.Result{nowhere, cluster}, "never", true, ExitFailed, "no component"},
		"no Kubernetes, gate":         {[]report.Result{nowhere, cluster}, "unknown", false, ExitFailed, "no component"},
		"no Kubernetes, a file":       {[]report.Result{nowhere, pass}, "", false, ExitIncomplete, "1 of 2"},
		"only the cluster is lacking": {[]report.Result{cluster}, "", false, ExitIncomplete, "1 of 1"},
	} {
		var d report.Document
		d.Results = tc.results
		d.Selection.Selected = len(tc.results)
		if !strings.HasPrefix(name, "no Kubernetes") {
			d.Host.Roles = []string{"master"}
		}
		for _, r := range tc.results {
			if r.Status == audit.Unknown {
				d.Summary.Unknown++
			}
		}
		g, err := parseGate(strings.Fields(tc.failOn))
		if err != nil {
			t.Fatal(err)
		}
		got := judge(d, g, tc.allow)
		if got.code != tc.code || !strings.Contains(got.why, tc.why) || (tc.why == "") != (got.why == "") {
			t.Errorf("%s: %d %q, want %d %q", name, got.code, got.why, tc.code, tc.why)
		}
	}
}
