package facts

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkScan compares a scan of this machine's processes with merely reading the
// same entries, in one run: "bare" is the floor.
func BenchmarkScan(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			bareRead(b)
		}
	})
	b.Run("processes", func(b *testing.B) {
		n, err := Live(LiveOptions{DockerSocket: "/nonexistent"})
		if err != nil {
			b.Fatal(err)
		}
		l := n.(*live)
		defer l.Close()
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := l.scanProcesses(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("whole", func(b *testing.B) {
		n, err := Live(LiveOptions{DockerSocket: "/nonexistent"})
		if err != nil {
			b.Fatal(err)
		}
		defer n.(*live).Close()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := n.Scan(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// bareRead reads the link and the command line of every process, and nothing more.
func bareRead(b *testing.B) {
	dir, err := os.Open("/proc")
	if err != nil {
		b.Fatal(err)
	}
	names, err := dir.Readdirnames(-1)
	dir.Close()
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 4096)
	for _, n := range names {
		if n[0] < '1' || n[0] > '9' {
			continue
		}
		unix.Readlink("/proc/"+n+"/exe", buf)
		fd, err := unix.Open("/proc/"+n+"/cmdline", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			continue
		}
		unix.Read(fd, buf)
		unix.Close(fd)
	}
}

// BenchmarkStat is one Stat of a live node, with its guard.
func BenchmarkStat(b *testing.B) {
	n, err := Live(LiveOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer n.(*live).Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.Stat(HostRoot, "/etc/passwd"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGlance is what one process that is no candidate costs in thinking.
func BenchmarkGlance(b *testing.B) {
	exe, arg := []byte("/usr/lib/systemd/systemd-journald"), []byte("/usr/lib/systemd/systemd-journald")
	b.ReportAllocs()
	for b.Loop() {
		if promising(exe, arg) {
			b.Fatal("a candidate")
		}
	}
}
