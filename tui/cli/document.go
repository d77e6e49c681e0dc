package cli

import (
	"time"

	"mkeaudit/audit"
	"mkeaudit/audit/facts"
	"mkeaudit/audit/report"
	"mkeaudit/audit/session"
	"mkeaudit/catalog"
)

// document computes the report of an audit that ended. Without a session there are
// no reviews in it.
func (t *target) document(s *facts.Snapshot, findings []audit.Finding, ids []catalog.ID, at time.Time, took time.Duration, saved *session.Session) (report.Document, error) {
	advice, err := t.advice()
	if err != nil {
		return report.Document{}, err
	}
	kubernetes, _ := t.auditor.Kubernetes(s)
	mke, _ := s.MKEVersion()
	in := report.Input{
		Version: Version, StartedAt: at, Duration: took, Source: t.source,
		Benchmark: t.book.benchmark, Profile: t.auditor.Profile, Notes: advice.Notes,
		Host:       report.Host{Name: s.Host.Name, ID: s.Host.ID, Roles: t.auditor.Roles(s)},
		Kubernetes: kubernetes, MKE: mke, Etcd: t.auditor.EtcdVersion(s),
		Warnings: append(t.auditor.Warnings(s), t.warnings...),
		Findings: findings, Selected: ids,
	}
	if saved != nil {
		in.Reviews, in.Risks = saved.Reviews(), saved.Risks()
	}
	if len(in.Reviews) > 0 {
		texts, err := t.book.texts()
		if err != nil {
			return report.Document{}, err
		}
		in.Digests = make(map[catalog.ID]string, len(in.Reviews))
		for id := range in.Reviews {
			in.Digests[id] = t.book.digest(texts, id)
		}
	}
	return report.New(in), nil
}

// companion is what the reports for people show beside the document.
func (t *target) companion() (report.Companion, error) {
	advice, err := t.advice()
	if err != nil {
		return report.Companion{}, err
	}
	remedies := make(map[catalog.ID]string, len(advice.Remedies))
	for id, r := range advice.Remedies {
		remedies[id] = remedyText(r)
	}
	return report.Companion{Sections: t.book.sectionTitles(), Remedies: remedies}, nil
}
