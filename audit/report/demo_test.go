package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"mkeaudit/audit"
	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// evaluated is the report of a snapshot under a profile.
func evaluated(t testing.TB, s *facts.Snapshot, profile string, explicit bool) Document {
	t.Helper()
	b, _, err := catalog.OpenBenchmark(catalog.DefaultBenchmark)
	if err != nil {
		t.Fatal(err)
	}
	p, files, err := catalog.OpenProfile(profile, b)
	if err != nil {
		t.Fatal(err)
	}
	advice, err := catalog.LoadAdvice(files, b)
	if err != nil {
		t.Fatal(err)
	}
	a := &audit.Auditor{Benchmark: b, Profile: p, Explicit: explicit}
	kubernetes, _ := a.Kubernetes(s)
	mke, _ := s.MKEVersion()
	recorded := s.RecordedAt
	return New(Input{
		Version: "0.0.0", StartedAt: noon, Duration: time.Millisecond, Source: Source{Kind: Demo, RecordedAt: &recorded, SHA256: p64("demo")},
		Benchmark: b, Profile: p, Notes: advice.Notes, Host: Host{s.Host.Name, s.Host.ID, a.Roles(s)},
		Kubernetes: kubernetes, MKE: mke, Etcd: a.EtcdVersion(s), Warnings: a.Warnings(s), Findings: a.Evaluate(s), Selected: All(b),
	})
}

func p64(s string) *string {
	sum := sha256.Sum256([]byte(s))
	h := hex.EncodeToString(sum[:])
	return &h
}

func demoSnapshot(t testing.TB) *facts.Snapshot {
	t.Helper()
	s, err := facts.ReadSnapshot(bytes.NewReader(facts.Demo()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The demonstration, and the same node when everything that a node can name is
// hostile, follow the schema under every profile.
func TestRealFindingsFollowTheSchema(t *testing.T) {
	s := schema(t)
	evil := demoSnapshot(t).With()
	evil.Host.Name = hostile
	evil.Processes = append([]facts.Process(nil), evil.Processes...)
	for i := range evil.Processes {
		p := &evil.Processes[i]
		p.Argv = append([]string(nil), p.Argv...)
		for j := range p.Argv {
			p.Argv[j] += hostile
		}
		p.Argv = append(p.Argv, "--anonymous-auth", hostile)
		if p.Container != nil {
			c := *p.Container
			c.Name += hostile
			p.Container = &c
		}
	}
	nobody := demoSnapshot(t).With()
	nobody.Processes, nobody.Containers, nobody.View = nil, nil, facts.View{EUID: 1000, Gaps: []string{"not root " + hostile}}
	for name, snapshot := range map[string]*facts.Snapshot{"demo": demoSnapshot(t), "hostile": evil, "nothing runs": nobody, "empty": (&facts.Snapshot{}).With()} {
		for _, profile := range catalog.ProfileIDs() {
			for _, explicit := range []bool{false, true} {
				d := evaluated(t, snapshot, profile, explicit)
				if d.Selection != (Selection{131, 131}) || len(d.Results) != 131 {
					t.Errorf("%s, %s: %d results", name, profile, len(d.Results))
				}
				if err := s.Validate(plainValue(t, d)); err != nil {
					t.Errorf("%s, %s, explicit %v: %v", name, profile, explicit, err)
				}
				for _, format := range Formats() {
					write, _ := Format(format)
					var b bytes.Buffer
					if err := write(&b, d, companion()); err != nil {
						t.Fatal(err)
					}
					inspect(t, name+", "+format, b.String())
				}
			}
		}
	}
}
