package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDefaultDir(t *testing.T) {
	for _, c := range []struct {
		euid      int
		xdg, home string
		want      string
	}{
		{0, "", "", "/var/lib/mkeaudit"},
		{0, "/x", "/root", "/var/lib/mkeaudit"},
		{1000, "/x/state", "/home/j", "/x/state/mkeaudit"},
		{1000, "", "/home/j", "/home/j/.local/state/mkeaudit"},
		{1000, "relative", "/home/j", "/home/j/.local/state/mkeaudit"},
		{1000, "", "", ""},
		{1000, "", "relative", ""},
	} {
		got, err := DefaultDir(c.euid, func(k string) string {
			return map[string]string{"XDG_STATE_HOME": c.xdg, "HOME": c.home}[k]
		})
		if got != c.want || (err != nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), "--session") {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

func TestPath(t *testing.T) {
	id := Identity{Kind: KindLive, HostID: "0123456789abcdef", HostName: "mgr-01.example.org", Benchmark: "cis-1.7.0", Profile: "mke-3.7"}
	for _, c := range []struct {
		change func(*Identity)
		want   string
	}{
		{func(*Identity) {}, "mgr-01.example.org-0123456789ab.cis-1.7.0.mke-3.7.session.jsonl"},
		{func(id *Identity) { id.Kind = KindSnapshot }, "mgr-01.example.org-0123456789ab.cis-1.7.0.mke-3.7.snapshot.session.jsonl"},
		{func(id *Identity) { id.Kind = KindDemo }, "mgr-01.example.org-0123456789ab.cis-1.7.0.mke-3.7.demo.session.jsonl"},
		{func(id *Identity) { id.HostName = "../../etc/passwd" }, "_._.._etc_passwd-0123456789ab.cis-1.7.0.mke-3.7.session.jsonl"},
		{func(id *Identity) { id.HostName = "" }, "unnamed-0123456789ab.cis-1.7.0.mke-3.7.session.jsonl"},
		{func(id *Identity) { id.HostName = "-rf\x1b\n*" }, "_rf___-0123456789ab.cis-1.7.0.mke-3.7.session.jsonl"},
		{func(id *Identity) { id.HostName = strings.Repeat("n", 300) }, strings.Repeat("n", 64) + "-0123456789ab.cis-1.7.0.mke-3.7.session.jsonl"},
		{func(id *Identity) { id.HostID = "/../" }, "mgr-01.example.org-_.._.cis-1.7.0.mke-3.7.session.jsonl"},
		{func(id *Identity) { id.HostID = "" }, "mgr-01.example.org-unnamed.cis-1.7.0.mke-3.7.session.jsonl"},
		{func(id *Identity) { id.Benchmark, id.Profile = "a/b", "c d" }, "mgr-01.example.org-0123456789ab.a_b.c_d.session.jsonl"},
	} {
		id := id
		c.change(&id)
		if got := Path("/d", id); got != "/d/"+c.want || filepath.Dir(got) != "/d" {
			t.Errorf("%+v: %s, want %s", id, got, c.want)
		}
	}
}

// A node that was renamed finds its session; those of others are not taken for it.
func TestFind(t *testing.T) {
	id := testIdentity()
	if got, err := Find(filepath.Join(t.TempDir(), "none"), id); err != nil || filepath.Base(got) != filepath.Base(Path("", id)) {
		t.Errorf("without a directory: %s, %v", got, err)
	}
	dir := t.TempDir()
	former, demo, other := id, id, id
	former.HostName = "former"
	demo.Kind = KindDemo
	other.HostID = digest([]byte("other"))
	for _, x := range []Identity{demo, other} {
		mustWrite(t, Path(dir, x), nil)
	}
	mustWrite(t, Path(dir, former)+".lock", nil)
	mustWrite(t, Path(dir, former)+".torn", nil)
	if got, err := Find(dir, id); err != nil || got != Path(dir, id) {
		t.Errorf("no session of it: %s, %v", got, err)
	}
	mustWrite(t, Path(dir, former), nil)
	if got, err := Find(dir, id); err != nil || got != Path(dir, former) {
		t.Errorf("under the former name: %s, %v", got, err)
	}
	former.HostName = "older"
	mustWrite(t, Path(dir, former), nil)
	if got, err := Find(dir, id); err == nil || !strings.Contains(err.Error(), "--session") {
		t.Errorf("under two former names: %s, %v", got, err)
	}
	mustWrite(t, Path(dir, id), nil)
	if got, err := Find(dir, id); err != nil || got != Path(dir, id) {
		t.Errorf("under its name: %s, %v", got, err)
	}
	mustWrite(t, filepath.Join(dir, "file"), nil)
	if _, err := Find(filepath.Join(dir, "file"), id); err == nil {
		t.Error("a file passed for a directory")
	}
	os.Remove(Path(dir, id))
}

func TestWords(t *testing.T) {
	for i := EventOpen; i <= EventClose; i++ {
		var got Type
		if err := got.UnmarshalText([]byte(i.String())); err != nil || got != i {
			t.Errorf("%v: %v", i, err)
		}
		if _, ok := shapes[i]; !ok {
			t.Errorf("%v has no shape", i)
		}
	}
	for i := KindLive; i <= KindDemo; i++ {
		var got Kind
		if err := got.UnmarshalText([]byte(i.String())); err != nil || got != i {
			t.Errorf("%v: %v", i, err)
		}
	}
	for _, bad := range []string{"", "Open", "open ", "LIVE"} {
		if err := new(Type).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("type %q was read", bad)
		}
		if err := new(Kind).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("kind %q was read", bad)
		}
	}
	if s := Type(99).String() + Kind(99).String(); s != "invalid(99)invalid(99)" {
		t.Error(s)
	}
}
