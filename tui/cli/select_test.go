package cli

import (
	"testing"

	"mkeaudit/catalog"
)

func TestSelected(t *testing.T) {
	b, _, err := catalog.OpenBenchmark(catalog.DefaultBenchmark)
	if err != nil {
		t.Fatal(err)
	}
	level1 := 0
	for c := range b.Controls() {
		if c.Level == 1 {
			level1++
		}
	}
	for name, tc := range map[string]struct {
		f    filter
		want int
	}{
		"all":                {filter{}, 131},
		"level 2 takes in 1": {filter{level: "2"}, 131},
		"level 1":            {filter{level: "1"}, level1},
		"section":            {filter{sections: []string{"1.2"}}, 31},
		"chapter":            {filter{sections: []string{"4"}}, 23},
		"two sections":       {filter{sections: []string{"1.4, 1.3"}}, 9},
		"twice is once":      {filter{sections: []string{"1.4", "1", "1.4"}}, 61},
		"chapter two":        {filter{sections: []string{"2"}}, 7},
		"controls":           {filter{controls: []string{"1.2.1,1.2.2", "2.1", "1.2.1"}}, 3},
		"both":               {filter{controls: []string{"1.2.1", "2.1"}, sections: []string{"2"}}, 1},
		"an empty section":   {filter{sections: []string{"5.6"}}, 0},
		"blanks":             {filter{controls: []string{" 1.2.1 ,, "}}, 1},
	} {
		ids, err := tc.f.selected(b)
		if err != nil || len(ids) != tc.want {
			t.Errorf("%s: %d controls %v, want %d", name, len(ids), err, tc.want)
		}
		for i := 1; i < len(ids); i++ {
			if !catalog.Less(ids[i-1], ids[i]) {
				t.Errorf("%s: %s before %s", name, ids[i-1], ids[i])
			}
		}
	}
	for name, f := range map[string]filter{
		"level": {level: "0"}, "level word": {level: "one"}, "section": {sections: []string{"6"}}, "section prefix": {sections: []string{"1.2.1"}},
		"control": {controls: []string{"1.2"}}, "control prefix": {controls: []string{"1.2.1.1"}}, "control zero": {controls: []string{"1.2.01"}},
	} {
		if ids, err := f.selected(b); codeOf(err) != ExitUsage {
			t.Errorf("%s: %v %v, want wrong usage", name, ids, err)
		}
	}
}
