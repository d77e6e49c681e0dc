package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"mkeaudit/audit"
	"mkeaudit/catalog"
)

func (a *app) catalogCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catalog",
		Short: "test a catalogue directory of your own",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return wrong("catalog needs a word: test")
			}
			return unknownWord("catalog command", args[0], []string{"test"})
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "test DIR",
		Short: "load a directory of catalog_dirs and run its examples",
		Long: `test loads a benchmark or a profile as an audit would, says everything that is wrong
with file and line, and runs the examples beside a benchmark: each is a node and the
finding that it must give.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrong("catalog test needs one directory")
			}
			return a.testCatalogue(cmd.Context(), args[0])
		},
	})
	return cmd
}

func (a *app) testCatalogue(ctx context.Context, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	files := root.FS()
	if _, err := fs.Stat(files, "profile.toml"); err == nil {
		return a.testProfile(files)
	}
	b, err := catalog.Load(files)
	if err != nil {
		return err
	}
	if _, err := catalog.LoadTexts(files, b); err != nil {
		return err
	}
	examples, err := catalog.LoadExamples(files, b)
	if err != nil {
		return err
	}
	lacking := 0
	for c := range b.Controls() {
		if missing := catalog.MissingExamples(c, examples); len(missing) > 0 {
			lacking++
			a.say("control %s has no example of %s", c.ID, strings.Join(missing, ", "))
		}
	}
	failed, err := a.runExamples(ctx, b, examples)
	if err != nil {
		return err
	}
	if err := a.write(fmt.Sprintf("benchmark %s: %d controls, %d examples, %d failed, %d controls without all that they need, sha256 %s\n", b.ID, b.Len(), len(examples), failed, lacking, b.SHA256)); err != nil {
		return err
	}
	if failed+lacking > 0 {
		return exit(ExitFailed)
	}
	return nil
}

// runExamples runs each example on the profile that it names, says those that fail,
// and returns how many do.
func (a *app) runExamples(ctx context.Context, b *catalog.Benchmark, examples []catalog.Example) (failed int, err error) {
	profiles := map[string]*catalog.Profile{}
	for _, ex := range examples {
		if err := ctx.Err(); err != nil {
			return failed, err
		}
		id := ex.Profile
		if id == "" {
			id = catalog.ProfileIDs()[0]
		}
		if profiles[id] == nil {
			if profiles[id], _, err = catalog.OpenProfile(id, b); err != nil {
				return failed, err
			}
		}
		if _, err := audit.RunExample(ctx, b, profiles[id], ex); err != nil {
			failed++
			a.say("%s: %s %q: %v", ex.Source, ex.Control, ex.Name, err)
		}
	}
	return failed, nil
}

// testProfile loads a profile against the built-in benchmark, with its advice.
func (a *app) testProfile(files fs.FS) error {
	k, err := a.openBook()
	if err != nil {
		return err
	}
	p, err := catalog.LoadProfile(files, k.benchmark)
	if err != nil {
		return err
	}
	advice, err := catalog.LoadAdvice(files, k.benchmark)
	if err != nil {
		return err
	}
	return a.write(fmt.Sprintf("profile %s: %d published results, %d remedies, %d notes\n", p.ID, len(p.Published), len(advice.Remedies), len(advice.Notes)))
}
