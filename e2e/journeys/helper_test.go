package journeys

import (
	"os"
	"testing"
)

// mode is the permission bits of a file.
func mode(t *testing.T, name string) os.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
