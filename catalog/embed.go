package catalog

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed cis-1.7 mke-3.7 kubeadm
var embedded embed.FS

// BenchmarkDirs are the embedded benchmarks by id.
var benchmarkDirs = map[string]string{"cis-1.7.0": "cis-1.7"}

// profileIDs are the embedded profiles; each lies in a directory of its name.
var profileIDs = []string{"mke-3.7", "kubeadm"}

// DefaultBenchmark is the benchmark that is audited unless another is asked for.
const DefaultBenchmark = "cis-1.7.0"

// OpenBenchmark loads an embedded benchmark. The file system is the one from which
// LoadTexts and LoadExamples read what lies beside it.
func OpenBenchmark(id string) (*Benchmark, fs.FS, error) {
	dir, ok := benchmarkDirs[id]
	if !ok {
		return nil, nil, fmt.Errorf("unknown benchmark %q: this program holds cis-1.7.0", id)
	}
	sub, err := fs.Sub(embedded, dir)
	if err != nil {
		return nil, nil, err
	}
	b, err := Load(sub)
	return b, sub, err
}

// ProfileIDs lists the embedded profiles.
func ProfileIDs() []string { return append([]string(nil), profileIDs...) }

// OpenProfile loads an embedded profile. The file system is the one from which
// LoadAdvice reads.
func OpenProfile(id string, b *Benchmark) (*Profile, fs.FS, error) {
	for _, known := range profileIDs {
		if id != known {
			continue
		}
		sub, err := fs.Sub(embedded, id)
		if err != nil {
			return nil, nil, err
		}
		p, err := LoadProfile(sub, b)
		return p, sub, err
	}
	return nil, nil, fmt.Errorf("unknown profile %q: this program holds %s", id, strings.Join(profileIDs, ", "))
}
