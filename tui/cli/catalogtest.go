package cli

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

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
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrong("catalog test needs one directory")
			}
			return a.testCatalogue(args[0])
		},
	})
	return cmd
}

func (a *app) testCatalogue(dir string) error {
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
	return a.write(fmt.Sprintf("benchmark %s: %d controls, %d examples, sha256 %s\n", b.ID, b.Len(), len(examples), b.SHA256))
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
