package audit

import (
	"context"
	"io"
	"os"
	"path/filepath"
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
	bm := bench(b)
	p, _, err := catalog.OpenProfile("mke-3.7", bm)
	if err != nil {
		b.Fatal(err)
	}
	a := &Auditor{Benchmark: bm, Profile: p}
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
