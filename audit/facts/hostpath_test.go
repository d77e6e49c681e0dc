package facts

import (
	"path"
	"reflect"
	"strings"
	"testing"
)

const hostTable = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw,hidepid=2,gid=23
90 27 0:45 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw,lowerdir=/x
91 27 254:0 /var/lib/docker/volumes/with\040blank/_data /mnt/b\134s rw - ext4 /dev/vda rw
92 27 254:16 / /data rw - xfs /dev/vdb rw
`

const containerTable = `200 100 0:45 / / rw - overlay overlay rw
201 200 254:0 /var/lib/docker/volumes/ucp-node-certs/_data /var/lib/docker/ucp/ucp-node-certs rw shared:1 master:7 - ext4 /dev/vda rw
202 200 254:0 /etc/hosts /etc/hosts rw - ext4 /dev/vda rw
203 200 254:16 /sub/dir /mnt rw - xfs /dev/vdb rw
204 203 0:99 / /mnt/tmp rw - tmpfs tmpfs rw
garbage
205 200 254:0 relative /x rw - ext4 /dev/vda rw
`

func TestParseMounts(t *testing.T) {
	table := parseMounts([]byte(hostTable))
	if len(table) != 5 || table[3].root != "/var/lib/docker/volumes/with blank/_data" || table[3].point != `/mnt/b\s` {
		t.Errorf("got %+v", table)
	}
	if table[1].fstype != "proc" || table[1].option("hidepid") != "2" || table[1].option("gid") != "23" || table[1].option("pid") != "" {
		t.Errorf("options: %+v", table[1])
	}
	if n := len(parseMounts([]byte(containerTable))); n != 5 {
		t.Errorf("%d lines", n)
	}
}

func TestExposures(t *testing.T) {
	own, host := parseMounts([]byte(containerTable)), parseMounts([]byte(hostTable))
	for p, want := range map[string][]string{
		"/var/lib/docker/ucp/ucp-node-certs/ca.pem": {"/var/lib/docker/volumes/ucp-node-certs/_data/ca.pem"},
		"/etc/hosts":             {"/etc/hosts"},
		"/etc/audit_policy.yaml": {"/var/lib/docker/overlay2/abc/merged/etc/audit_policy.yaml"},
		"/mnt/f":                 {"/data/sub/dir/f"},
		"/mnt/tmp/f":             {},
		"/":                      {"/var/lib/docker/overlay2/abc/merged"},
	} {
		if got := exposures(own, host, p); len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, want %q", p, got, want)
		}
	}
	if got := exposures(nil, host, "/x"); got != nil {
		t.Errorf("without a table: %q", got)
	}
	// A mount over another: the later one is seen.
	own = append(own, mount{dev: "9:9", root: "/", point: "/mnt"})
	if got := exposures(own, host, "/mnt/f"); len(got) != 0 {
		t.Errorf("the covered mount was used: %q", got)
	}
}

func FuzzExposures(f *testing.F) {
	f.Add(containerTable, hostTable, "/var/lib/docker/ucp/ucp-node-certs/ca.pem")
	f.Add(hostTable, hostTable, "/etc/x")
	f.Fuzz(func(t *testing.T, own, host, p string) {
		p = path.Clean("/" + p)
		got := exposures(parseMounts([]byte(own)), parseMounts([]byte(host)), p)
		if len(got) > maxExposures {
			t.Errorf("%d places", len(got))
		}
		for _, g := range got {
			if !strings.HasPrefix(g, "/") {
				t.Errorf("%q is not absolute", g)
			}
		}
	})
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{`a\040b`: "a b", `\134`: `\`, `\`: `\`, `\04`: `\04`, `\999`: `\999`, `\012x`: "\nx", `\400`: `\400`} {
		if got := unescape(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
