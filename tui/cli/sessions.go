package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mkeaudit/audit/facts"
	"mkeaudit/audit/session"
)

const sessionSuffix = ".session.jsonl"

func (a *app) sessionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "session",
		Short: "look at what was saved: list, show, verify",
		Long:  "session looks at saved reviews and accepted risks. It never writes.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return wrong("session needs a word: list, show or verify")
			}
			return unknownWord("session command", args[0], []string{"list", "show", "verify"})
		},
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "list the sessions that are kept here", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return a.listSessions() }},
		&cobra.Command{Use: "show [FILE]", Short: "tell what a session holds", Args: cobra.MaximumNArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return a.showSession(args) }},
		&cobra.Command{Use: "verify [FILE]", Short: "check that a session's journal is whole", Args: cobra.MaximumNArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return a.verifySession(args) }},
	)
	return cmd
}

// sessionFiles lists the journals that are kept, by name.
func (a *app) sessionFiles() (dir string, files []string, err error) {
	if dir, err = a.sessionDir(); err != nil {
		return "", nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return dir, nil, fmt.Errorf("list sessions: %w", err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), sessionSuffix) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return dir, files, nil
}

// sessionFile is the journal that is meant: the argument, --session, or the only one
// that is kept.
func (a *app) sessionFile(args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	if a.flags.session != "" {
		return a.flags.session, nil
	}
	dir, files, err := a.sessionFiles()
	switch {
	case err != nil:
		return "", err
	case len(files) == 0:
		return "", fmt.Errorf("no session is kept in %s: name a file", dir)
	case len(files) > 1:
		return "", wrong("%d sessions are kept in %s: name one of them ('mkeaudit session list')", len(files), dir)
	}
	return files[0], nil
}

func readJournal(name string) ([]session.Event, session.Report, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, session.Report{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, session.Report{}, fmt.Errorf("%s is not a regular file", name)
	}
	events, rep, err := session.Read(f)
	if err != nil {
		return nil, rep, fmt.Errorf("%s: %w", name, err)
	}
	return events, rep, nil
}

func (a *app) listSessions() error {
	dir, files, err := a.sessionFiles()
	if err != nil {
		return err
	}
	if len(files) == 0 {
		a.say("no session is kept in %s", dir)
		return nil
	}
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NODE\tBENCHMARK\tPROFILE\tKIND\tREVIEWS\tLAST ENTRY\tFILE")
	damaged := 0
	for _, name := range files {
		events, _, err := readJournal(name)
		if err != nil || len(events) == 0 {
			if err == nil {
				err = fmt.Errorf("%s: it is empty", name)
			}
			a.say("%s", err)
			damaged++
			continue
		}
		first, last := events[0], events[len(events)-1]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", facts.Clean(first.NodeName), facts.Clean(first.Benchmark), facts.Clean(first.Profile),
			first.Kind, countReviews(events), last.At.UTC().Format("2006-01-02 15:04:05Z"), facts.Clean(name))
	}
	w.Flush()
	if err := a.write(b.String()); err != nil {
		return err
	}
	if damaged > 0 {
		return exit(ExitFailed)
	}
	return nil
}

// countReviews counts the controls with a review that was not taken back. One that
// was replaced counts once; one that was taken back does not bring an older one back.
func countReviews(events []session.Event) int {
	latest, retracted := map[string]int{}, map[int]bool{}
	for _, e := range events {
		switch e.Type {
		case session.EventMark:
			latest[string(e.Control)] = e.Seq
		case session.EventRetract:
			retracted[e.Retracts] = true
		}
	}
	n := 0
	for _, seq := range latest {
		if !retracted[seq] {
			n++
		}
	}
	return n
}

func (a *app) showSession(args []string) error {
	name, err := a.sessionFile(args)
	if err != nil {
		return err
	}
	events, rep, err := readJournal(name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %d entries, head %s\n", facts.Clean(name), rep.Entries, rep.Head)
	if rep.Torn > 0 {
		fmt.Fprintf(&b, "the last %d bytes are an entry that was not written to its end\n", rep.Torn)
	}
	for _, e := range events {
		fmt.Fprintf(&b, "%4d  %s  %s\n", e.Seq, e.At.UTC().Format("2006-01-02 15:04:05Z"), eventText(e))
	}
	return a.write(b.String())
}

// eventText is one entry of a journal in a line of clean text.
func eventText(e session.Event) string {
	typ := e.Type.String()
	switch e.Type {
	case session.EventOpen:
		return facts.Clean(fmt.Sprintf("%s: node %s, %s, %s, %s", typ, e.NodeName, e.Benchmark, e.Profile, e.Kind))
	case session.EventMark:
		return facts.Clean(fmt.Sprintf("%s: review of %s: %s by %s: %s", typ, e.Control, e.Verdict, e.Author, e.Rationale)) + ends(e.ExpiresAt)
	case session.EventAcceptRisk:
		return facts.Clean(fmt.Sprintf("%s: risk of %s accepted by %s: %s %s", typ, e.Control, e.By, e.Reason, e.Ref)) + ends(e.ExpiresAt)
	case session.EventRetract:
		return fmt.Sprintf("%s: entry %d", typ, e.Retracts)
	}
	return typ
}

func ends(s session.Seconds) string {
	if s.IsZero() {
		return ""
	}
	return ", until " + s.UTC().Format("2006-01-02")
}

// verifySession checks the chain of a journal. That nothing was cut off at its end
// only a signed head can show.
func (a *app) verifySession(args []string) error {
	name, err := a.sessionFile(args)
	if err != nil {
		return err
	}
	_, rep, err := readJournal(name)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s is whole: %d entries, head %s\n", facts.Clean(name), rep.Entries, rep.Head)
	if rep.Torn > 0 {
		text += fmt.Sprintf("the last %d bytes are an entry that was not written to its end; the next review sets them aside\n", rep.Torn)
	}
	return a.write(text + "compare the number and the head with those that were signed: a journal that was cut off at its end is whole too\n")
}
