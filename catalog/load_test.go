package catalog

import (
	"strings"
	"testing"
	"testing/fstest"
)

// small is the least benchmark that loads.
func small() fstest.MapFS {
	return fstest.MapFS{
		"benchmark.toml": {Data: []byte(`id = "b"
title = "B"
kubernetes = ["1.27"]
files = ["1.1.toml"]

[[chapter]]
id = "1"
title = "One"

[[theme]]
id = "runtime"
title = "Runtime"
text = "x"

[parameter.days]
type = "int"
text = "days"
value = 30
`)},
		"defaults/kubelet.toml": {Data: []byte(`component = "kubelet"
dialect = "pflag"

[types]
bool = ["profiling"]
int = ["age"]

[setting.s]
flag = "profiling"
type = "bool"
default = "true"
`)},
		"1.1.toml": {Data: []byte(`[section]
id = "1.1"
title = "S"
chapter = "1"

[[control]]
id = "1.1.1"
title = "T"
level = 1
node = "worker"
assessment = "manual"
judge = "machine"
theme = "runtime"
weight = 2

[[control.check]]
component = "kubelet"
applies = ["runs:kubelet"]
all = [{ flag = "profiling", is = "false" }, { flag = "age", min = "@days" }, { setting = "s", is = "false" }]
`)},
	}
}

func TestLoadSmall(t *testing.T) {
	b, err := Load(small())
	if err != nil {
		t.Fatal(err)
	}
	if b.Len() != 1 || len(b.SHA256) != 64 {
		t.Errorf("loaded %d controls, digest %q", b.Len(), b.SHA256)
	}
	c, ok := b.Control("1.1.1")
	if !ok || c.Checks[0].Component() != Kubelet || len(c.Checks[0].Require.All) != 3 {
		t.Errorf("loaded %+v", c)
	}
}

// Every fault is reported at once, each with its file and line.
func TestLoadReportsEveryFault(t *testing.T) {
	edit := func(name, old, new string) func(fstest.MapFS) {
		return func(m fstest.MapFS) {
			text := string(m[name].Data)
			if !strings.Contains(text, old) {
				t.Fatalf("%s does not hold %q", name, old)
			}
			m[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, new, 1))}
		}
	}
	tests := map[string]struct {
		edits []func(fstest.MapFS)
		want  []string
	}{
		"unknown key":          {[]func(fstest.MapFS){edit("1.1.toml", "weight = 2", "weight = 2\nwieght = 3")}, []string{`1.1.toml:15: unknown key "control.wieght"`}},
		"unknown key in leaf":  {[]func(fstest.MapFS){edit("1.1.toml", `is = "false" }, { flag`, `iss = "false" }, { flag`)}, []string{`1.1.toml:19: unknown key "control.check.all.iss"`, "has no operator"}},
		"misspelt words":       {[]func(fstest.MapFS){edit("1.1.toml", `"worker"`, `"wroker"`), edit("1.1.toml", `"manual"`, `"manaul"`)}, []string{`1.1.toml:10: control 1.1.1: unknown node "wroker"`, `1.1.toml:11: control 1.1.1: unknown assessment "manaul"`}},
		"unknown theme":        {[]func(fstest.MapFS){edit("1.1.toml", `theme = "runtime"`, `theme = "runtiem"`)}, []string{`1.1.toml:13: control 1.1.1: unknown theme "runtiem"`}},
		"unknown flag":         {[]func(fstest.MapFS){edit("1.1.toml", `flag = "profiling"`, `flag = "profilign"`)}, []string{`1.1.toml:19: control 1.1.1: kubelet has no flag "profilign"`}},
		"unknown setting":      {[]func(fstest.MapFS){edit("1.1.toml", `setting = "s"`, `setting = "t"`)}, []string{`has no setting "t"`}},
		"unknown parameter":    {[]func(fstest.MapFS){edit("1.1.toml", `"@days"`, `"@dyas"`)}, []string{`1.1.toml:19: control 1.1.1: unknown parameter "dyas"`}},
		"unknown condition":    {[]func(fstest.MapFS){edit("1.1.toml", `"runs:kubelet"`, `"run:kubelet"`)}, []string{`1.1.toml:18: control 1.1.1: unknown condition "run:kubelet"`}},
		"two selectors":        {[]func(fstest.MapFS){edit("1.1.toml", `{ flag = "age"`, `{ setting = "s", flag = "age"`)}, []string{`a leaf has one selector`}},
		"two operators":        {[]func(fstest.MapFS){edit("1.1.toml", `min = "@days"`, `min = "@days", max = 9`)}, []string{`a leaf has one operator`}},
		"level out of range":   {[]func(fstest.MapFS){edit("1.1.toml", `level = 1`, `level = 3`)}, []string{`1.1.toml:9: control 1.1.1: level 3: want 1 or 2`}},
		"syntax":               {[]func(fstest.MapFS){edit("1.1.toml", `title = "T"`, `title = "T`)}, []string{`1.1.toml:8: `}},
		"wrong section":        {[]func(fstest.MapFS){edit("1.1.toml", `id = "1.1.1"`, `id = "1.2.1"`)}, []string{`control 1.2.1: does not belong to section 1.1`}},
		"flag without a type":  {[]func(fstest.MapFS){edit("defaults/kubelet.toml", `[setting.s]`, "[flag.x]\nshorthand = \"x\"\n\n[setting.s]")}, []string{`defaults/kubelet.toml:8: flag x has no type`}},
		"setting without flag": {[]func(fstest.MapFS){edit("defaults/kubelet.toml", `flag = "profiling"`, `flag = "nope"`)}, []string{`setting s: there is no flag "nope"`}},
		"faults of two files": {[]func(fstest.MapFS){edit("1.1.toml", `level = 1`, `level = 3`), edit("defaults/kubelet.toml", `flag = "profiling"`, `flag = "nope"`)},
			[]string{`1.1.toml:9`, `there is no flag "nope"`}},
		"parameter of the wrong type": {[]func(fstest.MapFS){edit("benchmark.toml", `value = 30`, `value = "thirty"`)}, []string{`benchmark.toml:15: parameter days`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := small()
			for _, e := range tt.edits {
				e(m)
			}
			_, err := Load(m)
			if err == nil {
				t.Fatal("it loaded")
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error does not say %q:\n%v", w, err)
				}
			}
		})
	}
}

// FuzzLoad: whatever stands in a section file, loading gives a benchmark or errors
// that name the file, and never both.
func FuzzLoad(f *testing.F) {
	f.Add(string(small()["1.1.toml"].Data))
	f.Add("[section]\n[[control]]\n[[control.check]]\nall=[{}]")
	f.Fuzz(func(t *testing.T, text string) {
		m := small()
		m["1.1.toml"] = &fstest.MapFile{Data: []byte(text)}
		b, err := Load(m)
		if (b == nil) == (err == nil) {
			t.Errorf("benchmark %v and error %v", b, err)
		}
	})
}

func TestRange(t *testing.T) {
	v := func(s string) Version {
		v, err := ParseVersion(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		r, v string
		want bool
	}{
		{"", "1.27", true}, {">=1.25,<1.27", "1.25", true}, {">=1.25,<1.27", "v1.26.15", true}, {">=1.25,<1.27", "1.27", false},
		{"<1.27", "1.9", true}, {">=1.30", "1.29.9", false}, {">=1.30", "1.31.2-mirantis-1", true},
	} {
		r, err := ParseRange(tt.r)
		if err != nil {
			t.Fatal(err)
		}
		if r.Holds(v(tt.v)) != tt.want {
			t.Errorf("%q holds %s: %v", tt.r, tt.v, !tt.want)
		}
	}
	for _, bad := range []string{"1.27", "=>1.27", "<x", "<1.27,"} {
		if _, err := ParseRange(bad); err == nil {
			t.Errorf("%q is taken for a range", bad)
		}
	}
}
