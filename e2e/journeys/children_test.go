package journeys

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOneProcess watches a whole audit from outside: it starts no other program and
// no other process.
func TestOneProcess(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		notRun(t, "there is no strace")
	}
	dir := scratch(t)
	watch := func(name string, command ...string) string {
		t.Helper()
		log := filepath.Join(dir, name)
		o := runWith(t, nil, append([]string{"strace", "-f", "-qq", "-o", log, "-e", "trace=execve,execveat,fork,vfork,clone,clone3"}, command...)...)
		data, err := os.ReadFile(log)
		if err != nil || len(data) == 0 {
			notRun(t, "strace may not watch here: "+o.err)
		}
		return string(data)
	}
	children := func(log string) (programs, processes []string) {
		for _, l := range lines(log) {
			switch {
			case strings.Contains(l, "execve"):
				programs = append(programs, l)
			case strings.Contains(l, "fork("), strings.Contains(l, "clone") && !strings.Contains(l, "CLONE_THREAD") && !strings.Contains(l, "resumed"):
				processes = append(processes, l)
			}
		}
		return programs, processes
	}
	if programs, processes := children(watch("control", "sh", "-c", "true | env true")); len(programs) < 2 || len(processes) == 0 {
		t.Fatalf("strace does not see children here: %v %v", programs, processes)
	}
	if os.Geteuid() == 0 && len(running()) == 0 { // a node with something to look at
		n := &node{t, dir}
		n.start("kube-apiserver", "--profiling=false", "--client-ca-file="+n.file("ca.crt", "", 0o644))
		n.start("kubelet", "--config="+n.file("kubelet.yaml", "kind: KubeletConfiguration\n", 0o644))
		n.start("etcd", "--data-dir="+dir)
	}
	for name, args := range map[string][]string{
		"scan": {"scan", "--fail-on", "never", "--allow-unknown"}, "collect": {"collect", "-o", filepath.Join(dir, "node.json")}, "plan": {"plan"},
	} {
		programs, processes := children(watch(name, append([]string{program(t)}, args...)...))
		if len(programs) != 1 || len(processes) != 0 {
			t.Errorf("%s: one program and no other process is wanted:\n%s\n%s", name, strings.Join(programs, "\n"), strings.Join(processes, "\n"))
		}
	}
}
