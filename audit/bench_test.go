package audit

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// BenchmarkNode compares an audit of this machine with the least that any audit
// must do: reading the command line and the exe link of every process, and a stat
// of every file that the audit looked at. The limit is 3 times that; "x-bare" is the
// ratio. The catalogue is loaded once and counted apart.
func BenchmarkNode(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the program sets it
	bm := bench(b)
	p, _, err := catalog.OpenProfile("mke-3.7", bm)
	if err != nil {
		b.Fatal(err)
	}
	a := &Auditor{Benchmark: bm, Profile: p}
	if os.Getuid() == 0 { // only root's processes are the node's own
		node(b)
	}
	audit := func() *facts.Snapshot {
		node, err := facts.Live(facts.LiveOptions{Keep: a.Keep(), Tool: "bench", Now: time.Now, DockerSocket: "/nonexistent"})
		if err != nil {
			b.Fatal(err)
		}
		defer node.(io.Closer).Close()
		run := a.Start(nil, func(Finding) {})
		s, err := facts.Collect(context.Background(), node, 10*time.Second, run.Next)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	s := audit()
	bare := func() {
		entries, _ := os.ReadDir("/proc")
		for _, e := range entries {
			if _, err := strconv.Atoi(e.Name()); err == nil {
				os.ReadFile("/proc/" + e.Name() + "/cmdline")
				os.Readlink("/proc/" + e.Name() + "/exe")
			}
		}
		for _, p := range s.Processes {
			dir := "/proc/" + strconv.Itoa(p.PID)
			for _, name := range []string{"status", "cgroup", "stat", "environ"} {
				os.ReadFile(dir + "/" + name)
			}
			for _, name := range []string{"cwd", "root", "ns/mnt"} {
				os.Readlink(dir + "/" + name)
			}
		}
		for _, o := range s.Observations {
			dir := "/"
			if pid, ok := o.Root.PID(); ok {
				dir = "/proc/" + strconv.Itoa(pid) + "/root"
			}
			var st syscall.Stat_t
			syscall.Stat(filepath.Join(dir, o.Path), &st)
			for _, f := range o.Files {
				syscall.Lstat(filepath.Join(dir, f.Path), &st)
			}
		}
	}
	var auditing, reading time.Duration
	for b.Loop() {
		t0 := time.Now()
		audit()
		t1 := time.Now()
		bare()
		auditing += t1.Sub(t0)
		reading += time.Since(t1)
	}
	b.ReportMetric(float64(auditing)/float64(reading), "x-bare")
	b.ReportMetric(float64(auditing.Microseconds())/float64(b.N)/1000, "ms-audit")
	b.ReportMetric(float64(len(s.Observations)), "observations")
}

// node starts the components of a node with the files that they name.
func node(b *testing.B) {
	dir := b.TempDir()
	for _, name := range []string{"ca.crt", "a.crt", "a.key", "sa.key", "etcd/ca.crt", "etcd/a.crt", "etcd/a.key", "k.conf", "kubelet.yaml"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			b.Fatal(err)
		}
		text := "-----BEGIN CERTIFICATE-----\n"
		if name == "kubelet.yaml" {
			text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	start(b, 0, "kube-apiserver", "--client-ca-file="+dir+"/ca.crt", "--tls-cert-file="+dir+"/a.crt", "--tls-private-key-file="+dir+"/a.key",
		"--service-account-key-file="+dir+"/sa.key", "--etcd-cafile="+dir+"/etcd/ca.crt", "--authorization-mode=Node,RBAC", "--profiling=false")
	start(b, 0, "kube-controller-manager", "--kubeconfig="+dir+"/k.conf", "--root-ca-file="+dir+"/ca.crt")
	start(b, 0, "kube-scheduler", "--kubeconfig="+dir+"/k.conf")
	start(b, 0, "etcd", "--data-dir", dir+"/etcd", "--trusted-ca-file", dir+"/etcd/ca.crt", "--cert-file", dir+"/etcd/a.crt", "--key-file", dir+"/etcd/a.key")
	start(b, 0, "kubelet", "--config="+dir+"/kubelet.yaml", "--kubeconfig="+dir+"/k.conf", "--client-ca-file="+dir+"/ca.crt")
}

// BenchmarkEvaluate judges every control on a snapshot that is complete.
func BenchmarkEvaluate(b *testing.B) {
	bm := bench(b)
	p, _, err := catalog.OpenProfile("mke-3.7", bm)
	if err != nil {
		b.Fatal(err)
	}
	a := &Auditor{Benchmark: bm, Profile: p}
	node, err := facts.Live(facts.LiveOptions{Keep: a.Keep(), Tool: "bench", Now: time.Now, DockerSocket: "/nonexistent"})
	if err != nil {
		b.Fatal(err)
	}
	s, err := facts.Collect(context.Background(), node, 10*time.Second, a.Start(nil, func(Finding) {}).Next)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		a.Evaluate(s)
	}
}
