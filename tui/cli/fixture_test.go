package cli

import (
	"bytes"
	"testing"
	"time"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// recorded is a manager on which only the API server runs, with nothing of its files.
func recorded(flags ...string) *facts.Snapshot {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	s := &facts.Snapshot{
		SchemaVersion: facts.SnapshotVersion, Tool: "mkeaudit test", RecordedAt: at,
		Host:       facts.Host{Name: "mgr-01", ID: "3b9b1b4c5f1d6a0c8a1e6c2f4c7d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f809"},
		View:       facts.View{Complete: true},
		Engine:     facts.Engine{State: facts.Present},
		Containers: []facts.Container{{ID: "c1", Name: "ucp-kube-apiserver", Image: "mirantis/ucp-hyperkube:3.7.2", Version: "3.7.2"}},
		Processes: []facts.Process{{PID: 2311, Component: catalog.APIServer, Argv: flags, Exe: "/bin/kube-apiserver", Argv0: "kube-apiserver",
			UIDs: []int{0, 0, 0, 0}, Cwd: "/", Container: &facts.Container{ID: "c1", Name: "ucp-kube-apiserver", Image: "mirantis/ucp-hyperkube:3.7.2", Version: "3.7.2"}}},
		Accounts: facts.Accounts{State: facts.Present, Users: map[string]int{"root": 0}, Groups: map[string]int{"root": 0}},
	}
	return s.With()
}

// good are flags with which 1.2.1 (published pass) is met and 1.2.9 (published fail) is not.
var good = []string{"--anonymous-auth=false", "--profiling=false", "--authorization-mode=Node,RBAC"}

func snapshotFile(t testing.TB, s *facts.Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b, false); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
