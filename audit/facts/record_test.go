package facts

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"mkeaudit/catalog"
)

// example is a snapshot that uses every part of the format.
func example(t testing.TB) *Snapshot {
	t.Helper()
	n := Imagined{
		Host: Host{Name: "mgr-01", ID: nodeID("x")}, View: View{EUID: 0, Complete: true}, Engine: Engine{State: Present},
		Containers: []Container{{ID: idA, Name: "ucp-kv", Image: "mirantis/ucp-etcd:3.7.2", Version: "3.7.2"}},
		Accounts:   Accounts{State: Present, Users: map[string]int{"root": 0, "etcd": 998}, Groups: map[string]int{"root": 0}},
		At:         time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC), Tool: "mkeaudit test", Keep: everything,
		Processes: []RawProcess{
			{PID: 5, Argv: []string{"etcd", "--cert-file", "/a\x1b[2J\u202e\x7f\u0085<&>\U000e0001"}, Exe: "/etcd", UIDs: []int{0, 0, 0, 0}, Env: map[string]string{"ETCD_NAME": "x", "ETCD_Name": "y"}, Cgroup: "0::/docker/" + idA},
			{PID: 6, Argv: []string{"kube-proxy\xff"}, Exe: "/kube-proxy", Cgroup: "0::/kubepods/pod" + uidStatic + "/" + idB},
		},
		Files: []ImaginedFile{
			{Path: "/k", Mode: 0o600, Text: kubeletHead + "featureGates: {A: true, a: false}\n"},
			{Path: "/pki/ca.crt", Text: pemCert, Mode: 0o644}, {Path: "/no", Denied: true},
		},
	}
	s, err := Collect(context.Background(), n, time.Second, func(*Snapshot) []Key {
		return []Key{
			{Kind: Document, Root: HostRoot, Path: "/k", Form: KubeletConfig}, {Kind: Tree, Root: HostRoot, Path: "/pki"},
			{Kind: Stat, Root: PIDRoot(5), Path: "/k"}, {Kind: Certificates, Root: HostRoot, Path: "/no"}, {Kind: Stat, Root: HostRoot, Path: "/gone"},
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func written(t testing.TB, s *Snapshot, gz bool) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b, gz); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSnapshotRoundTrip(t *testing.T) {
	s := example(t)
	for _, gz := range []bool{false, true} {
		b := written(t, s, gz)
		if !bytes.Equal(b, written(t, s, gz)) {
			t.Error("the same snapshot gives other bytes")
		}
		if (b[0] == 0x1f) != gz {
			t.Errorf("gz is %v and the file begins with %x", gz, b[0])
		}
		again, err := ReadSnapshot(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s, again) {
			t.Errorf("got  %+v\nwant %+v", again, s)
		}
		if o := again.Get(Key{Kind: Document, Root: HostRoot, Path: "/k", Form: KubeletConfig}); o.State != Present || len(o.Doc["featureGates"].(map[string]any)) != 2 {
			t.Errorf("%+v", o)
		}
	}
	plain := written(t, s, false)
	if i := bytes.IndexFunc(plain, func(r rune) bool { return r != '\n' && unsafeRune(r) }); i >= 0 {
		t.Errorf("the file holds a raw control character: %q", plain[i:i+8])
	}
	empty := &Snapshot{SchemaVersion: SnapshotVersion, RecordedAt: time.Unix(1, 0).UTC()}
	if b := written(t, empty, false); bytes.Contains(b, []byte("null")) {
		t.Errorf("an empty list is written as null: %s", b)
	}
}

func TestReadSnapshotRefuses(t *testing.T) {
	good := string(written(t, example(t), false))
	replace := func(old, new string) string {
		t.Helper()
		if strings.Count(good, old) < 1 {
			t.Fatalf("the example does not hold %q", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	packed := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, s)
		z.Close()
		return b.String()
	}
	zeros := func(n int64) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, `{"schemaVersion":"`)
		io.CopyN(z, zero{}, n)
		z.Close()
		return b.String()
	}
	tests := map[string]struct{ text, want string }{
		"empty":                   {"", "the file is empty"},
		"blank":                   {" \n", "the file is empty"},
		"not JSON":                {"hello", "not a JSON object"},
		"a list":                  {"[]", "not a JSON object"},
		"binary":                  {"\x00\xff", "not UTF-8"},
		"other version":           {replace(`"schemaVersion": "1"`, `"schemaVersion": "2"`), "its format is 2 and this mkeaudit reads 1"},
		"no version":              {`{"tool":"x"}`, "no schemaVersion"},
		"version is a number":     {`{"schemaVersion":1}`, "cannot unmarshal number"},
		"unknown field":           {replace(`"tool":`, `"tools":`), `unknown field "tools"`},
		"known field, elsewhere":  {replace(`"tool":`, `"pid":`), `unknown field "pid"`},
		"case variant":            {replace(`"tool":`, `"Tool":`), `unknown field "Tool"`},
		"twice":                   {replace(`"tool":`, `"tool": "a", "tool":`), `the field "tool" stands there twice`},
		"twice, escaped":          {replace(`"tool":`, `"tool": "a", "\u0074ool":`), `the field "tool" stands there twice`},
		"twice in a document":     {replace(`"A": true`, `"A": true, "A": false`), `the field "A" stands there twice`},
		"a second value":          {good + "{}", "something follows"},
		"a second bracket":        {good + "]", "line "},
		"cut":                     {good[:len(good)/2], ""},
		"cut at the end":          {strings.TrimRight(good, "}\n"), ""},
		"cut gzip":                {packed(good)[:200], "damaged or cut off"},
		"raw DEL":                 {replace("mgr-01", "mgr\x7f"), "line 6 holds a control or invisible character"},
		"raw C1":                  {replace("mgr-01", "mgr\u009b2J"), "control or invisible"},
		"raw bidi":                {replace("mgr-01", "mgr\u202e"), "control or invisible"},
		"raw escape":              {replace("mgr-01", "mgr\x1b"), "invalid character"},
		"raw newline in text":     {replace("mgr-01", "mgr\n"), "invalid character"},
		"unknown state":           {replace(`"state": "absent"`, `"state": "maybe"`), `unknown state "maybe"`},
		"unseen":                  {replace(`"state": "absent"`, `"state": "unseen"`), "state is unseen"},
		"cause without need":      {replace(`"state": "absent"`, `"state": "absent", "cause": "denied"`), `state absent does not go with cause "denied"`},
		"unreadable without why":  {replace(`"state": "unreadable",`+"\n"+`   "cause": "denied"`, `"state": "unreadable"`), "does not go with cause"},
		"unknown component":       {replace(`"component": "etcd"`, `"component": "etc"`), "unknown component"},
		"unknown kind":            {replace(`"kind": "tree"`, `"kind": "forest"`), "unknown kind"},
		"no kind":                 {replace(`"kind": "tree"`, `"kind": ""`), "has no kind"},
		"relative path":           {replace(`"path": "/gone"`, `"path": "gone"`), "not absolute and clean"},
		"path that is not clean":  {replace(`"path": "/gone"`, `"path": "/a/../gone"`), "not absolute and clean"},
		"unknown root":            {replace(`"root": "pid:5"`, `"root": "pid:0"`), "neither host nor pid:NUMBER"},
		"another way to write it": {replace(`"root": "pid:5"`, `"root": "pid:05"`), "neither host nor pid:NUMBER"},
		"form of no document":     {replace(`"kind": "tree"`, `"kind": "tree", "form": "kubelet"`), "does not go with kind"},
		"document of no form":     {replace(`"form": "kubelet"`, `"form": "x"`), "does not go with kind"},
		"observed twice":          {replace(`"root": "pid:5",`+"\n"+`   "path": "/k"`, `"root": "host", "path": "/gone"`), "stands there twice"},
		"a pid twice":             {replace(`"pid": 6`, `"pid": 5`), "pid 5 is not a pid or stands there twice"},
		"pid 0":                   {replace(`"pid": 6`, `"pid": 0`), "pid 0"},
		"complete with gaps":      {replace(`"complete": true`, `"complete": true, "gaps": ["x"]`), "complete and has gaps"},
		"no time":                 {replace(`"recordedAt": "2026-11-22T16:00:00Z"`, `"recordedAt": "0001-01-01T00:00:00Z"`), "recordedAt is missing"},
		"time that is none":       {replace("2026-11-22T16", "2026-11-22X16"), "record it again"},
		"too large":               {`{"schemaVersion":"1","tool":"` + strings.Repeat("x", maxSnapshot) + `"}`, "larger than 64 MiB"},
		"gzip bomb":               {zeros(maxSnapshot + 1), "larger than 64 MiB"},
		"deep":                    {`{"schemaVersion":"1","observations":[{"doc":` + strings.Repeat(`{"a":`, 500), "nested deeper"},
		"damaged gzip":            {"\x1f\x8b\x08garbage", "damaged"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := ReadSnapshot(strings.NewReader(tt.text))
			if err == nil {
				t.Fatalf("accepted: %+v", s)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "read the snapshot: ") {
				t.Errorf("got %q, want %q", err, tt.want)
			}
			if Clean(err.Error()) != err.Error() {
				t.Errorf("the error drives a terminal: %q", err)
			}
		})
	}
}

type zero struct{}

func (zero) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}

func TestKnownFields(t *testing.T) {
	for _, name := range []string{"schemaVersion", "kind", "root", "path", "keySha256", "euid", "envWhy", "static", "hostPath"} {
		if !knownFields()[name] {
			t.Errorf("%s is not known", name)
		}
	}
	for name := range freeForm {
		if !knownFields()[name] {
			t.Errorf("%s is no field", name)
		}
	}
	if knownFields()["byKey"] || knownFields()["Key"] {
		t.Errorf("what is no field is known: %v", knownFields())
	}
}

func FuzzReadSnapshot(f *testing.F) {
	good := written(f, example(f), false)
	f.Add(good)
	f.Add(written(f, example(f), true))
	f.Add([]byte(`{"schemaVersion":"1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadSnapshot(bytes.NewReader(b))
		if (s == nil) == (err == nil) {
			t.Fatalf("%v, %v", s, err)
		}
		if err != nil {
			return
		}
		// What is accepted is written and read again as the same.
		once := written(t, s, false)
		again, err := ReadSnapshot(bytes.NewReader(once))
		if err != nil {
			t.Fatalf("what was accepted is refused when it is written: %v\n%s", err, once)
		}
		if twice := written(t, again, false); !bytes.Equal(once, twice) {
			t.Errorf("it changed:\n%s\n%s", once, twice)
		}
	})
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"plain text":                  "plain text",
		"\x1b[2J":                     `\x1b[2J`,
		"a\nb\tc\r":                   `a\x0ab\x09c\x0d`,
		"\x00\x7f":                    `\x00\x7f`,
		"\u0085\u009b":                `\x85\x9b`,
		"\u202eabc\u2066":             `\u202eabc\u2066`,
		"a\u200bb\u200d\ufeff":        `a\u200bb\u200d\ufeff`,
		"\u2028\u2029":                `\u2028\u2029`,
		"\xff\xc3":                    `\xff\xc3`,
		"\u00ad":                      `\xad`,
		"gr\u00fcn \u4e16 \U0001f600": "gr\u00fcn \u4e16 \U0001f600",
		"\U000e0041":                  `\U000e0041`,
		"\u3164\ufe0f\u115f":          `\u3164\ufe0f\u115f`,
		"\ue000":                      `\ue000`,
		`back\slash`:                  `back\slash`,
		"\ufffd":                      "\ufffd",
		"a\u0301":                     "a\u0301",
		"e\u00a0e":                    "e\u00a0e",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b]52;c;x\x07\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		for _, r := range got {
			if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r >= 0x200b && r <= 0x200f {
				t.Errorf("%q lets %U through", s, r)
			}
		}
		if Clean(got) != got {
			t.Errorf("%q is not clean", got)
		}
	})
}

func TestTrustOfParsedPlaces(t *testing.T) {
	// The chain from a cgroup to trust: a pod that plays the distribution's container
	// is not trusted, whatever it nests.
	trust := catalog.Trust{Containers: []string{"ucp-*"}, Namespaces: []string{"com.docker.ucp"}}
	n := Imagined{
		Containers: []Container{{ID: idA, Name: "ucp-kube-apiserver"}, {ID: idB, Name: "k8s_evil"}},
		Processes: []RawProcess{
			{PID: 1, Argv: []string{"kube-apiserver"}, Exe: "/kube-apiserver", UIDs: []int{0, 0, 0, 0}, Cgroup: "0::/docker/" + idA},
			{PID: 2, Argv: []string{"kube-apiserver"}, Exe: "/kube-apiserver", UIDs: []int{0, 0, 0, 0}, Cgroup: "0::/kubepods/pod" + uidDashed + "/" + idB + "/docker/" + idA},
			{PID: 3, Argv: []string{"kubelet"}, Exe: "/kubelet", UIDs: []int{5, 5, 5, 5}, Cgroup: "0::/com.docker.ucp/ucp-kubelet-1"},
			{PID: 4, Argv: []string{"kubelet"}, Exe: "/kubelet", UIDs: []int{0, 0, 0, 0}, Cgroup: "1:a:/com.docker.ucp/ucp-kubelet-1\n0::/docker/" + idB},
			{PID: 5, Argv: []string{"kubelet"}, Exe: "/bin/sleep", UIDs: []int{0, 0, 0, 0}},
		},
	}
	s, err := n.Scan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]bool{1: true, 2: false, 3: true, 4: false, 5: false}
	for pid, w := range want {
		if ok, why := s.Trusted(*byPID(s, pid), trust); ok != w {
			t.Errorf("process %d is trusted: %v, %s", pid, ok, fmt.Sprintf("%+v", *byPID(s, pid)))
			_ = why
		}
	}
}
