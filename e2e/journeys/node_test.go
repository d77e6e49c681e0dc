package journeys

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// notRun skips a journey, saying what is missing.
func notRun(t *testing.T, why string) {
	t.Helper()
	t.Skipf("NOT RUN: %s: %s", t.Name(), why)
}

// asRoot skips what only root can do.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		notRun(t, "it needs root, since only root's processes count as components")
	}
}

// built is where the stand-in was built, or "".
var built string

// standin is a program that waits, built once.
var standin = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "journey-")
	if err != nil {
		return "", err
	}
	built = dir
	file := filepath.Join(dir, "standin")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", file, "./standin")
	cmd.Dir = "../demo"
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		os.Stderr.Write(out)
	}
	return file, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// components are the names of programs that an audit takes for Kubernetes.
var components = []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "etcd", "hyperkube"}

// node is this machine with components on it that the test starts and stops.
type node struct {
	t   *testing.T
	dir string
}

// emptyNode is this machine, if nothing of Kubernetes runs on it yet.
func emptyNode(t *testing.T) *node {
	t.Helper()
	if found := running(); len(found) > 0 {
		notRun(t, "Kubernetes runs on this machine already ("+strings.Join(found, ", ")+"), and would take part")
	}
	return &node{t, scratch(t)}
}

// running lists the components that run on this machine.
func running() []string {
	var found []string
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		data, _ := os.ReadFile(name)
		program, _, _ := strings.Cut(string(data), "\x00")
		if base := filepath.Base(program); slices.Contains(components, base) {
			found = append(found, base)
		}
	}
	return found
}

// process is a component that runs.
type process struct {
	cmd  *exec.Cmd
	once sync.Once
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop ends it and waits until it is gone.
func (p *process) stop() {
	p.once.Do(func() {
		_ = p.cmd.Process.Signal(syscall.SIGKILL)
		_ = p.cmd.Wait()
	})
}

// start runs a stand-in under the name of a component.
func (n *node) start(name string, args ...string) *process {
	n.t.Helper()
	data, err := n.program()
	if err != nil {
		n.t.Fatal(err)
	}
	file := filepath.Join(n.dir, "bin", name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		n.t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		if err := os.WriteFile(file, data, 0o755); err != nil {
			n.t.Fatal(err)
		}
	}
	p := &process{cmd: exec.Command(file, args...)}
	p.cmd.Dir, p.cmd.Env = "/", []string{}
	if err := p.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(p.stop)
	return p
}

func (n *node) program() ([]byte, error) {
	file, err := standin()
	if err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

// file writes a file of the node, with a mode whatever the umask is.
func (n *node) file(name, text string, mode os.FileMode) string {
	n.t.Helper()
	file := filepath.Join(n.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		n.t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		n.t.Fatal(err)
	}
	return file
}

// stranger is how a command is run by a user without any rights, as a prefix of its
// command line.
func stranger(t *testing.T) []string {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil // that is who we are
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		notRun(t, "there is no setpriv, with which root becomes another user")
	}
	return []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"}
}

// own gives a directory to that user.
func own(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
