package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"mkeaudit/catalog"
)

// Version is the version of the program.
const Version = "0.1.0"

// tool is the name and version that snapshots and sessions record.
func tool() string { return "mkeaudit " + Version }

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "say which program and which catalogue this is",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.version() },
	}
}

func (a *app) version() error {
	b, _, err := catalog.OpenBenchmark(catalog.DefaultBenchmark)
	if err != nil {
		return err
	}
	return a.write(fmt.Sprintf("mkeaudit %s%s, %s %s/%s\nbenchmark %s, %d controls, sha256 %s\nprofiles %s\n", Version, revision(),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, b.ID, b.Len(), b.SHA256, strings.Join(catalog.ProfileIDs(), ", ")))
}

// revision is the commit that the program was built from, where that was recorded.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	rev, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = ", changed since"
		}
	}
	if rev == "" {
		return ""
	}
	return fmt.Sprintf(" (commit %.12s%s)", rev, dirty)
}
