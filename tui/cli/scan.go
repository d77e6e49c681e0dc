package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mkeaudit/audit"
	"mkeaudit/audit/report"
)

type scanFlags struct {
	format, output string
	filter         filter
	failOn         []string
	allowUnknown   bool
}

const scanLong = `scan audits the node once and writes the report to standard output, or to a file.

Every control of the benchmark stands in it, also those that do not apply here;
filters narrow it. --fail-on says which results fail the scan (exit code 3):
  fail       a fail that is neither a known exception of the vendor nor under a
             current accepted risk, or a current review that says fail (default)
  exception  the same, and known exceptions
  unknown    a control that could not be determined
  awaiting   a control that waits for a person, or whose review is stale or expired
  never      nothing does`

func (a *app) scanCommand() *cobra.Command {
	var o scanFlags
	cmd := &cobra.Command{
		Use:   "scan",
		Short: "audit once and write a report",
		Long:  scanLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range []string{"output", "level", "section", "control"} {
				if f := cmd.Flags().Lookup(name); f.Changed && (f.Value.String() == "" || f.Value.String() == "[]") {
					return wrong("--%s is given without a value", name)
				}
			}
			return a.scan(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "table", "`FORMAT` of the report: table, json or markdown")
	f.StringVarP(&o.output, "output", "o", "-", "write the report to `FILE`, whole or not at all")
	f.StringVar(&o.filter.level, "level", "", "only controls of `LEVEL` 1, or 2 (which takes in 1)")
	f.StringSliceVar(&o.filter.sections, "section", nil, "only controls of these `SECTIONS`, for example 1.2,4")
	f.StringSliceVar(&o.filter.controls, "control", nil, "only these controls, by `ID`")
	f.StringSliceVar(&o.failOn, "fail-on", nil, "`WHAT` fails the scan: fail, exception, unknown, awaiting or never; may be repeated")
	f.BoolVar(&o.allowUnknown, "allow-unknown", false, "exit 0 although controls are unknown")
	_ = cmd.RegisterFlagCompletionFunc("format", words(report.Formats()))
	_ = cmd.RegisterFlagCompletionFunc("fail-on", words(gateWords))
	_ = cmd.RegisterFlagCompletionFunc("level", words([]string{"1", "2"}))
	return cmd
}

func (a *app) scan(ctx context.Context, o scanFlags) error {
	writer, ok := report.Format(o.format)
	if !ok {
		return unknownWord("format", o.format, report.Formats())
	}
	g, err := parseGate(o.failOn)
	if err != nil {
		return err
	}
	d, t, err := a.evaluate(ctx, o.filter)
	if err != nil {
		return err
	}
	defer t.close()
	end := judge(d, g, o.allowUnknown)
	if end.why != "" {
		a.say("%s", end.why)
	}
	companion, err := t.companion()
	if err != nil {
		return err
	}
	if err := a.deliver(o.output, func(w io.Writer) error { return writer(w, d, companion) }); err != nil {
		return err
	}
	return exit(end.code)
}

// evaluate audits what the flags name and returns the report. The target is still
// open when the error is nil.
func (a *app) evaluate(ctx context.Context, f filter) (d report.Document, t *target, err error) {
	at := a.Now()
	if t, err = a.openTarget(ctx); err != nil {
		return d, nil, err
	}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	ids, err := f.selected(t.book.benchmark)
	if err != nil {
		return d, t, err
	}
	saved, err := a.openSession(t, true)
	switch {
	case errors.Is(err, errNoPlace):
	case err != nil:
		return d, t, err
	default:
		defer saved.Close()
	}
	var findings []audit.Finding
	s := t.first
	if len(ids) > 0 { // no ids would mean all
		s, err = t.audit(ctx, ids, func(f audit.Finding, _, _ int) { findings = append(findings, f) })
		if err != nil {
			return d, t, fmt.Errorf("the audit ended early: %w", err)
		}
	}
	d, err = t.document(s, findings, ids, at, a.Now().Sub(at), saved)
	return d, t, err
}

// deliver writes a result to a file, or to standard output for "-".
func (a *app) deliver(name string, write func(io.Writer) error) error {
	if name != "-" {
		return replaceFile(name, write)
	}
	if err := write(a.Out); err != nil {
		return fmt.Errorf("write to standard output: %w", err)
	}
	return nil
}
