package facts

import (
	"reflect"
	"strings"
	"testing"

	"mkeaudit/catalog"
)

func TestIdentify(t *testing.T) {
	root := []int{0, 0, 0, 0}
	tests := map[string]struct {
		p         rawProcess
		component catalog.Component
		embeds    string
		args      []string
		doubt     string
		ok        bool
	}{
		"plain": {p: rawProcess{exe: "/usr/bin/kubelet", argv: []string{"/usr/bin/kubelet", "--v=2"}},
			component: catalog.Kubelet, args: []string{"--v=2"}, ok: true},
		"short name is cut, argv[0] is not": {p: rawProcess{exe: "/kube-controller-manager", comm: "kube-controller", argv: []string{"kube-controller-manager"}},
			component: catalog.ControllerManager, args: []string{}, ok: true},
		"replaced on disk": {p: rawProcess{exe: "/bin/etcd (deleted)", argv: []string{"etcd"}},
			component: catalog.Etcd, args: []string{}, ok: true},
		"Calico is no controller manager": {p: rawProcess{exe: "/usr/bin/kube-controllers", comm: "kube-controller", argv: []string{"/usr/bin/kube-controllers"}}},
		"name among the arguments":        {p: rawProcess{exe: "/usr/bin/vim", argv: []string{"vim", "kube-scheduler"}}},
		"tail":                            {p: rawProcess{exe: "/usr/bin/tail", argv: []string{"tail", "-f", "/var/log/kubelet"}}},
		"docker run":                      {p: rawProcess{exe: "/usr/bin/docker", argv: []string{"docker", "run", "etcd", "etcd", "--data-dir=/x"}}},
		"entry script":                    {p: rawProcess{exe: "/bin/busybox", argv: []string{"/bin/sh", "/bin/kubelet_entrypoint.sh"}}},
		"script named as the component":   {p: rawProcess{exe: "/bin/bash", argv: []string{"/bin/bash", "/usr/local/bin/kubelet"}}},
		"longer name":                     {p: rawProcess{exe: "/bin/kubelets", argv: []string{"kubelets"}}},
		"short name alone":                {p: rawProcess{exe: "/bin/x", comm: "kubelet", argv: []string{"x"}}},
		"spoofed argv[0]": {p: rawProcess{exe: "/usr/bin/sleep", argv: []string{"kube-apiserver", "99"}},
			component: catalog.APIServer, args: []string{"99"}, doubt: "exe is /usr/bin/sleep", ok: true},
		"other argv[0]": {p: rawProcess{exe: "/kube-apiserver", argv: []string{"apiserver", "-x"}},
			component: catalog.APIServer, args: []string{"-x"}, doubt: "argv[0] is apiserver", ok: true},
		"a title with a secret": {p: rawProcess{exe: "/kube-apiserver", argv: []string{"apiserver --token=geheim"}},
			component: catalog.APIServer, args: []string{}, doubt: "argv[0] is apiserver [redacted]", ok: true},
		"no argv at all": {p: rawProcess{exe: "/kubelet"},
			component: catalog.Kubelet, doubt: "argv[0] is empty", ok: true},
		"two components in one": {p: rawProcess{exe: "/etcd", argv: []string{"kube-apiserver"}},
			component: catalog.Etcd, args: []string{}, doubt: "argv[0] is kube-apiserver", ok: true},
		"memfd": {p: rawProcess{exe: "/memfd:kubelet (deleted)", argv: []string{"kubelet"}},
			component: catalog.Kubelet, args: []string{}, doubt: "exe is /memfd:kubelet", ok: true},
		"cut command line": {p: rawProcess{exe: "/kubelet", argv: []string{"kubelet"}, cut: true},
			component: catalog.Kubelet, args: []string{}, doubt: "its command line is longer than 1 MiB and was not read to its end", ok: true},
		"cgroup unreadable": {p: rawProcess{exe: "/kubelet", argv: []string{"kubelet"}, noCgroup: "permission denied: needs root"},
			component: catalog.Kubelet, args: []string{}, doubt: "whether it runs in a pod could not be read: permission denied: needs root", ok: true},

		"no exe, comm agrees": {p: rawProcess{comm: "kube-controller", argv: []string{"kube-controller-manager"}},
			component: catalog.ControllerManager, args: []string{}, ok: true},
		"no exe, comm differs": {p: rawProcess{comm: "sleep", uids: root, argv: []string{"kubelet"}},
			component: catalog.Kubelet, args: []string{}, doubt: "exe could not be read, and the short name is sleep", ok: true},
		"no exe, no comm, user known": {p: rawProcess{uids: root, argv: []string{"kubelet"}},
			component: catalog.Kubelet, args: []string{}, ok: true},
		"nothing but argv": {p: rawProcess{argv: []string{"kubelet"}},
			component: catalog.Kubelet, args: []string{}, doubt: "neither its program nor its user could be read", ok: true},

		"hyperkube by name": {p: rawProcess{exe: "/hyperkube", argv: []string{"/usr/bin/kube-proxy", "--x"}},
			component: catalog.KubeProxy, args: []string{"--x"}, ok: true},
		"hyperkube by argument": {p: rawProcess{exe: "/hyperkube", argv: []string{"hyperkube", "kube-scheduler", "--x"}},
			component: catalog.Scheduler, args: []string{"--x"}, ok: true},
		"hyperkube by short argument": {p: rawProcess{exe: "/hyperkube", argv: []string{"/hyperkube", "apiserver", "--x"}},
			component: catalog.APIServer, args: []string{"--x"}, ok: true},
		"hyperkube by short name": {p: rawProcess{exe: "/hyperkube", argv: []string{"proxy", "--x"}},
			component: catalog.KubeProxy, args: []string{"--x"}, ok: true},
		"hyperkube, disguised": {p: rawProcess{exe: "/hyperkube", argv: []string{"foo", "kubelet"}},
			component: catalog.Kubelet, args: []string{}, doubt: "argv[0] is foo", ok: true},
		"hyperkube --help":        {p: rawProcess{exe: "/hyperkube", argv: []string{"hyperkube", "--help"}}},
		"hyperkube alone":         {p: rawProcess{exe: "/hyperkube", argv: []string{"hyperkube"}}},
		"hyperkube holds no etcd": {p: rawProcess{exe: "/hyperkube", argv: []string{"hyperkube", "etcd"}}},
		"hyperkube, exe unreadable": {p: rawProcess{comm: "hyperkube", argv: []string{"hyperkube", "kubelet", "--y"}},
			component: catalog.Kubelet, args: []string{"--y"}, ok: true},

		"k3s":             {p: rawProcess{exe: "/var/lib/rancher/k3s/data/x/bin/k3s", argv: []string{"/usr/local/bin/k3s", "server", "--x"}}, embeds: "k3s", args: []string{"server", "--x"}, ok: true},
		"k3s by title":    {p: rawProcess{exe: "/bin/k3s", argv: []string{"/usr/local/bin/k3s server", "", ""}}, embeds: "k3s", args: []string{"", ""}, ok: true},
		"k3s kubectl":     {p: rawProcess{exe: "/bin/k3s", argv: []string{"k3s", "kubectl", "get"}}},
		"k3s containerd":  {p: rawProcess{exe: "/bin/k3s", argv: []string{"containerd", "-c", "x"}}},
		"kubelite":        {p: rawProcess{exe: "/snap/microk8s/1/kubelite", argv: []string{"/snap/microk8s/1/kubelite", "--scheduler-args-file=x"}}, embeds: "kubelite", args: []string{"--scheduler-args-file=x"}, ok: true},
		"k0s":             {p: rawProcess{exe: "/usr/bin/k0s", argv: []string{"k0s", "controller"}}, embeds: "k0s", args: []string{"controller"}, ok: true},
		"not really k3s":  {p: rawProcess{exe: "/bin/sleep", argv: []string{"k3s", "server"}}, embeds: "k3s", args: []string{"server"}, doubt: "exe is /bin/sleep", ok: true},
		"k3s as kubelet":  {p: rawProcess{exe: "/bin/k3s", argv: []string{"kubelet"}}, component: catalog.Kubelet, args: []string{}, doubt: "exe is /bin/k3s", ok: true},
		"no process name": {p: rawProcess{argv: []string{""}}},
		"nothing":         {},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := identify(tt.p)
			if ok != tt.ok {
				t.Fatalf("candidate is %v, want %v: %+v", ok, tt.ok, got)
			}
			if !ok {
				return
			}
			want := identity{component: tt.component, args: tt.args, embeds: tt.embeds, doubt: tt.doubt}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			var argv0 string
			if len(tt.p.argv) > 0 {
				argv0 = tt.p.argv[0]
			}
			if !promising([]byte(tt.p.exe), []byte(argv0)) && tt.p.comm != "hyperkube" {
				t.Error("a candidate that the first glance does not find")
			}
		})
	}
}

func TestEveryCandidateIsPromising(t *testing.T) {
	// hyperkube is found by its own name, too.
	if !promising(nil, []byte("hyperkube")) || !promising([]byte("/x/hyperkube (deleted)"), []byte("foo")) {
		t.Error("hyperkube is not looked at")
	}
	for _, c := range catalog.Components() {
		if !promising([]byte("/a b/"+c.String()), nil) || !promising(nil, []byte(c.String())) {
			t.Errorf("%s is not looked at", c)
		}
	}
}

func TestProcessText(t *testing.T) {
	p, ok := rawProcess{pid: 7, exe: "/usr/bin/sl\xffeep\x1b[2J", argv: []string{"kubelet", "--a\x1b[31m"}}.process(nil, placeNames{})
	if !ok || p.Doubt != "exe is /usr/bin/sl\ufffdffeep\x1b[2J" || p.Exe != "/usr/bin/sl\ufffdffeep\x1b[2J" {
		t.Errorf("got %q, %q", p.Doubt, p.Exe)
	}
	if p.Argv[0] != "--"+Redacted {
		t.Errorf("a flag name with an escape sequence survived: %q", p.Argv)
	}
	if strings.Contains(Clean(p.Doubt), "\x1b") {
		t.Error("Clean lets an escape through")
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add("/bin/kubelet", "kubelet", "kubelet", "--x", true)
	f.Add("", "k3s server", "k3s-server", "", false)
	f.Add("/hyperkube", "hyperkube", "", "kubelet", false)
	f.Fuzz(func(t *testing.T, exe, argv0, comm, arg string, user bool) {
		p := rawProcess{exe: exe, comm: comm, argv: []string{argv0, arg}}
		if user {
			p.uids = []int{0}
		}
		id, ok := identify(p)
		if !ok {
			return
		}
		if (id.component == catalog.AnyComponent) == (id.embeds == "") {
			t.Errorf("a candidate is a component or embeds some: %+v", id)
		}
		named, agrees := catalog.ComponentNamed(base(argv0))
		if id.doubt == "" && id.embeds == "" && exe != "" && programNamed([]byte(base(strings.TrimSuffix(exe, deleted)))) != multiCall {
			if !agrees || named != id.component || base(strings.TrimSuffix(exe, deleted)) != named.String() {
				t.Errorf("no doubt, although exe %q and argv[0] %q do not both say %s", exe, argv0, id.component)
			}
		}
		if _, ok := catalog.ComponentNamed(base(strings.TrimSuffix(exe, deleted))); ok && !promising([]byte(exe), []byte(argv0)) {
			t.Errorf("candidate %q is not promising", exe)
		}
	})
}
