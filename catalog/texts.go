package catalog

import (
	"io/fs"
	"strings"
)

// Texts are what the controls say to a reader, by control.
type Texts map[ID]Text

// LoadTexts reads text/*.toml of a benchmark directory. A control without a text,
// or a text without a control, is an error.
func LoadTexts(fsys fs.FS, b *Benchmark) (Texts, error) {
	var problems []error
	texts := Texts{}
	for _, name := range tomlFiles(fsys, "text") {
		var raw struct {
			Text []struct {
				ID ID
				Text
			}
		}
		src := readTOML(fsys, name, &raw, &problems)
		if src == nil {
			continue
		}
		for _, t := range raw.Text {
			if _, ok := b.Control(t.ID); !ok {
				src.in(string(t.ID), "", "text for an unknown control %q", t.ID)
			}
			if _, twice := texts[t.ID]; twice {
				src.in(string(t.ID), "", "a second text for control %s", t.ID)
			}
			if t.Rationale == "" || t.Impact == "" || t.Remediation == "" {
				src.in(string(t.ID), "", "control %s needs rationale, impact and remediation", t.ID)
			}
			t.Rationale, t.Impact, t.Remediation = strings.TrimSpace(t.Rationale), strings.TrimSpace(t.Impact), strings.TrimSpace(t.Remediation)
			texts[t.ID] = t.Text
		}
	}
	for c := range b.Controls() {
		if _, ok := texts[c.ID]; !ok {
			problems = append(problems, Problem{File: "text", Text: "control " + string(c.ID) + " has no text"})
		}
	}
	return texts, ordered(problems)
}

// LoadProfile reads profile.toml and published.toml of a profile directory.
func LoadProfile(fsys fs.FS, b *Benchmark) (*Profile, error) {
	var problems []error
	var raw struct {
		ID           string
		Title        string
		PublishedFor string `toml:"published_for"`
		Applying     string
		Kubernetes   map[string]string
		Trust        Trust
		Paths        map[string][]string
	}
	src := readTOML(fsys, "profile.toml", &raw, &problems)
	if src != nil && (raw.ID == "" || raw.Title == "") {
		src.at(0, "id and title are required")
	}
	p := &Profile{ID: raw.ID, Title: raw.Title, PublishedFor: raw.PublishedFor, Applying: strings.TrimSpace(raw.Applying),
		Kubernetes: raw.Kubernetes, Trust: raw.Trust, Paths: raw.Paths, Published: map[ID]Published{}}
	if _, err := fs.Stat(fsys, "published.toml"); err == nil {
		var pub struct{ Result map[ID]Published }
		if src := readTOML(fsys, "published.toml", &pub, &problems); src != nil {
			for id := range pub.Result {
				if _, ok := b.Control(id); !ok {
					src.at(first1(src.keyLines(string(id))), "a result for an unknown control %q", id)
				}
			}
			p.Published = pub.Result
		}
	}
	if len(problems) > 0 {
		return nil, ordered(problems)
	}
	return p, nil
}

// Advice is what a profile says to a reader: how to remediate there, and the
// vendor's notes.
type Advice struct {
	Remedies map[ID]Remedy
	Notes    map[ID]Note
}

// LoadAdvice reads remedy/*.toml of a profile directory; a profile without that
// directory has no advice.
func LoadAdvice(fsys fs.FS, b *Benchmark) (Advice, error) {
	var problems []error
	a := Advice{map[ID]Remedy{}, map[ID]Note{}}
	files := tomlFiles(fsys, "remedy")
	for _, name := range files {
		var raw struct {
			Remedy []struct {
				Control ID
				Remedy
			}
			Note []struct {
				Control ID
				Note
			}
		}
		src := readTOML(fsys, name, &raw, &problems)
		if src == nil {
			continue
		}
		for _, r := range raw.Remedy {
			if _, ok := b.Control(r.Control); !ok {
				src.in(string(r.Control), "", "a remedy for an unknown control %q", r.Control)
			}
			if r.Remedy.Text == "" || r.Confidence == ConfidenceUnset {
				src.in(string(r.Control), "", "the remedy of %s needs text and confidence", r.Control)
			}
			r.Remedy.Text, r.Fragment = strings.TrimSpace(r.Remedy.Text), strings.TrimSpace(r.Fragment)
			a.Remedies[r.Control] = r.Remedy
		}
		for _, n := range raw.Note {
			if _, ok := b.Control(n.Control); !ok {
				src.in(string(n.Control), "", "a note for an unknown control %q", n.Control)
			}
			n.Note.Text = strings.TrimSpace(n.Note.Text)
			a.Notes[n.Control] = n.Note
		}
	}
	for c := range b.Controls() {
		if _, ok := a.Remedies[c.ID]; !ok && len(files) > 0 {
			problems = append(problems, Problem{File: "remedy", Text: "control " + string(c.ID) + " has no remedy"})
		}
	}
	return a, ordered(problems)
}
