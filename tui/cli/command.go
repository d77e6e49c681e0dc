// Package cli is the command line: it reads flags and configuration, brings the
// parts of the program together, and turns what they say into streams and an exit
// code. Results go to standard output and everything else to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"mkeaudit/audit/facts"
	"mkeaudit/tui/cli/hideterm"
)

// Command is the program with everything it takes from outside.
type Command struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
	Now      func() time.Time
	EUID     int
	Config   []byte // the built-in settings
	Etc      string // the directory of the system's configuration; "" is /etc
}

// Main runs the program and returns its exit code.
func (c *Command) Main(args []string) int {
	hideterm.Restore()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	a := &app{Command: c}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(c.In)
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.began { // cobra's own: an unknown flag or command
		err = codeError{ExitUsage, err}
	}
	a.explain(err)
	return codeOf(err)
}

// explain says an error to the person: one line, and for wrong usage where to look.
func (a *app) explain(err error) {
	if err == nil || err.Error() == "" {
		return
	}
	a.say("%s", err)
	if codeOf(err) == ExitUsage && !a.began {
		a.say("see 'mkeaudit --help'")
	}
}

// say writes one or more lines to standard error. Foreign text in them is cleaned.
func (a *app) say(format string, args ...any) {
	for _, line := range strings.Split(fmt.Sprintf(format, args...), "\n") {
		fmt.Fprintf(a.Err, "mkeaudit: %s\n", facts.Clean(line))
	}
}

// app is one run of the command.
type app struct {
	*Command
	flags  globalFlags
	began  bool // a command of ours was chosen and its flags are well-formed
	config Config
}

type globalFlags struct {
	config, profile, kubeconfig, root, session, snapshot string
	noColor, plain, demo                                 bool
}

const long = `mkeaudit audits this node against the CIS Kubernetes Benchmark v1.7.0, as it
applies to Mirantis Kubernetes Engine 3.7. It only reads, and runs no other program.

Without a command it shows the audit on the screen and takes reviews.

Exit codes: 0 clean, 1 the audit could not run or nothing was evaluated, 2 wrong
usage, 3 a gate of 'scan --fail-on' tripped, 4 incomplete (something is unknown).`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "mkeaudit",
		Short:         "A guided CIS Kubernetes Benchmark auditor for Mirantis Kubernetes Engine",
		Long:          long,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          a.noCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return a.screen(cmd.Context()) },
	}
	f := root.PersistentFlags()
	f.StringVar(&a.flags.config, "config", "", "configuration `FILE` (default /etc/mkeaudit/config.toml, then XDG)")
	f.StringVar(&a.flags.profile, "profile", "", "distribution: auto, mke-3.7 or kubeadm (default from the configuration: auto)")
	f.StringVar(&a.flags.kubeconfig, "kubeconfig", "", "kubeconfig `FILE` of the cluster (not used yet: see README)")
	f.StringVar(&a.flags.root, "root", "", "audit the file system under `DIR`, with procfs under DIR/proc")
	f.StringVar(&a.flags.session, "session", "", "keep reviews in `FILE`")
	f.StringVar(&a.flags.snapshot, "snapshot", "", "audit the node recorded in `FILE`")
	f.BoolVar(&a.flags.demo, "demo", false, "audit the built-in demonstration node")
	f.BoolVar(&a.flags.noColor, "no-color", false, "no colours (also NO_COLOR)")
	f.BoolVar(&a.flags.plain, "plain", false, "lines instead of a screen, for screen readers")
	_ = root.RegisterFlagCompletionFunc("profile", words(profileWords()))
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Use: "no-help", Hidden: true})
	root.PersistentPreRunE = a.begin
	root.AddCommand(a.scanCommand(), a.collectCommand(), a.explainCommand(), a.controlsCommand(), a.planCommand(),
		a.sessionCommand(), a.catalogCommand(), a.completionCommand(), a.versionCommand())
	return root
}

// noCommand refuses a word that is no command, with the nearest one that is.
func (a *app) noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			known = append(known, sub.Name())
		}
	}
	return unknownWord("command", args[0], known)
}

// unknownWord is an error of usage that names the words that are known.
func unknownWord(what, word string, known []string) error {
	hint := ""
	if near := nearest(word, known); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return wrong("unknown %s %q: want one of %s%s", what, word, strings.Join(known, ", "), hint)
}

// begin runs before every command of ours: the settings, and what the global flags
// contradict.
func (a *app) begin(cmd *cobra.Command, _ []string) error {
	a.began = true
	config, _, err := a.loadConfig(a.flags.config)
	if err != nil {
		return err
	}
	if f := cmd.Flags(); f.Changed("profile") {
		config.Profile = a.flags.profile
	}
	if a.flags.root != "" {
		config.Root = a.flags.root
	}
	a.config = config
	switch {
	case a.flags.demo && a.flags.snapshot != "":
		return wrong("--demo and --snapshot name two nodes: give one of them")
	case a.flags.root != "" && (a.flags.demo || a.flags.snapshot != ""):
		return wrong("--root is for a node that is looked at now, not for a recorded one")
	}
	if a.flags.kubeconfig != "" {
		a.say("--kubeconfig is not used: controls that need the Kubernetes API (3.1, 5) are unknown in this version")
	}
	return nil
}

// write writes a result to standard output.
func (a *app) write(text string) error {
	if _, err := io.WriteString(a.Out, text); err != nil {
		return fmt.Errorf("write to standard output: %w", err)
	}
	return nil
}

func words(list []string) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// interrupted says whether an error is the person's own doing.
func interrupted(err error) bool { return errors.Is(err, context.Canceled) }
