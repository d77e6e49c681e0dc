package facts

import (
	"context"
	"reflect"
	"testing"
	"time"

	"mkeaudit/catalog"
)

func TestImaginedScan(t *testing.T) {
	n := Imagined{
		Host: Host{Name: "m"}, View: View{Complete: true}, At: time.Unix(5, 0), Tool: "t",
		Containers: []Container{{ID: idA, Name: "ucp-kube-apiserver"}, {ID: idB, Name: "ucp-proxy", Version: "3.7.2"}, {ID: "x", Name: "other"}},
		Pods:       []Pod{{UID: uidDashed, Namespace: "a", Name: "b"}},
		Keep:       keepSome,
		Processes: []RawProcess{
			{PID: 9, Argv: []string{"etcd", "--cert-file", "/a", "--x", "y"}, Exe: "/etcd", UIDs: []int{0, 0, 0, 0}, Env: map[string]string{"ETCD_X": "s", "HOME": "/"}},
			{PID: 3, Argv: []string{"kube-apiserver"}, Exe: "/kube-apiserver", Cgroup: "0::/docker/" + idA, Root: "api"},
			{PID: 4, Argv: []string{"kubelet"}, Exe: "/kubelet", Cgroup: "0::/kubepods/pod" + uidDashed + "/" + idB},
			{PID: 5, Argv: []string{"bash", "kubelet"}, Exe: "/bin/bash"},
			{PID: 6, Argv: []string{"kube-proxy"}, Exe: "/kube-proxy", Container: &Container{Name: "ucp-kube-proxy"}},
			{PID: 7, Argv: []string{"etcd"}, Exe: "/etcd", EnvDenied: true},
		},
	}
	s, err := n.Scan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, p := range s.Processes {
		pids = append(pids, p.PID)
	}
	if !reflect.DeepEqual(pids, []int{3, 4, 6, 7, 9}) {
		t.Fatalf("processes: %v", pids)
	}
	if p := byPID(s, 3); p.Container == nil || p.Container.Name != "ucp-kube-apiserver" || p.SameRoot {
		t.Errorf("%+v", p)
	}
	if p := byPID(s, 4); p.Pod == nil || p.Pod.Name != "b" || !p.SameRoot {
		t.Errorf("%+v", p)
	}
	if p := byPID(s, 6); p.Container.Name != "ucp-kube-proxy" {
		t.Errorf("%+v", p)
	}
	if p := byPID(s, 7); p.EnvState != Unreadable || p.Env != nil {
		t.Errorf("%+v", p)
	}
	if p := byPID(s, 9); p.Component != catalog.Etcd || !reflect.DeepEqual(p.Argv, []string{"--cert-file", "/a", "--x", Redacted}) ||
		!reflect.DeepEqual(p.Env, map[string]string{"ETCD_X": Redacted}) {
		t.Errorf("%+v", p)
	}
	if len(s.Containers) != 2 || s.Containers[0].Name != "ucp-kube-apiserver" || s.Containers[1].Name != "ucp-proxy" {
		t.Errorf("containers: %+v", s.Containers)
	}
}

func TestImaginedFiles(t *testing.T) {
	n := Imagined{
		Processes: []RawProcess{{PID: 3, Root: "api"}, {PID: 4}},
		Files: []ImaginedFile{
			{Path: "/etc/secret", Type: Directory, Mode: 0o700},
			{Path: "/etc/secret/a", Mode: 0o644, UID: 7, GID: 8, Text: "host"},
			{Path: "/etc/l", Link: "../../etc/secret/../secret/a"},
			{Root: "api", Path: "/etc/secret/a", Mode: 0o600, Text: "container", HostPath: "/vol/a"},
			{Root: "api", Path: "/l", Link: "/etc/secret/a"},
			{Root: "api", Path: "/dir", Link: "etc"},
		},
	}
	f, err := n.Stat(HostRoot, "/etc/l")
	if err != nil || f.Mode != 0o644 || f.UID != 7 || f.GID != 8 || f.Link == "" || f.Guard == nil || f.Guard.Path != "/etc/secret" || f.Guard.Mode != 0o700 {
		t.Errorf("%+v, %v", f, err)
	}
	for _, p := range []string{"/l", "/dir/secret/a", "/dir/../dir/./secret/a", "/../../l"} {
		b, f, err := n.Read(PIDRoot(3), p, 99)
		if err != nil || string(b) != "container" || f.HostPath != "/vol/a" {
			t.Errorf("%s: %q, %+v, %v", p, b, f, err)
		}
	}
	if b, _, err := n.Read(PIDRoot(4), "/etc/secret/a", 99); err != nil || string(b) != "host" {
		t.Errorf("%q, %v", b, err)
	}
	if _, _, err := n.Read(HostRoot, "/etc/secret/a", 3); causeOf(err) != TooLarge {
		t.Errorf("%v", err)
	}
	entries, more, err := n.List(PIDRoot(3), "/dir", 9)
	if err != nil || more || len(entries) != 1 || entries[0].Path != "/dir/secret" || entries[0].Type != Directory || entries[0].Mode != 0o755 {
		t.Errorf("%+v, %v, %v", entries, more, err)
	}
	if entries, more, _ = n.List(PIDRoot(3), "/", 1); len(entries) != 1 || !more {
		t.Errorf("%+v, %v", entries, more)
	}
}
