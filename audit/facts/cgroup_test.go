package facts

import (
	"reflect"
	"strings"
	"testing"
)

var (
	idA = strings.Repeat("0a", 32)
	idB = strings.Repeat("1b", 32)
)

const (
	uidDashed = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
	uidStatic = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
)

func TestParseCgroup(t *testing.T) {
	under := strings.ReplaceAll(uidDashed, "-", "_")
	tests := map[string]struct {
		text string
		want place
	}{
		"v1 docker":                    {"12:pids:/docker/" + idA + "\n1:name=systemd:/docker/" + idA + "\n0::/\n", place{ids: []string{idA}}},
		"v2 docker systemd":            {"0::/system.slice/docker-" + idA + ".scope\n", place{ids: []string{idA}}},
		"v2 docker, other namespace":   {"0::/../" + idA + "\n", place{ids: []string{idA}}},
		"containerd namespace":         {"0::/com.docker.ucp/ucp-kubelet-1a2b3c4d5e6f\n", place{namespace: "com.docker.ucp", task: "ucp-kubelet-1a2b3c4d5e6f"}},
		"containerd default namespace": {"0::/default/redis\n", place{namespace: "default", task: "redis"}},
		"namespace after ..":           {"0::/../com.docker.ucp/ucp-kubelet-1\n", place{}},
		"namespace deeper":             {"0::/user.slice/com.docker.ucp/ucp-kubelet-1\n", place{}},
		"service":                      {"0::/system.slice/kubelet.service\n", place{}},
		"two plain parts":              {"0::/podruntime/kubelet\n", place{}},
		"pod cgroupfs":                 {"0::/kubepods/burstable/pod" + uidDashed + "/" + idA + "\n", place{podUID: uidDashed, ids: []string{idA}}},
		"pod guaranteed":               {"0::/kubepods/pod" + uidDashed + "/" + idA + "\n", place{podUID: uidDashed, ids: []string{idA}}},
		"pod systemd":                  {"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + under + ".slice/cri-containerd-" + idA + ".scope\n", place{podUID: uidDashed, ids: []string{idA}}},
		"pod systemd crio":             {"0::/kubepods.slice/kubepods-pod" + under + ".slice/crio-" + idA + ".scope\n", place{podUID: uidDashed, ids: []string{idA}}},
		"pod colon form":               {"0::/system.slice/kubepods-burstable-pod" + under + ".slice:cri-containerd:" + idA + "\n", place{podUID: uidDashed, ids: []string{idA}}},
		"pod from beside":              {"0::/../../pod" + uidDashed + "/" + idA + "\n", place{podUID: uidDashed, ids: []string{idA}}},
		"static pod":                   {"0::/kubepods/burstable/pod" + uidStatic + "/" + idA + "\n", place{podUID: uidStatic, ids: []string{idA}}},
		"static pod systemd":           {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uidStatic + ".slice/docker-" + idA + ".scope\n", place{podUID: uidStatic, ids: []string{idA}}},
		"pod in one hierarchy only":    {"2:cpu:/docker/" + idB + "\n1:pids:/kubepods/pod" + uidDashed + "/" + idA + "\n", place{podUID: uidDashed, ids: []string{idA}}},
		"a pod that nests a name":      {"0::/kubepods/pod" + uidDashed + "/" + idA + "/docker/" + idB + "\n", place{podUID: uidDashed, ids: []string{idA, idB}}},
		"a pod that nests a pod":       {"0::/kubepods/pod" + uidDashed + "/" + idA + "/pod" + uidStatic + "\n", place{podUID: uidDashed, ids: []string{idA}}},
		"a container that plays task":  {"1:pids:/docker/" + idA + "\n0::/com.docker.ucp/ucp-kubelet-1\n", place{ids: []string{idA}}},
		"docker in docker":             {"0::/docker/" + idA + "/docker/" + idB + "\n", place{ids: []string{idA, idB}}},
		"not hex":                      {"0::/docker/" + strings.Repeat("g", 64) + "\n", place{}},
		"too short":                    {"0::/docker/" + idA[:63] + "\n", place{}},
		"root":                         {"0::/\n", place{}},
		"garbage":                      {"0::\n::\n:\nxx\n\x00\n0:/docker/" + idA, place{}},
		"empty":                        {"", place{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := parseCgroup(tt.text); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestResolvePlace(t *testing.T) {
	names := placeNames{
		containers: []Container{{ID: idB, Name: "ucp-kube-apiserver", Image: "mirantis/ucp-hyperkube:3.7.2"}},
		pods:       map[string]Pod{uidDashed: {Namespace: "kube-system", Name: "calico-node-x"}},
	}
	c, pod := names.resolve(place{ids: []string{idB}})
	if c == nil || c.Name != "ucp-kube-apiserver" || pod != nil {
		t.Errorf("got %+v, %+v", c, pod)
	}
	// An outer container that the engine does not know: the node itself is a container.
	if c, _ = names.resolve(place{ids: []string{idA, idB}}); c == nil || c.Name != "ucp-kube-apiserver" {
		t.Errorf("nested: got %+v", c)
	}
	if c, _ = names.resolve(place{ids: []string{idA}}); c == nil || c.ID != idA || c.Name != "" {
		t.Errorf("unknown: got %+v", c)
	}
	// A container that nests a cgroup with the id of another stays itself.
	names.containers = append(names.containers, Container{ID: idA, Name: "evil"})
	if c, _ = names.resolve(place{ids: []string{idA, idB}}); c == nil || c.Name != "evil" {
		t.Errorf("a nested cgroup lent a name: got %+v", c)
	}
	if _, pod = names.resolve(place{podUID: uidDashed}); pod == nil || pod.Name != "calico-node-x" || pod.Static || pod.UID != uidDashed {
		t.Errorf("got %+v", pod)
	}
	if _, pod = names.resolve(place{podUID: uidStatic}); pod == nil || !pod.Static || pod.Name != "" {
		t.Errorf("got %+v", pod)
	}
	if c, _ = names.resolve(place{namespace: "com.docker.ucp", task: "ucp-kubelet-1"}); c == nil || *c != (Container{ID: "ucp-kubelet-1", Namespace: "com.docker.ucp"}) {
		t.Errorf("got %+v", c)
	}
}

func TestPodNames(t *testing.T) {
	got := podNames([]string{"kube-system_etcd-m1_" + uidStatic, "a_b", "_x_" + uidDashed, "ns_p_not-a-uid", "x", "d_e_" + uidDashed})
	want := map[string]Pod{uidStatic: {Namespace: "kube-system", Name: "etcd-m1"}, uidDashed: {Namespace: "d", Name: "e"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func FuzzParseCgroup(f *testing.F) {
	f.Add("0::/docker/" + idA + "\n")
	f.Add("0::/kubepods.slice/kubepods-pod" + uidStatic + ".slice/x\n1:a:/com.docker.ucp/y")
	f.Fuzz(func(t *testing.T, text string) {
		p := parseCgroup(text)
		for _, id := range p.ids {
			if !containerID.MatchString(id) {
				t.Errorf("%q is no id", id)
			}
		}
		if p.podUID != "" && (!podUID.MatchString(p.podUID) && p.podUID != unknownPod || p.namespace != "") {
			t.Errorf("%+v", p)
		}
		// Whatever stands in front, a pod's process is found to be in a pod.
		if got := parseCgroup(text + "\n0::/kubepods/pod" + uidStatic + "/" + idA + "\n"); got.podUID == "" || got.namespace != "" {
			t.Errorf("a pod was overlooked: %+v", got)
		}
	})
}
