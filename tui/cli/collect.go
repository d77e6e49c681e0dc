package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mkeaudit/audit"
)

func (a *app) collectCommand() *cobra.Command {
	var output, origin string
	cmd := &cobra.Command{
		Use:   "collect -o FILE",
		Short: "record this node, to audit it elsewhere with --snapshot",
		Long: `collect looks at this node exactly as an audit does and records what it saw: one
file, without secrets, compressed when its name ends in .gz, readable by its owner alone.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.collect(cmd.Context(), output, origin) },
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "record to `FILE`, or to standard output for -")
	cmd.Flags().StringVar(&origin, "origin", "", "say in the recording how this node came to be, in your own `WORDS`")
	return cmd
}

func (a *app) collect(ctx context.Context, output, origin string) error {
	switch {
	case output == "":
		return wrong("collect needs -o FILE (or -o - for standard output)")
	case a.flags.demo || a.flags.snapshot != "":
		return wrong("collect records a live node: --demo and --snapshot name one that is recorded already")
	}
	t, err := a.openTarget(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	s, err := t.audit(ctx, nil, func(audit.Finding, int, int) {})
	if err != nil {
		return fmt.Errorf("the recording ended early and was not kept: %w", err)
	}
	s = s.With()
	s.Origin = origin
	if err := a.deliver(output, func(w io.Writer) error { return s.Write(w, strings.HasSuffix(output, ".gz")) }); err != nil {
		return err
	}
	a.say("recorded %s: %d processes, %d observations", s.Host.Name, len(s.Processes), len(s.Observations))
	return nil
}
