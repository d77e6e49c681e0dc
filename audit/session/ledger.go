package session

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

// Bounds of the texts of a review or an accepted risk, in characters.
const (
	MaxProse = 4000 // rationale, note, reason
	MaxName  = 200  // author, who accepts, reference
)

// ledger is what the events of a session come to.
type ledger struct {
	events    []Event
	retracted map[int]bool
	reviews   map[catalog.ID]audit.Review       // the latest of each control, retracted or not
	risks     map[catalog.ID]audit.AcceptedRisk // the same
}

// replay reads the events of a session of ours.
func replay(events []Event) (*ledger, error) {
	l := &ledger{retracted: map[int]bool{}, reviews: map[catalog.ID]audit.Review{}, risks: map[catalog.ID]audit.AcceptedRisk{}}
	for _, e := range events {
		if err := l.add(e); err != nil {
			return nil, &LineError{e.Seq + 1, err.Error()}
		}
	}
	return l, nil
}

// add takes one more event in, or refuses one that our writer never writes.
func (l *ledger) add(e Event) error {
	switch e.Type {
	case EventMark:
		r := reviewOf(e)
		if err := checkReview(r, e.At.Time, forever); err != nil {
			return err
		}
		l.reviews[r.Control] = r
	case EventAcceptRisk:
		r := riskOf(e)
		if err := checkRisk(r, e.At.Time, forever); err != nil {
			return err
		}
		l.risks[r.Control] = r
	case EventRetract:
		if err := l.checkRetract(e.Retracts); err != nil {
			return err
		}
		l.retracted[e.Retracts] = true
	}
	l.events = append(l.events, e)
	return nil
}

// checkRetract says why an entry cannot be taken back.
func (l *ledger) checkRetract(seq int) error {
	switch {
	case seq < 0 || seq >= len(l.events):
		return fmt.Errorf("there is no entry %d to take back", seq)
	case l.retracted[seq]:
		return fmt.Errorf("entry %d is taken back already", seq)
	}
	switch t := l.events[seq].Type; t {
	case EventMark, EventAcceptRisk, EventEvidence:
		return nil
	default:
		return fmt.Errorf("entry %d is %q, which cannot be taken back; reviews and accepted risks can", seq, t)
	}
}

func reviewOf(e Event) audit.Review {
	return audit.Review{Control: e.Control, Verdict: e.Verdict, Rationale: e.Rationale, Evidence: e.Note, Author: e.Author,
		At: e.At.Time, ExpiresAt: e.ExpiresAt.Time, Basis: e.BasisSHA256, ControlDigest: e.ControlSHA256, Seq: e.Seq}
}

func riskOf(e Event) audit.AcceptedRisk {
	return audit.AcceptedRisk{Control: e.Control, By: e.By, Reason: e.Reason, Ref: e.Ref, At: e.At.Time, ExpiresAt: e.ExpiresAt.Time, Seq: e.Seq}
}

// forever is no bound on how far ahead an expiry lies; it holds for entries that
// were written under another configuration.
const forever = time.Duration(1<<63 - 1)

// checkReview says why a review cannot be given at an instant.
func checkReview(r audit.Review, at time.Time, maxAge time.Duration) error {
	switch r.Verdict {
	case audit.VerdictPass, audit.VerdictFail, audit.VerdictNotApplicable:
	default:
		return errors.New("a review needs a verdict: pass, fail or notApplicable")
	}
	mustEnd := r.Verdict != audit.VerdictFail
	return allOf(
		checkControl(r.Control),
		checkTextField("rationale", r.Rationale, 1, MaxProse, true),
		checkTextField("evidence", r.Evidence, 0, MaxProse, true),
		checkTextField("author", r.Author, 1, MaxName, false),
		checkDigest("the digest of the evidence that was seen", r.Basis),
		checkDigest("the digest of the control", r.ControlDigest),
		checkExpiry("a review with verdict "+r.Verdict.String(), r.ExpiresAt, mustEnd, at, maxAge),
	)
}

// checkRisk says why a risk cannot be accepted at an instant.
func checkRisk(r audit.AcceptedRisk, at time.Time, maxAge time.Duration) error {
	return allOf(
		checkControl(r.Control),
		checkTextField("name of who accepts the risk", r.By, 1, MaxName, false),
		checkTextField("reason", r.Reason, 1, MaxProse, true),
		checkTextField("reference", r.Ref, 0, MaxName, false),
		checkExpiry("an accepted risk", r.ExpiresAt, true, at, maxAge),
	)
}

// allOf says everything that is wrong in one line.
func allOf(errs ...error) error {
	var said []string
	for _, err := range errs {
		if err != nil {
			said = append(said, err.Error())
		}
	}
	if said == nil {
		return nil
	}
	return errors.New(strings.Join(said, "; "))
}

func checkControl(id catalog.ID) error {
	return checkTextField("control", string(id), 1, 64, false)
}

// checkTextField holds a text against its bounds in characters.
func checkTextField(what, s string, min, max int, prose bool) error {
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s):
		return fmt.Errorf("the %s is not valid UTF-8", what)
	case min > 0 && strings.TrimSpace(s) == "":
		return fmt.Errorf("the %s is empty: write one", what)
	case n > max:
		return fmt.Errorf("the %s has %d characters, at most %d fit", what, n, max)
	}
	if err := checkText(s, prose); err != nil {
		return fmt.Errorf("the %s cannot be saved: %w", what, err)
	}
	return nil
}

func checkDigest(what, s string) error {
	if !isDigest(s) {
		return fmt.Errorf("%s is missing or no SHA-256", what)
	}
	return nil
}

// checkExpiry holds a date against the instant it is given at. Whatever makes a
// control look better must end one day.
func checkExpiry(what string, end time.Time, mustEnd bool, at time.Time, maxAge time.Duration) error {
	switch {
	case end.IsZero() && mustEnd:
		return fmt.Errorf("%s needs a date until which it holds", what)
	case end.IsZero():
		return nil
	case !end.After(at):
		return fmt.Errorf("the date %s has passed: choose a later one", end.UTC().Format(time.RFC3339))
	case end.Sub(at) > maxAge:
		return fmt.Errorf("the date %s is too far ahead: %s may hold for at most %d days", end.UTC().Format(time.RFC3339), what, maxAge/(24*time.Hour))
	case end.Year() > 9999:
		return errors.New("the date is after the year 9999")
	}
	return nil
}
