package catalog

import "testing"

// BenchmarkOpen loads the embedded benchmark and a profile, as every start does.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		bm, _, err := OpenBenchmark(DefaultBenchmark)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := OpenProfile("mke-3.7", bm); err != nil {
			b.Fatal(err)
		}
	}
}
