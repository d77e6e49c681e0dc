package audit

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// standIn makes a copy of this test program, run under a component's name, wait
// until its standard input closes.
const standIn = "MKEAUDIT_TEST_STAND_IN"

func TestMain(m *testing.M) {
	if os.Getenv(standIn) != "" {
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
		return
	}
	os.Exit(m.Run())
}

// start runs a real process called argv[0] with that command line, as that user.
func start(t testing.TB, uid int, argv ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		os.Chmod(d, 0o755)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, argv[0])
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, b, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, argv[1:]...)
	cmd.Env = append(os.Environ(), standIn+"=1")
	cmd.Dir = dir
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("%s did not start: %q %v", argv[0], line, err)
	}
	return cmd
}

// auditHere audits this machine and returns the findings by control.
func auditHere(t *testing.T) map[catalog.ID]Finding {
	t.Helper()
	b := bench(t)
	p, _, err := catalog.OpenProfile("mke-3.7", b)
	if err != nil {
		t.Fatal(err)
	}
	a := &Auditor{Benchmark: b, Profile: p}
	node, err := facts.Live(facts.LiveOptions{Keep: a.Keep(), Tool: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := node.(io.Closer); ok {
		defer c.Close()
	}
	findings := map[catalog.ID]Finding{}
	run := a.Start(nil, func(f Finding) { findings[f.Control] = f })
	s, err := facts.Collect(context.Background(), node, 10*time.Second, run.Next)
	if err != nil {
		t.Fatal(err)
	}
	run.Finish(s)
	if len(findings) != b.Len() {
		t.Fatalf("%d findings, want %d", len(findings), b.Len())
	}
	return findings
}

// TestRealProcesses audits real processes of this machine under real names. Only
// root's are the node's own; without root it shows that nobody else's are believed.
func TestRealProcesses(t *testing.T) {
	if os.Getuid() != 0 {
		start(t, 0, "kube-apiserver", "--anonymous-auth=false")
		f := auditHere(t)["1.2.1"]
		if f.Status != Unknown {
			t.Errorf("a process of uid %d gave the verdict %s: %s", os.Getuid(), f.Status, f.Reason)
		}
		return
	}
	conf := filepath.Join(t.TempDir(), "kubelet.yaml")
	if err := os.WriteFile(conf, []byte("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 10255\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, 0, "kube-apiserver", "--anonymous-auth", "false", "--profiling=true", "--profiling=0", "--token-auth-file=",
		"--authorization-mode=NodeX,RBAC", "--authorization-mode=Node", "--kubelet-certificate-authority=",
		"--encryption-provider-config-automatic-reload=true", "--audit-log-maxage=29", "--client_ca_file=/nowhere/ca.pem",
		"--enable-admission-plugins=NodeRestriction", "--disable-admission-plugins", "NodeRestriction", "--service-account-lookup=no")
	start(t, 1000, "kube-apiserver", "--anonymous-auth=false", "--profiling=false")
	start(t, 0, "kubelet", "--config="+conf, "--streaming-connection-idle-timeout=0h0m0s", "--pod-max-pids=-1")
	start(t, 1000, "kube-scheduler", "--profiling=false", "--bind-address=127.0.0.1")

	findings := auditHere(t)
	for id, want := range map[catalog.ID]ReasonCode{
		"1.2.1":  NotMet,             // a boolean takes no next word: true, and a stray word
		"1.2.2":  Met,                // an empty value is unset
		"1.2.5":  NotMet,             // an empty value is unset
		"1.2.6":  Met,                // lists add up, and no element equals AlwaysAllow
		"1.2.7":  Met,                // NodeX is not Node, but Node follows
		"1.2.15": NotMet,             // the disabled list is taken off last
		"1.2.17": Met,                // the last one counts, and 0 is false
		"1.2.19": NotMet,             // 29 days
		"1.2.23": ValueMalformed,     // "no" is no boolean
		"1.2.27": Met,                // underscores are dashes
		"1.2.29": NotMet,             // a longer name is another flag
		"1.4.1":  ComponentUntrusted, // a user's process of that name
		"4.2.1":  Met,                // with --config and the field absent: false
		"4.2.4":  NotMet,             // the file opens the port
		"4.2.5":  NotMet,             // a zero duration given as flag is a zero
		"4.2.7":  Met,
		"4.2.13": NotMet,
		"4.1.9":  NotMet, // 0644
		"4.1.10": Met,
	} {
		if f := findings[id]; f.ReasonCode != want {
			t.Errorf("%s: %s (%s), want %s: %s", id, f.ReasonCode, f.Status, want, f.Reason)
		}
	}
}
