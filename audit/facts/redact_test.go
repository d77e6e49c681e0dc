package facts

import (
	"reflect"
	"strings"
	"testing"

	"mkeaudit/catalog"
)

func keepSome(c catalog.Component, flag string) bool {
	switch flag {
	case "authorization-mode", "anonymous-auth", "client-ca-file", "etcd-servers", "pod-max-pids",
		"cert-file", "client-cert-auth", "initial-cluster", "v", "advertise-client-urls":
		return true
	}
	return false
}

func TestRedact(t *testing.T) {
	tests := []struct {
		name string
		c    catalog.Component
		in   []string
		want []string
	}{
		{"equals", catalog.APIServer, []string{"--authorization-mode=RBAC", "--token=abc"}, []string{"--authorization-mode=RBAC", "--token=[redacted]"}},
		{"underscore", catalog.Kubelet, []string{"--anonymous_auth=false", "--my_token=x"}, []string{"--anonymous_auth=false", "--my_token=[redacted]"}},
		{"separate", catalog.APIServer, []string{"--authorization-mode", "RBAC", "--token", "abc"}, []string{"--authorization-mode", "RBAC", "--token", "[redacted]"}},
		{"stray word after a kept boolean", catalog.Kubelet, []string{"--anonymous-auth", "false", "abc"}, []string{"--anonymous-auth", "false", "[redacted]"}},
		{"only one word is kept", catalog.APIServer, []string{"--client-ca-file", "/a", "/b"}, []string{"--client-ca-file", "/a", "[redacted]"}},
		{"no word after equals", catalog.APIServer, []string{"--client-ca-file=/a", "secret"}, []string{"--client-ca-file=/a", "[redacted]"}},
		{"positional", catalog.Kubelet, []string{"secret", "-", ""}, []string{"[redacted]", "[redacted]", "[redacted]"}},
		{"empty value", catalog.APIServer, []string{"--client-ca-file=", "--token="}, []string{"--client-ca-file=", "--token=[redacted]"}},
		{"blank in a value", catalog.APIServer, []string{"--client-ca-file=/a b"}, []string{"--client-ca-file=/a b"}},
		{"negative number", catalog.Kubelet, []string{"--pod-max-pids", "-1", "-1"}, []string{"--pod-max-pids", "-1", "-[redacted]"}},
		{"verbosity", catalog.Kubelet, []string{"-v", "4", "-v=4", "-v4", "-vmodule=secret"}, []string{"-v", "4", "-v=4", "-v4", "-[redacted]"}},
		{"verbosity takes one number", catalog.Kubelet, []string{"-v=4", "12345", "-v4", "12345", "-v", "1", "12345"}, []string{"-v=4", "[redacted]", "-v4", "[redacted]", "-v", "1", "[redacted]"}},
		{"verbosity takes a number only", catalog.Kubelet, []string{"-v", "secret", "--v", "2", "--v=3"}, []string{"-v", "[redacted]", "--v", "2", "--v=3"}},
		{"one dash in pflag", catalog.APIServer, []string{"-psecret", "-p=secret", "-token", "x"}, []string{"-[redacted]", "-[redacted]", "-[redacted]", "[redacted]"}},
		{"kept name with one dash", catalog.APIServer, []string{"-anonymous-auth=false"}, []string{"-anonymous-auth=false"}},
		{"a secret that begins with dashes", catalog.APIServer, []string{"--token", "--c2VjcmV0=", "--token", "-s", "--authorization-mode=RBAC"},
			[]string{"--token", "--[redacted]", "--[redacted]", "-[redacted]", "--authorization-mode=RBAC"}},
		{"kept after an unknown", catalog.APIServer, []string{"--feature", "--anonymous-auth=false"}, []string{"--feature", "--anonymous-auth=false"}},
		{"terminator", catalog.APIServer, []string{"--", "secret", "--token=x"}, []string{"--", "[redacted]", "[redacted]"}},
		{"no flag name", catalog.APIServer, []string{"---x=secret", "--=secret", "--a b=c", "--" + strings.Repeat("s", 65)},
			[]string{"--[redacted]", "--[redacted]", "--[redacted]", "--[redacted]"}},
		{"etcd, one dash and two", catalog.Etcd, []string{"-cert-file=/a", "--cert-file", "/b", "-client-cert-auth", "-initial-cluster-token", "tok", "-initial-cluster-token=tok"},
			[]string{"-cert-file=/a", "--cert-file", "/b", "-client-cert-auth", "-initial-cluster-token", "[redacted]", "-initial-cluster-token=[redacted]"}},
		{"userinfo", catalog.APIServer, []string{"--etcd-servers=https://u:p@a:1,https://b:2,http://c@d", "--etcd-servers", "https://x:y@z"},
			[]string{"--etcd-servers=https://[redacted]@a:1,https://b:2,http://[redacted]@d", "--etcd-servers", "https://[redacted]@z"}},
		{"not UTF-8", catalog.APIServer, []string{"--client-ca-file=/\xff"}, []string{"--client-ca-file=/\ufffdff"}},
		{"nothing", catalog.APIServer, nil, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := redact(tt.in, tt.c, keepSome); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
	if got := redact([]string{"--anonymous-auth=false", "--x", "y"}, catalog.Kubelet, nil); got[0] != "--anonymous-auth=[redacted]" || got[2] != Redacted {
		t.Errorf("without Keep something is kept: %q", got)
	}
}

func TestMaskUserinfo(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "",
		"user:pw@host":                      "user:pw@host", // no URL
		"https://host/a":                    "https://host/a",
		"https://u:p@host":                  "https://[redacted]@host",
		"https://u:p/w@host":                "https://[redacted]@host",
		"https://u:p@w@host":                "https://[redacted]@host",
		"https://u:p,w@h1,https://h2":       "https://[redacted]@h1,https://h2",
		"a=https://u:p@h,b=https://h2:1":    "a=https://[redacted]@h,b=https://h2:1",
		"https://u:p q@h":                   "https://[redacted]@h",
		"https://a@b,unix:///x,http://c:d@": "https://[redacted]@b,unix:///x,http://[redacted]@",
		"://x@":                             "://[redacted]@",
	} {
		if got := maskUserinfo(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestRedactEnv(t *testing.T) {
	got := redactEnv([]string{
		"ETCD_CERT_FILE=/a", "ETCD_CERT_FILE=/second", "MY_ETCD_CERT_FILE=/b", "PATH=/bin", "ETCD_INITIAL_CLUSTER_TOKEN=secret",
		"ETCD_ADVERTISE_CLIENT_URLS=https://u:p@h", "ETCD_", "ETCD_NO_VALUE", "ETCD_a b=secret", "AWS_SECRET=x",
	}, keepSome)
	want := map[string]string{
		"ETCD_CERT_FILE": "/a", "ETCD_INITIAL_CLUSTER_TOKEN": Redacted, "ETCD_ADVERTISE_CLIENT_URLS": "https://[redacted]@h",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// canary stands for a secret.
const canary = "c4n4ryValue"

func FuzzRedact(f *testing.F) {
	f.Add("--token=" + canary)
	f.Add("--token\x00" + canary)
	f.Add("--authorization-mode=RBAC\x00" + canary)
	f.Add("-x\x00-" + canary + "\x00--" + canary + "=")
	f.Add("--etcd-servers=https://u:" + canary + "@h")
	f.Add("--\x00" + canary)
	f.Fuzz(func(t *testing.T, line string) {
		args := splitArgs([]byte(line))
		for _, c := range []catalog.Component{catalog.APIServer, catalog.Etcd, catalog.AnyComponent} {
			out := redact(args, c, keepSome)
			if len(out) != len(args) {
				t.Fatalf("%d arguments became %d", len(args), len(out))
			}
			// With nothing kept, no word that is not the name of a flag survives.
			for i, a := range redact(args, c, nil) {
				if strings.HasPrefix(args[i], "-") && len(args[i]) > 1 {
					continue
				}
				if i > 0 && args[i-1] == "-v" && isNumber(a) {
					continue // klog's verbosity
				}
				if a != Redacted {
					t.Errorf("a word survived: %q", a)
				}
			}
			// A canary behind an unknown flag, in both forms, never survives.
			for _, secret := range [][]string{{"--unknown=" + canary}, {"--unknown", canary}, {"--unknown", "-" + canary}, {"--unknown", "--" + canary + "="}, {canary}, {"-u" + canary + "=x"}} {
				if c == catalog.Etcd && len(secret) == 1 && strings.HasPrefix(secret[0], "-u") {
					continue // there it is the name of a flag
				}
				if len(args) > 0 && len(secret) == 1 && secret[0] == canary && strings.HasPrefix(args[len(args)-1], "-") {
					continue // it may be the value of a kept flag
				}
				all := append(append([]string{}, args...), secret...)
				if strings.Contains(line, canary) || strings.HasSuffix(line, "-") {
					continue
				}
				if got := strings.Join(redact(all, c, keepSome)[len(args):], "\n"); strings.Contains(got, canary) {
					t.Errorf("%q after %q: the canary survived: %q", secret, args, got)
				}
			}
		}
	})
}

func FuzzSplitArgs(f *testing.F) {
	f.Add([]byte("a\x00b\x00"))
	f.Add([]byte("a\x00\x00\x00"))
	f.Add([]byte("a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		args := splitArgs(b)
		joined := strings.Join(args, "\x00")
		if joined != string(b) && joined+"\x00" != string(b) {
			t.Errorf("%q became %q", b, args)
		}
	})
}

func TestSplitArgs(t *testing.T) {
	for in, want := range map[string][]string{
		"":                      nil,
		"\x00":                  {""},
		"a\x00":                 {"a"},
		"a":                     {"a"},
		"a\x00\x00":             {"a", ""},
		"a\x00\x00b\x00\x00":    {"a", "", "b", ""},
		"a b\x00\xff\x00\n\x00": {"a b", "\xff", "\n"},
	} {
		if got := splitArgs([]byte(in)); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
