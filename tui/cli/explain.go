package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mkeaudit/audit/facts"
	"mkeaudit/audit/report"
	"mkeaudit/catalog"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID",
		Short: "tell everything about one control, as text",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrong("explain needs the number of one control, for example 1.2.1")
			}
			return a.explainControl(cmd.Context(), args[0])
		},
		ValidArgsFunction: completeControls,
	}
}

func completeControls(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var ids []string
	if b, _, err := catalog.OpenBenchmark(catalog.DefaultBenchmark); err == nil && len(args) == 0 {
		for c := range b.Controls() {
			ids = append(ids, string(c.ID)+"\t"+c.Title)
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// explainControl tells what a control asks, what was seen here, what the vendor
// published and how to remediate. A node that cannot be looked at leaves only its
// own part out.
func (a *app) explainControl(ctx context.Context, id string) error {
	k, err := a.openBook()
	if err != nil {
		return err
	}
	c, ok := k.benchmark.Control(catalog.ID(id))
	if !ok {
		return unknownControl(k.benchmark, id)
	}
	texts, err := k.texts()
	if err != nil {
		return err
	}
	profileID, here := a.config.Profile, ""
	d, t, err := a.evaluate(ctx, filter{controls: []string{id}})
	switch {
	case interrupted(err):
		return err
	case err != nil:
		here = wrap("This node could not be looked at: "+facts.Clean(err.Error()), "    ")
	default:
		defer t.close()
		profileID = d.Profile.ID
		here = hereText(d)
	}
	profile, advice, err := k.advice(profileID)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	section, _ := k.benchmark.Section(c.Section)
	theme, _ := k.benchmark.Theme(c.Theme)
	b.WriteString(wrap(fmt.Sprintf("%s  %s", c.ID, c.Title), ""))
	b.WriteString(wrap(fmt.Sprintf("%s %s. Level %d, %s, %s assessment, judged by %s. Theme: %s.", section.ID, section.Title, c.Level, c.Node,
		c.Assessment, c.Judge, theme.Title), ""))
	text := texts[c.ID]
	part(&b, "Why", text.Rationale)
	part(&b, "Impact", text.Impact)
	b.WriteString("\nHere\n" + here)
	part(&b, "Published", publishedText(profile, advice, c.ID))
	if r, ok := advice.Remedies[c.ID]; ok {
		part(&b, "Remedy on "+profile.Title+" ("+report.Words(r.Confidence.String())+")", r.Text)
		if r.Fragment != "" {
			b.WriteString("\n" + indent(r.Fragment, "      "))
		}
		for _, n := range r.NotEstablished {
			part(&b, "Not established", n)
		}
		part(&b, "Applying", profile.Applying)
	}
	part(&b, "Remedy in the benchmark", text.Remediation)
	for _, note := range text.Footnotes {
		part(&b, "Note", note)
	}
	return a.write(b.String())
}

// advice loads a profile with what it says to a reader.
func (k *book) advice(id string) (*catalog.Profile, catalog.Advice, error) {
	if id == auto {
		id = catalog.ProfileIDs()[0]
	}
	profile, files, err := k.profile(id)
	if err != nil {
		return nil, catalog.Advice{}, err
	}
	advice, err := catalog.LoadAdvice(files, k.benchmark)
	return profile, advice, err
}

// hereText is the one result of a document, told in full.
func hereText(d report.Document) string {
	r := d.Results[0]
	var b strings.Builder
	b.WriteString(wrap(fmt.Sprintf("%s: %s, %s", facts.Clean(d.Host.Name), report.Words(r.Status.String()), report.Words(r.Standing.String())), "    "))
	for _, line := range r.Lines() {
		b.WriteString(wrap(line, "    "))
	}
	return b.String()
}

func publishedText(p *catalog.Profile, advice catalog.Advice, id catalog.ID) string {
	word := p.Published[id].String()
	if word == "" {
		return ""
	}
	s := word + " for " + p.PublishedFor
	if note, ok := advice.Notes[id]; ok {
		s += ". " + note.String()
	}
	return s
}

func part(b *bytes.Buffer, title, text string) {
	if text != "" {
		b.WriteString("\n" + title + "\n" + wrap(text, "    "))
	}
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+by) + "\n"
}
