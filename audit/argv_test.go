package audit

import (
	"reflect"
	"testing"

	"mkeaudit/catalog"
)

// bench is the embedded benchmark, which the tests of this package share.
func bench(t testing.TB) *catalog.Benchmark {
	t.Helper()
	b, _, err := catalog.OpenBenchmark(catalog.DefaultBenchmark)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadArgv(t *testing.T) {
	b := bench(t)
	tests := map[string]struct {
		component catalog.Component
		argv      []string
		flag      string
		want      []string
		stray     []string
	}{
		"value after equals":                      {catalog.APIServer, []string{"--profiling=false"}, "profiling", []string{"false"}, nil},
		"value in the next word":                  {catalog.APIServer, []string{"--audit-log-path", "/a b"}, "audit-log-path", []string{"/a b"}, nil},
		"bare boolean":                            {catalog.APIServer, []string{"--profiling"}, "profiling", []string{"true"}, nil},
		"a boolean takes no next word":            {catalog.APIServer, []string{"--anonymous-auth", "false"}, "anonymous-auth", []string{"true"}, []string{"false"}},
		"repeats stand in order":                  {catalog.APIServer, []string{"--profiling=true", "--profiling=false"}, "profiling", []string{"true", "false"}, nil},
		"underscores are dashes":                  {catalog.Kubelet, []string{"--anonymous_auth=false"}, "anonymous-auth", []string{"false"}, nil},
		"one dash is not a long flag":             {catalog.APIServer, []string{"-profiling=false"}, "profiling", nil, nil},
		"names match exactly":                     {catalog.APIServer, []string{"--encryption-provider-config-automatic-reload=true"}, "encryption-provider-config", nil, nil},
		"empty value":                             {catalog.APIServer, []string{"--token-auth-file="}, "token-auth-file", []string{""}, nil},
		"empty next word":                         {catalog.APIServer, []string{"--token-auth-file", ""}, "token-auth-file", []string{""}, nil},
		"a known flag swallows what follows":      {catalog.APIServer, []string{"--audit-log-path", "--anonymous-auth=false"}, "anonymous-auth", nil, nil},
		"an unknown flag does not":                {catalog.APIServer, []string{"--vendor-switch", "--anonymous-auth=false"}, "anonymous-auth", []string{"false"}, nil},
		"an unknown flag takes a plain word":      {catalog.APIServer, []string{"--vendor-option", "x", "--profiling=false"}, "profiling", []string{"false"}, nil},
		"two dashes end the flags":                {catalog.APIServer, []string{"--", "--profiling=false"}, "profiling", nil, []string{"--profiling=false"}},
		"stray words do not end them":             {catalog.APIServer, []string{"stray", "--profiling=false"}, "profiling", []string{"false"}, []string{"stray"}},
		"a shorthand takes its value":             {catalog.APIServer, []string{"-v", "4", "--profiling=false"}, "v", []string{"4"}, nil},
		"a shorthand with its value":              {catalog.APIServer, []string{"-v4"}, "v", []string{"4"}, nil},
		"etcd takes one dash":                     {catalog.Etcd, []string{"-cert-file=/a"}, "cert-file", []string{"/a"}, nil},
		"etcd takes two words":                    {catalog.Etcd, []string{"--data-dir", "/data/datav3", "--name", "x"}, "name", []string{"x"}, nil},
		"etcd bare boolean before a flag":         {catalog.Etcd, []string{"--client-cert-auth", "--cert-file", "/a"}, "cert-file", []string{"/a"}, nil},
		"etcd stops at the first stray word":      {catalog.Etcd, []string{"--client-cert-auth", "false", "--cert-file=/a"}, "cert-file", nil, []string{"false", "--cert-file=/a"}},
		"etcd does not turn underscores":          {catalog.Etcd, []string{"--cert_file=/a"}, "cert-file", nil, nil},
		"a flag at the end without a value":       {catalog.APIServer, []string{"--audit-log-path"}, "audit-log-path", []string{""}, nil},
		"value that looks like an equation":       {catalog.ControllerManager, []string{"--feature-gates=A=true,B=false"}, "feature-gates", []string{"A=true,B=false"}, nil},
		"unknown flag before the end of the line": {catalog.APIServer, []string{"--profiling=false", "--vendor"}, "profiling", []string{"false"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := readArgv(tt.argv, b.Defaults.Tables[tt.component])
			if !reflect.DeepEqual(got.given[tt.flag], tt.want) {
				t.Errorf("%q: --%s = %q, want %q", tt.argv, tt.flag, got.given[tt.flag], tt.want)
			}
			if !reflect.DeepEqual(got.stray, tt.stray) {
				t.Errorf("%q: stray words %q, want %q", tt.argv, got.stray, tt.stray)
			}
		})
	}
}

// A command line never makes the reader panic, and a flag that is written with its
// value after "=" is always seen, whatever stands before it, unless a flag that is
// known to take a value, a shorthand or "--" swallows it.
func FuzzReadArgv(f *testing.F) {
	b := bench(f)
	f.Add("--a", "-v", "x")
	f.Add("--", "--profiling", "false")
	f.Add("-=", "--=", "-")
	f.Fuzz(func(t *testing.T, x, y, z string) {
		for _, c := range catalog.Components() {
			readArgv([]string{x, y, z}, b.Defaults.Tables[c])
			got := readArgv([]string{"--v=1", x, y, z, "--v=2"}, b.Defaults.Tables[c])
			if len(got.given["v"]) == 0 {
				t.Errorf("%s: --v is lost in %q", c, []string{x, y, z})
			}
		}
	})
}
