package cli

import (
	"context"
	"errors"
	"sync"

	"mkeaudit/audit"
	"mkeaudit/audit/facts"
	"mkeaudit/audit/report"
	"mkeaudit/audit/session"
	"mkeaudit/catalog"
	"mkeaudit/tui"
)

// backend does for the screen what is outside of it.
type backend struct {
	target  *target
	session *session.Session // nil where none can be used

	sessionText, noReview string

	mu          sync.Mutex
	loadedTexts catalog.Texts
}

var _ tui.Backend = (*backend)(nil)

func newBackend(_ *app, t *target) *backend { return &backend{target: t} }

// Audit judges the controls and reports as they settle.
func (b *backend) Audit(ctx context.Context, ids []catalog.ID) <-chan tui.Event {
	events := make(chan tui.Event)
	send := func(e tui.Event) {
		select {
		case events <- e:
		case <-ctx.Done():
		}
	}
	go func() {
		defer close(events)
		s, err := b.target.audit(ctx, ids, func(f audit.Finding, done, of int) {
			send(tui.Event{Finding: &f, Done: done, Of: of})
		})
		if s != nil {
			send(tui.Event{Header: b.header(s)})
		}
		if err != nil {
			send(tui.Event{Err: err})
		}
	}()
	return events
}

func (b *backend) header(s *facts.Snapshot) *tui.Header {
	h := b.target.header(s)
	h.Session, h.NoReview = b.sessionText, b.noReview
	if b.session != nil {
		if no, why := b.session.ReadOnly(); no {
			h.NoReview = why
		}
	}
	return &h
}

// SaveReview puts a review into the journal and returns when it is on the disk.
func (b *backend) SaveReview(ctx context.Context, r audit.Review) (audit.Review, error) {
	if b.session == nil {
		return audit.Review{}, errors.New(b.noReview)
	}
	return b.session.Review(ctx, r)
}

// texts loads what the controls say, once.
func (b *backend) texts() (catalog.Texts, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loadedTexts == nil {
		texts, err := b.target.book.texts()
		if err != nil {
			return nil, err
		}
		b.loadedTexts = texts
	}
	return b.loadedTexts, nil
}

// digest identifies a control with its text. Without texts it is empty, so that no
// review counts that cannot be held against what was asked.
func (b *backend) digest(id catalog.ID) string {
	texts, err := b.texts()
	if err != nil {
		return ""
	}
	return b.target.book.digest(texts, id)
}

// header says which node this is, and how it is seen.
func (t *target) header(s *facts.Snapshot) tui.Header {
	h := tui.Header{Node: s.Host.Name, Roles: t.auditor.Roles(s), Warnings: append(t.auditor.Warnings(s), t.warnings...)}
	switch t.source.Kind {
	case report.Snapshot:
		h.Kind = tui.Snapshot
	case report.Demo:
		h.Kind = tui.Demo
	}
	h.Kubernetes, _ = t.auditor.Kubernetes(s)
	if v, _ := s.MKEVersion(); v != "" {
		h.Product = "MKE " + v
	}
	if t.source.RecordedAt != nil {
		h.RecordedAt = *t.source.RecordedAt
	}
	return h
}
