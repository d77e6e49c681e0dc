package audit

import (
	"context"
	"testing"

	"mkeaudit/catalog"
)

// TestExamples runs the examples of every control: they are the controls' tests.
func TestExamples(t *testing.T) {
	b, fsys, err := catalog.OpenBenchmark(catalog.DefaultBenchmark)
	if err != nil {
		t.Fatal(err)
	}
	all, err := catalog.LoadExamples(fsys, b)
	if err != nil {
		t.Fatal(err)
	}
	profiles := map[string]*catalog.Profile{}
	for _, id := range catalog.ProfileIDs() {
		if profiles[id], _, err = catalog.OpenProfile(id, b); err != nil {
			t.Fatal(err)
		}
	}
	profiles[""] = profiles["mke-3.7"]
	for _, ex := range all {
		t.Run(string(ex.Control)+"/"+ex.Name, func(t *testing.T) {
			p, ok := profiles[ex.Profile]
			if !ok {
				t.Fatalf("%s: unknown profile %q", ex.Source, ex.Profile)
			}
			if _, err := RunExample(context.Background(), b, p, ex); err != nil {
				t.Error(err)
			}
		})
	}
	for c := range b.Controls() {
		for _, missing := range catalog.MissingExamples(c, all) {
			t.Errorf("control %s has no example that ends in %s", c.ID, missing)
		}
	}
}
