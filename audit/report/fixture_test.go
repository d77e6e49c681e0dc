package report

import (
	"testing"
	"testing/fstest"
	"time"

	"mkeaudit/audit"
	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

const benchmarkTOML = `
id = "small-1.0"
title = "A small benchmark"
kubernetes = ["1.27"]
files = ["1.1.toml", "1.2.toml"]
[[theme]]
id = "authn-authz"
title = "Authentication"
text = "Who is it?"
[[chapter]]
id = "1"
title = "Control plane"
text = "The programs."
`

const filesTOML = `
[section]
id = "1.1"
title = "Files"
chapter = "1"
[[control]]
id = "1.1.1"
title = "Ensure that the file is closed"
level = 1
node = "master"
assessment = "automated"
judge = "machine"
theme = "authn-authz"
weight = 1
[[control.check]]
all = [{ component = "kube-apiserver", flag = "anonymous-auth", is = "false" }]
[[control]]
id = "1.1.2"
title = "Ensure that the owner is root"
level = 2
node = "master"
assessment = "manual"
judge = "machine"
theme = "authn-authz"
weight = 2
[[control.check]]
all = [{ component = "kube-apiserver", flag = "anonymous-auth", is = "false" }]
`

const serverTOML = `
[section]
id = "1.2"
title = "API server | <b>bold</b>"
chapter = "1"
[[control]]
id = "1.2.1"
title = "Ensure that *nobody* is anonymous | ever"
level = 1
node = "worker"
assessment = "manual"
judge = "person"
theme = "authn-authz"
weight = 3
[[control.check]]
show = [{ component = "kube-apiserver", flag = "anonymous-auth" }]
[[control]]
id = "1.2.2"
title = "Ensure that somebody looks"
level = 1
node = "worker"
assessment = "automated"
judge = "machine"
theme = "authn-authz"
weight = 3
[[control.check]]
all = [{ component = "kube-apiserver", flag = "anonymous-auth", is = "false" }]
[[control]]
id = "1.2.3"
title = "Ensure that somebody looks twice"
level = 1
node = "worker"
assessment = "automated"
judge = "machine"
theme = "authn-authz"
weight = 3
[[control.check]]
all = [{ component = "kube-apiserver", flag = "anonymous-auth", is = "false" }]
[[control]]
id = "1.2.4"
title = "Ensure that the masters are masters"
level = 1
node = "worker"
assessment = "automated"
judge = "machine"
theme = "authn-authz"
weight = 3
[[control.check]]
all = [{ component = "kube-apiserver", flag = "anonymous-auth", is = "false" }]
`

const apiserverTOML = `
component = "kube-apiserver"
dialect = "pflag"
[flag.anonymous-auth]
type = "bool"
default = "true"
`

func smallBenchmark(t testing.TB) *catalog.Benchmark {
	t.Helper()
	b, err := catalog.Load(fstest.MapFS{
		"benchmark.toml":               {Data: []byte(benchmarkTOML)},
		"1.1.toml":                     {Data: []byte(filesTOML)},
		"1.2.toml":                     {Data: []byte(serverTOML)},
		"defaults/kube-apiserver.toml": {Data: []byte(apiserverTOML)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hostile is what a process or an object of the cluster may call itself.
const hostile = "\x1b]0;owned\a\x1b[2J\u009b31m\u202e`|<script>alert(1)</script> [x](http://evil) www.evil.com\nsecond line\x7f"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func p[T any](v T) *T { return &v }

// sample is an input in which every status, every null and every optional part of
// a document stands once, with foreign text wherever a node can put it.
func sample(t testing.TB, foreign string) Input {
	b := smallBenchmark(t)
	findings := []audit.Finding{
		{Control: "1.1.1", Status: audit.Fail, ReasonCode: audit.NotMet, Reason: "the mode of " + foreign + " is too wide",
			Remarks: []string{"a remark on " + foreign},
			Evidence: []audit.Evidence{
				{Source: "file", Locator: audit.Locator{Path: p("/etc/a"), HostPath: p("/etc/a")}, Subject: "mode", State: facts.Present,
					Expected: p("0600"), Actual: p("0600"), Origin: "stat", Met: p(true)},
				{Source: "file " + foreign, Locator: audit.Locator{Path: p("/etc/" + foreign), HostPath: p("/host/" + foreign), Line: p(7)}, Subject: foreign,
					State: facts.Present, Expected: p("0600"), Actual: p(foreign), Origin: foreign, Met: p(false), Truncated: true, Note: foreign},
			}},
		{Control: "1.1.2", Status: audit.Pass, ReasonCode: audit.Met, Reason: "it is false by default", ByDefault: true,
			Evidence: []audit.Evidence{{Source: "process kube-apiserver", Locator: audit.Locator{PID: p(2311), Container: p("ucp-kube-apiserver")},
				Subject: "--anonymous-auth", State: facts.Absent, Expected: p("false"), Actual: nil, Origin: "default", Met: p(true), Redacted: true}}},
		{Control: "1.2.1", Status: audit.Manual, ReasonCode: audit.PersonDecides, Reason: "a person decides", Leaning: p(audit.LeaningNotMet),
			Evidence: []audit.Evidence{{Source: "cluster", Subject: "subjects", State: facts.Present, Role: audit.Shows,
				Rows: []string{"a", foreign, "c", "d", "e", "f"}, Total: p(9)}}},
		{Control: "1.2.2", Status: audit.Unknown, ReasonCode: audit.NeedsRights, Reason: "needs root: /etc/" + foreign},
		{Control: "1.2.3", Status: audit.Unknown, ReasonCode: audit.NeedsRights, Reason: "needs root: /etc/" + foreign},
		{Control: "1.2.4", Status: audit.NotApplicable, ReasonCode: audit.OffNode, Reason: "is about workers"},
	}
	return Input{
		Version: "1.2.3", StartedAt: noon, Duration: 12345 * time.Microsecond,
		Source: Source{Kind: Snapshot, RecordedAt: p(noon.Add(-time.Hour)), SHA256: p(digestOf('a'))}, Benchmark: b,
		Profile: &catalog.Profile{ID: "mke-3.7", PublishedFor: "3.7.2",
			Published: map[catalog.ID]catalog.Published{"1.1.1": catalog.PublishedFail, "1.1.2": catalog.PublishedPass}},
		Notes:      map[catalog.ID]catalog.Note{"1.1.1": {Text: "known since\n3.6", Items: []string{"one", "two"}}},
		Host:       Host{Name: "mgr-01" + foreign, ID: digestOf('b'), Roles: []string{"master", "worker"}},
		Kubernetes: "1.27.7", MKE: "3.7.2" + foreign,
		Warnings: []string{"careful with " + foreign},
		Findings: findings, Selected: All(b),
		Reviews: map[catalog.ID]audit.Review{
			"1.2.1": {Control: "1.2.1", Verdict: audit.VerdictFail, Rationale: "no, " + foreign, Evidence: "ticket", Author: "eve" + foreign, At: noon.Add(-time.Minute),
				ExpiresAt: noon.Add(time.Hour), Basis: findings[2].Basis(), ControlDigest: digestOf('d'), Seq: 2},
		},
		Risks: map[catalog.ID]audit.AcceptedRisk{
			"1.1.1": {Control: "1.1.1", By: "bob", Reason: "until " + foreign, Ref: "RISK-1", At: noon.Add(-time.Hour), ExpiresAt: noon, Seq: 3},
		},
		Digests: map[catalog.ID]string{"1.2.1": digestOf('d')},
	}
}

func digestOf(c byte) string {
	b := make([]byte, 64)
	for i := range b {
		b[i] = c
	}
	return string(b)
}
