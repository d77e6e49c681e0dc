package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mkeaudit/audit"
	"mkeaudit/audit/facts"
)

func (a *app) planCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "plan",
		Short: "list what an audit of this node looks at",
		Long: `plan lists every file, process and request that an audit of this node touches. Which
files those are only the command lines of the running components say, so plan looks as an
audit does and judges nothing. It only reads.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.plan(cmd.Context()) },
	}
}

func (a *app) plan(ctx context.Context) error {
	t, err := a.openTarget(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	s, err := t.audit(ctx, nil, func(audit.Finding, int, int) {})
	if err != nil {
		return fmt.Errorf("the plan ended early: %w", err)
	}
	var b strings.Builder
	for _, line := range t.auditor.Plan(s) {
		b.WriteString(facts.Clean(line) + "\n")
	}
	return a.write(b.String())
}
