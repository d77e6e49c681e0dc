package cli

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"mkeaudit/audit/report"
	"mkeaudit/catalog"
)

func (a *app) controlsCommand() *cobra.Command {
	var format string
	var parameters bool
	var f filter
	cmd := &cobra.Command{
		Use:   "controls",
		Short: "list the controls of the benchmark, or its parameters",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.controls(format, parameters, f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&format, "format", "table", "`FORMAT` of the list: table or json")
	fl.BoolVar(&parameters, "parameters", false, "list the thresholds that the configuration can set")
	fl.StringVar(&f.level, "level", "", "only controls of `LEVEL` 1, or 2 (which takes in 1)")
	fl.StringSliceVar(&f.sections, "section", nil, "only controls of these `SECTIONS`")
	fl.StringSliceVar(&f.controls, "control", nil, "only these controls, by `ID`")
	_ = cmd.RegisterFlagCompletionFunc("format", words(listFormats))
	return cmd
}

var listFormats = []string{"table", "json"}

func (a *app) controls(format string, parameters bool, f filter) error {
	if format != "table" && format != "json" {
		return unknownWord("format", format, listFormats)
	}
	k, err := a.openBook()
	if err != nil {
		return err
	}
	if parameters {
		return a.parameters(k, format)
	}
	ids, err := f.selected(k.benchmark)
	if err != nil {
		return err
	}
	profile, err := k.shownProfile(a.config.Profile)
	if err != nil {
		return err
	}
	list := make([]listed, 0, len(ids))
	for _, id := range ids {
		c, _ := k.benchmark.Control(id)
		list = append(list, listed{c.ID, c.Section, c.Title, c.Level, c.Node, c.Assessment, c.Judge, c.Theme, c.Weight, published(profile, id)})
	}
	var b bytes.Buffer
	if format == "json" {
		err = report.Encode(&b, struct {
			SchemaVersion string           `json:"schemaVersion"`
			Benchmark     report.Benchmark `json:"benchmark"`
			Profile       string           `json:"profile"`
			Controls      []listed         `json:"controls"`
		}{"1", report.Benchmark{ID: k.benchmark.ID, SHA256: k.benchmark.SHA256}, profile.ID, list})
	} else {
		fmt.Fprintf(&b, "%-7s %-5s %-6s %-9s %-7s %-15s %-9s %s\n", "ID", "LEVEL", "NODE", "LABEL", "JUDGE", "THEME", "PUBLISHED", "CONTROL")
		for _, c := range list {
			p := "-"
			if c.Published != nil {
				p = *c.Published
			}
			fmt.Fprintf(&b, "%-7s %-5d %-6s %-9s %-7s %-15s %-9s %s\n", c.ID, c.Level, c.Node, c.Assessment, c.Judge, c.Theme, p, c.Title)
		}
	}
	if err != nil {
		return err
	}
	return a.write(b.String())
}

// listed is a control in the list, with the names of the scan report.
type listed struct {
	ID         catalog.ID         `json:"id"`
	Section    catalog.ID         `json:"section"`
	Title      string             `json:"title"`
	Level      int                `json:"level"`
	Node       catalog.Node       `json:"node"`
	Assessment catalog.Assessment `json:"assessment"`
	Judge      catalog.Judge      `json:"judge"`
	Theme      string             `json:"theme"`
	Weight     int                `json:"weight"`
	Published  *string            `json:"published"`
}

// shownProfile is the profile of an id; where the node would choose it is the first
// one that is built in.
func (k *book) shownProfile(id string) (*catalog.Profile, error) {
	if id == auto {
		id = catalog.ProfileIDs()[0]
	}
	p, _, err := k.profile(id)
	return p, err
}

func published(p *catalog.Profile, id catalog.ID) *string {
	if word := p.Published[id].String(); word != "" {
		return &word
	}
	return nil
}

func (a *app) parameters(k *book, format string) error {
	type parameter struct {
		Name  string   `json:"name"`
		Type  string   `json:"type"`
		Text  string   `json:"text"`
		Value []string `json:"value"`
	}
	var list []parameter
	for name, p := range k.benchmark.Parameters {
		list = append(list, parameter{name, p.Type.String(), p.Text, p.List})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	var b bytes.Buffer
	if format == "json" {
		if err := report.Encode(&b, list); err != nil {
			return err
		}
		return a.write(b.String())
	}
	for _, p := range list {
		fmt.Fprintf(&b, "%s (%s)\n", p.Name, p.Type)
		b.WriteString(wrap(p.Text, "    "))
		b.WriteString(wrap("now "+strings.Join(p.Value, ", "), "    "))
	}
	return a.write(b.String())
}
