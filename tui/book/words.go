package book

import (
	"strings"

	"mkeaudit/audit"
)

// Tone is what a piece of text means, for a theme that has colours. No meaning is
// carried by a tone alone: the words say it too.
type Tone uint8

// The tones.
const (
	Normal Tone = iota
	Strong
	Dim
	Good    // pass, hardened
	Bad     // fail, regression
	Known   // a fail that the vendor published
	Missing // unknown
	Person  // awaits a person
	Off     // does not apply
	Warn
	Code
)

// StatusWord is the short word of a row: at most four letters.
func StatusWord(s audit.Status) string {
	switch s {
	case audit.Pass:
		return "ok"
	case audit.Fail:
		return "FAIL"
	case audit.Manual:
		return "man"
	case audit.NotApplicable:
		return "n/a"
	}
	return "?"
}

// StatusGlyph repeats the word as a sign; "" where there are only ASCII signs,
// since there the word is the sign.
func StatusGlyph(s audit.Status, ascii bool) string {
	if ascii {
		return ""
	}
	switch s {
	case audit.Pass:
		return "✓"
	case audit.Fail:
		return "✗"
	case audit.Manual:
		return "●"
	case audit.NotApplicable:
		return "–"
	}
	return "○"
}

// StatusTone is the tone of a status beside its standing.
func StatusTone(s audit.Status, st audit.Standing) Tone {
	switch s {
	case audit.Pass:
		return Good
	case audit.Fail:
		if st == audit.KnownException {
			return Known
		}
		return Bad
	case audit.Manual:
		return Person
	case audit.NotApplicable:
		return Off
	}
	return Missing
}

// StatusLong is the status in full.
func StatusLong(s audit.Status) string {
	switch s {
	case audit.Pass:
		return "pass"
	case audit.Fail:
		return "FAIL"
	case audit.Manual:
		return "manual"
	case audit.NotApplicable:
		return "not applicable"
	}
	return "unknown"
}

// StandingWord is a standing in words.
func StandingWord(s audit.Standing) string { return spaced(s.String()) }

// ReviewWord is a review's state in words.
func ReviewWord(s audit.ReviewState) string { return spaced(s.String()) }

// VerdictWord is a verdict in words.
func VerdictWord(v audit.Verdict) string { return spaced(v.String()) }

// spaced turns lowerCamelCase into words with blanks.
func spaced(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Verdict is the machine's word on the control and how it stands, in words.
func (r *Row) Verdict() string {
	if r.Finding == nil {
		return "not audited yet"
	}
	word := StatusLong(r.Finding.Status)
	switch r.Standing {
	case audit.Undetermined, audit.StandsNotApplicable:
		return word // the standing says the same again
	case audit.StandsOffNode:
		return word + " to this kind of node"
	case audit.Awaiting:
		if r.State == audit.ReviewCurrent {
			return word + ", reviewed as " + VerdictWord(r.Review.Verdict)
		}
		return word + ", awaiting a review"
	}
	return word + ", " + StandingWord(r.Standing)
}

// Tag is the word at the end of a row: what the status alone does not say. It is
// at most 7 letters long.
func (r *Row) Tag() (word string, tone Tone) {
	switch {
	case r.State == audit.ReviewExpired:
		return "expired", Warn
	case r.State == audit.ReviewStale:
		return "stale", Warn
	case r.Finding == nil:
		return "", Normal
	case r.Standing == audit.Regression:
		return "REGR", Bad
	case r.State == audit.ReviewCurrent:
		switch r.Review.Verdict {
		case audit.VerdictPass:
			return "rev ok", Good
		case audit.VerdictFail:
			return "rev FAI", Bad
		}
		return "rev n/a", Off
	case r.Standing == audit.KnownException:
		return "known", Known
	case r.Standing == audit.Hardened:
		return "harder", Good
	}
	return "", Normal
}

// LongTag is the tag in full, for a row that has room for it.
func (r *Row) LongTag() (word string, tone Tone) {
	word, tone = r.Tag()
	switch {
	case r.State == audit.ReviewStale, r.State == audit.ReviewExpired:
		return "review " + ReviewWord(r.State), tone
	case r.Finding == nil:
		return word, tone
	case r.Standing == audit.Regression:
		return "regression", tone
	case r.State == audit.ReviewCurrent:
		return "reviewed " + VerdictWord(r.Review.Verdict), tone
	case r.Standing == audit.KnownException, r.Standing == audit.Hardened:
		return StandingWord(r.Standing), tone
	case r.Standing == audit.AsPublished, r.Standing == audit.Unpublished:
		return StandingWord(r.Standing), Dim
	}
	return word, tone
}

// Short is a title without the words that every title has, for a row of the tree.
func Short(title string) string {
	s := strings.Join(strings.Fields(strings.ReplaceAll(title, "``", "")), " ")
	s = strings.TrimSuffix(s, ".")
	for _, r := range shortenings {
		s = strings.ReplaceAll(s, r.from, r.to)
	}
	return s
}

var shortenings = []struct{ from, to string }{
	{"Ensure that the -Deny", "Deny"}, {"Ensure that the ", ""}, {"Ensure that a ", ""}, {"Ensure that ", ""}, {"Verify that the ", ""},
	{". Note: This recommendation is obsolete and will be deleted per the consensus process", " (obsolete)"},
	{"admission control plugin ", ""},
	{" argument is not set to ", " is not "}, {" option is not set to ", " is not "}, {" argument is set to ", " = "}, {" option is set to ", " = "},
	{" or as appropriate", ""}, {" are set as appropriate", ""}, {" is set as appropriate", ""},
	{" arguments", ""}, {" argument", ""}, {" parameter", ""}, {" option", ""},
	{" pod specification file", " manifest"},
	{"If proxy kubeconfig file exists, ensure ", "proxy kubeconfig "},
	{"If the kubelet config.yaml configuration file is being used validate ", "kubelet config.yaml "},
	{" file permissions are set to ", " mode "}, {" permissions are set to ", " mode "}, {" permissions set to ", " mode "}, {"permissions set to ", "mode "},
	{" or more restrictive", ""},
	{" file ownership is set to ", " owner "}, {" ownership is set to ", " owner "}, {"file ownership is set to ", "owner "},
	{"Minimize the admission of ", "No "}, {"Minimize access to the ", "Access to "}, {"Minimize access to ", "Access to "},
	{"containers wishing to share the host ", "containers in the host "},
	{"Container Network Interface", "CNI"}, {"certificate authorities", "CA"}, {"controller manager", "contr. manager"},
}

// Short is the title as it stands in a row.
func (r *Row) Short() string { return r.short }
