package facts

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// docOf parses and shows a document as JSON, or the error with its cause.
func docOf(form Form, text string) string {
	doc, err := parseDocument(form, []byte(text))
	if err != nil {
		return causeOf(err).String() + ": " + err.Error()
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return "not JSON: " + err.Error()
	}
	return string(b)
}

const (
	kubeletHead = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
	encHead     = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
)

func TestDocuments(t *testing.T) {
	tests := []struct {
		name string
		form Form
		text string
		want string
	}{
		{"kubelet", KubeletConfig, kubeletHead + "readOnlyPort: 0\nauthentication: {anonymous: {enabled: false}}\nfeatureGates: {BoundServiceAccountTokenVolume: true}\nstaticPodURLHeader: {Authorization: [s3cret]}\nmyPassword: s3cret\nnested: {apiToken: s3cret, ok: 1}\nstaticPodURL: https://u:s3cret@h/x\n",
			`{"apiVersion":"kubelet.config.k8s.io/v1beta1","authentication":{"anonymous":{"enabled":false}},"featureGates":{"BoundServiceAccountTokenVolume":true},"kind":"KubeletConfiguration","nested":{"ok":1},"readOnlyPort":0,"staticPodURL":"https://[redacted]@h/x"}`},
		{"kubelet as JSON", KubeletConfig, `{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","readOnlyPort":10255}`,
			`{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","readOnlyPort":10255}`},
		{"kubelet without kind", KubeletConfig, "readOnlyPort: 0\n", "wrongKind: has no kind, want KubeletConfiguration"},
		{"empty kubelet", KubeletConfig, "", "wrongKind: has no kind, want KubeletConfiguration"},
		{"only comments", KubeletConfig, "# nothing\n---\n# more\n", "wrongKind: has no kind, want KubeletConfiguration"},
		{"kind alone", KubeletConfig, kubeletHead, `{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"}`},
		{"kubeconfig as kubelet", KubeletConfig, "apiVersion: v1\nkind: Config\n", "wrongKind: kind is Config, want KubeletConfiguration"},
		{"another group", KubeletConfig, "apiVersion: example.com/v1\nkind: KubeletConfiguration\n", "wrongKind: apiVersion is example.com/v1, want one of group kubelet.config.k8s.io"},
		{"no apiVersion", KubeletConfig, "kind: KubeletConfiguration\n", "wrongKind: apiVersion is missing, want one of group kubelet.config.k8s.io"},
		{"kind is no word", KubeletConfig, "kind: [a]\n", "wrongKind: kind is a []interface {}, want KubeletConfiguration"},
		{"case counts", KubeletConfig, "apiVersion: kubelet.config.k8s.io/v1beta1\nKind: KubeletConfiguration\n", "wrongKind: has no kind, want KubeletConfiguration"},
		{"duplicate key", KubeletConfig, kubeletHead + "readOnlyPort: 0\nreadOnlyPort: 1\n", "malformed: does not parse: a key stands there twice, line 4"},
		{"duplicate key in JSON", KubeletConfig, `{"kind":"KubeletConfiguration","kind":"x"}`, "malformed: does not parse: a key stands there twice, line 1"},
		{"two documents", KubeletConfig, kubeletHead + "---\n" + kubeletHead, "malformed: holds more than one document"},
		{"an empty second document", KubeletConfig, "%YAML 1.1\n---\n" + kubeletHead + "---\n# end\n...\n", `{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"}`},
		{"a marker inside text", KubeletConfig, kubeletHead + "a: |\n  ---\n  x\n", `{"a":"---\nx\n","apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"}`},
		{"document on the marker's line", KubeletConfig, `--- {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"}`, `{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"}`},
		{"no mapping", KubeletConfig, "- a\n", "malformed: is not a mapping"},
		{"the parser quotes no secret", KubeletConfig, kubeletHead + "password: *s3cret\n", "malformed: does not parse"},
		{"tabs", KubeletConfig, kubeletHead + "\ta: b\n", "malformed: does not parse, line 3"},
		{"anchors that are harmless", KubeletConfig, kubeletHead + "a: &x [1]\nb: *x\n", `{"a":[1],"apiVersion":"kubelet.config.k8s.io/v1beta1","b":[1],"kind":"KubeletConfiguration"}`},

		{"drop-in", KubeletDropIn, "readOnlyPort: 1\n", `{"readOnlyPort":1}`},
		{"drop-in, empty", KubeletDropIn, "", `{}`},
		{"drop-in with kind", KubeletDropIn, kubeletHead, `{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"}`},
		{"drop-in of another kind", KubeletDropIn, "kind: Pod\n", "wrongKind: kind is Pod, want KubeletConfiguration"},
		{"drop-in with half a kind", KubeletDropIn, "apiVersion: kubelet.config.k8s.io/v1beta1\n", "wrongKind: has no kind, want KubeletConfiguration"},

		{"scheduler", SchedulerConfig, "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nenableProfiling: false\nleaderElection: {leaderElect: true}\nclientConnection: {kubeconfig: /a, qps: 5}\nprofiles: [{schedulerName: x}]\n",
			`{"apiVersion":"kubescheduler.config.k8s.io/v1","clientConnection":{"kubeconfig":"/a"},"enableProfiling":false,"kind":"KubeSchedulerConfiguration","leaderElection":{"leaderElect":true}}`},
		{"scheduler, broken", SchedulerConfig, "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nclientConnection: /a\n", "malformed: clientConnection is not a mapping, for clientConnection.kubeconfig"},
		{"kube-proxy", ProxyConfig, "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclientConnection: {kubeconfig: /a}\nmode: ipvs\nhostnameOverride: h\nbindAddress: 0.0.0.0\nmetricsBindAddress: b\nhealthzBindAddress: c\nwinkernel: {}\n",
			`{"apiVersion":"kubeproxy.config.k8s.io/v1alpha1","bindAddress":"0.0.0.0","clientConnection":{"kubeconfig":"/a"},"healthzBindAddress":"c","hostnameOverride":"h","kind":"KubeProxyConfiguration","metricsBindAddress":"b","mode":"ipvs"}`},

		{"encryption", EncryptionConfig, encHead + "resources:\n- resources: [secrets, configmaps]\n  providers:\n  - aescbc: {keys: [{name: k, secret: s3cret}]}\n  - kms: {apiVersion: v2, endpoint: 'unix:///x'}\n  - identity: {}\n",
			`{"apiVersion":"apiserver.config.k8s.io/v1","kind":"EncryptionConfiguration","resources":[{"providers":["aescbc","kms","identity"],"resources":["secrets","configmaps"]}]}`},
		{"encryption, old name", EncryptionConfig, "apiVersion: v1\nkind: EncryptionConfig\nresources: []\n", `{"apiVersion":"v1","kind":"EncryptionConfig","resources":[]}`},
		{"encryption, two names in one", EncryptionConfig, encHead + "resources: [{resources: [secrets], providers: [{identity: {}, aescbc: {}}]}]\n", "malformed: providers[0] names 2 providers, want one"},
		{"encryption, no list", EncryptionConfig, encHead + "resources: {a: b}\n", "malformed: resources is not a list"},
		{"encryption, numbers", EncryptionConfig, encHead + "resources: [{resources: [1], providers: []}]\n", "malformed: resources[0] is not a word"},
		{"encryption, no providers", EncryptionConfig, encHead + "resources: [{resources: [secrets]}]\n", `{"apiVersion":"apiserver.config.k8s.io/v1","kind":"EncryptionConfiguration","resources":[{"providers":[],"resources":["secrets"]}]}`},

		{"audit policy", AuditPolicy, "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nomitManagedFields: true\nrules:\n- level: Metadata\n  users: [a]\n  userGroups: [b]\n  verbs: [get]\n  resources: [{group: '', resources: [secrets]}]\n  namespaces: [ns]\n  nonResourceURLs: [/x]\n  omitStages: [Panic]\n  other: 1\n",
			`{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],"rules":[{"level":"Metadata","namespaces":["ns"],"nonResourceURLs":["/x"],"omitStages":["Panic"],"resources":[{"group":"","resources":["secrets"]}],"userGroups":["b"],"users":["a"],"verbs":["get"]}]}`},
		{"admission", AdmissionConfig, "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- {name: A, path: /a}\n- name: E\n  configuration: {apiVersion: eventratelimit.admission.k8s.io/v1alpha1, kind: Configuration, limits: [{type: Server, qps: 5}], x: s3cret}\n- name: P\n  configuration: {apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration, defaults: {enforce: baseline}, exemptions: {namespaces: [a]}}\n- name: I\n  configuration: {imagePolicy: {defaultAllow: true, kubeConfigFile: /k, x: s3cret}}\n- name: W\n  configuration: {apiVersion: v1, kind: WebhookAdmissionConfiguration, kubeConfigFile: s3cret}\n",
			`{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AdmissionConfiguration","plugins":[{"name":"A","path":"/a"},{"configuration":{"apiVersion":"eventratelimit.admission.k8s.io/v1alpha1","kind":"Configuration","limits":[{"qps":5,"type":"Server"}]},"name":"E"},{"configuration":{"apiVersion":"pod-security.admission.config.k8s.io/v1","defaults":{"enforce":"baseline"},"exemptions":{"namespaces":["a"]},"kind":"PodSecurityConfiguration"},"name":"P"},{"configuration":{"imagePolicy":{"defaultAllow":true,"kubeConfigFile":"/k"}},"name":"I"},{"configuration":{"kind":"WebhookAdmissionConfiguration"},"name":"W"}]}`},
		{"event rate limit", EventRateLimitForm, "apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits: [{type: Server, qps: 5, burst: 6}]\n", `{"apiVersion":"eventratelimit.admission.k8s.io/v1alpha1","kind":"Configuration","limits":[{"burst":6,"qps":5,"type":"Server"}]}`},
		{"image policy", ImagePolicyForm, "imagePolicy: {allowTTL: 5, denyTTL: 6, retryBackoff: 7, defaultAllow: true, kubeConfigFile: /k, x: 1}\n", `{"imagePolicy":{"allowTTL":5,"defaultAllow":true,"denyTTL":6,"kubeConfigFile":"/k","retryBackoff":7}}`},
		{"image policy of another kind", ImagePolicyForm, "kind: Pod\nimagePolicy: {}\n", "wrongKind: kind is Pod, want a file with imagePolicy and no kind"},
		{"no image policy", ImagePolicyForm, "a: b\n", "wrongKind: has no imagePolicy"},

		{"etcd", EtcdConfig, "name: a\nclient-transport-security: {client-cert-auth: true, cert-file: /c}\ninitial-cluster-token: s3cret\nauth-token: 'jwt,pub-key=/a,priv-key=/b'\ndiscovery: https://u:s3cret@d\nmy-password: s3cret\nauto-tls: false\n",
			`{"auto-tls":false,"client-transport-security":{"cert-file":"/c","client-cert-auth":true},"discovery":"https://[redacted]@d","name":"a"}`},
		{"etcd of another kind", EtcdConfig, "kind: Pod\n", "wrongKind: kind is Pod, want a configuration file of etcd, which has none"},

		{"kubeconfig", Kubeconfig, "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c}]\nclusters: [{name: k, cluster: {server: 'https://u:s3cret@h:6443', certificate-authority-data: s3cret}}]\nusers:\n- {name: a, user: {token: s3cret, client-certificate: /c, client-key: /k}}\n- {name: b, user: {username: u, password: s3cret}}\n- {name: d, user: {exec: {command: x, env: [{name: A, value: s3cret}]}, auth-provider: {name: oidc, config: {id-token: s3cret}}}}\n- {name: e, user: {tokenFile: /t, client-key-data: s3cret, client-certificate-data: s3cret}}\n- {name: f}\n",
			`{"clusters":[{"name":"k","server":"https://[redacted]@h:6443"}],"currentContext":"c","users":[{"auth":["token","clientCertificate"],"clientCertificate":"/c","clientKey":"/k","name":"a"},{"auth":["basic"],"name":"b"},{"auth":["exec","authProvider"],"name":"d"},{"auth":["tokenFile","clientCertificateData"],"name":"e"},{"auth":["none"],"name":"f"}]}`},
		{"kubeconfig without kind", Kubeconfig, "users: []\n", `{"clusters":[],"users":[]}`},
		{"no kubeconfig", Kubeconfig, "a: b\n", "wrongKind: has no kind, and neither clusters, users nor contexts"},
		{"kubelet config as kubeconfig", Kubeconfig, kubeletHead, "wrongKind: kind is KubeletConfiguration, want Config"},
		{"kubeconfig, broken", Kubeconfig, "users: [x]\n", "malformed: users[0] is not a mapping"},

		{"containerd 2", ContainerdConfig, "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\nconf_dir = \"/c\"\nbin_dir = \"/b\"\n[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.x.auth]\npassword = \"s3cret\"\n", `{"cni":{"binDir":"/b","confDir":"/c"}}`},
		{"containerd 3", ContainerdConfig, "version = 3\nimports = [\"/etc/containerd/conf.d/*.toml\"]\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nconf_dir = '/c3'\nbin_dirs = ['/b3']\n", `{"cni":{"binDirs":["/b3"],"confDir":"/c3"},"imports":["/etc/containerd/conf.d/*.toml"]}`},
		{"containerd, nothing said", ContainerdConfig, "version = 2\n", `{"cni":{}}`},
		{"containerd, broken", ContainerdConfig, "a = s3cret\n", "malformed: does not parse, line 1"},
		{"containerd, twice", ContainerdConfig, "a = 1\na = 2\n", "malformed: does not parse, line 2"},
		{"containerd, no table", ContainerdConfig, "plugins = 1\n", "malformed: plugins is not a mapping"},

		{"pod", PodManifest, "apiVersion: v1\nkind: Pod\nmetadata: {name: etcd, namespace: kube-system}\nspec:\n  initContainers: [{name: i, image: x}]\n  containers: [{name: etcd, image: 'etcd:3', command: [etcd, --s3cret], env: [{name: A, value: s3cret}]}]\n  volumes: [{name: b, hostPath: {path: /b}}, {name: a, hostPath: {path: /a}}, {name: c, emptyDir: {}}]\n",
			`{"containers":[{"image":"x","name":"i"},{"image":"etcd:3","name":"etcd"}],"hostPaths":["/a","/b"],"name":"etcd","namespace":"kube-system"}`},
		{"no pod", PodManifest, "apiVersion: apps/v1\nkind: Deployment\n", "wrongKind: kind is Deployment, want Pod"},
		{"pod without anything", PodManifest, "apiVersion: v1\nkind: Pod\n", `{"containers":[],"hostPaths":[],"name":null,"namespace":null}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := docOf(tt.form, tt.text)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if strings.Contains(got, "s3cret") {
				t.Error("a secret survived")
			}
		})
	}
}

// TestAliasBombs: neither nested aliases nor aliases of a long text use up memory.
func TestAliasBombs(t *testing.T) {
	var laughs strings.Builder
	laughs.WriteString(kubeletHead + "a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&laughs, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	long := kubeletHead + "a: &a " + strings.Repeat("x", 500_000) + "\nb: [" + strings.Repeat("*a,", 150_000) + "1]\n"
	merged := kubeletHead + "a: &a {x: " + strings.Repeat("y", 100_000) + "}\nb: [" + strings.Repeat("{<<: *a},", 5_000) + "1]\n"
	for name, text := range map[string]string{"nested": laughs.String(), "long": long, "merged": merged} {
		t.Run(name, func(t *testing.T) {
			got := docOf(KubeletConfig, text)
			if !strings.Contains(got, "malformed: ") || !strings.Contains(got, "aliases expand to more") {
				t.Errorf("got %.200s", got)
			}
		})
	}
	if got := docOf(KubeletConfig, kubeletHead+"a: "+strings.Repeat("[", 200_000)); !strings.HasPrefix(got, "malformed") {
		t.Errorf("nested brackets: %.100s", got)
	}
}

func TestObserveDocument(t *testing.T) {
	n := Imagined{Files: []ImaginedFile{
		{Path: "/k", Mode: 0o600, Text: kubeletHead}, {Path: "/big", Text: strings.Repeat("#", maxDocument+1)}, {Path: "/d", Text: "x", Denied: true},
	}}
	o := Observe(n, Key{Kind: Document, Root: HostRoot, Path: "/k", Form: KubeletConfig})
	if o.State != Present || o.File.Mode != 0o600 || o.Doc["kind"] != "KubeletConfiguration" {
		t.Errorf("%+v", o)
	}
	if o = Observe(n, Key{Kind: Document, Root: HostRoot, Path: "/k", Form: Kubeconfig}); o.Cause != WrongKind || o.Doc != nil || o.File == nil {
		t.Errorf("%+v", o)
	}
	if o = Observe(n, Key{Kind: Document, Root: HostRoot, Path: "/big", Form: KubeletConfig}); o.Cause != TooLarge {
		t.Errorf("%+v", o)
	}
	if o = Observe(n, Key{Kind: Document, Root: HostRoot, Path: "/d", Form: KubeletConfig}); o.Cause != Denied {
		t.Errorf("%+v", o)
	}
}

func TestEveryFormIsKnown(t *testing.T) {
	for _, f := range []Form{KubeletConfig, KubeletDropIn, SchedulerConfig, ProxyConfig, EncryptionConfig, AuditPolicy, AdmissionConfig,
		EventRateLimitForm, ImagePolicyForm, EtcdConfig, Kubeconfig, ContainerdConfig, PodManifest} {
		if forms[f] == nil {
			t.Errorf("no projection for %s", f)
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add("users: [{name: a, user: {token: " + canary + "}}]")
	f.Add(encHead + "resources: [{resources: [secrets], providers: [{aescbc: {keys: [{secret: " + canary + "}]}}]}]")
	f.Add(kubeletHead + "a: &a [1]\nb: *a\n---\n...")
	f.Add("[plugins.\"io.containerd.grpc.v1.cri\".cni]\nconf_dir = \"/c\"\n")
	f.Add("apiVersion: v1\nkind: Pod\nspec: {volumes: [{hostPath: {path: /a}}]}")
	f.Fuzz(func(t *testing.T, text string) {
		for form := range forms {
			doc, err := parseDocument(form, []byte(text))
			if err != nil {
				if causeOf(err) != Malformed && causeOf(err) != WrongKind {
					t.Errorf("%s: %v", form, err)
				}
				continue
			}
			// What is kept is plain JSON and survives a snapshot.
			b, err := json.Marshal(doc)
			if err != nil {
				t.Fatalf("%s: %v", form, err)
			}
			var again map[string]any
			if err := json.Unmarshal(b, &again); err != nil || !reflect.DeepEqual(doc, again) {
				t.Errorf("%s: %v\n%#v\n%#v", form, err, doc, again)
			}
		}
		// A canary in a place of secrets is never kept.
		if strings.ContainsAny(text, "\"\\\x00") || strings.Contains(text, canary) {
			return
		}
		quoted, _ := json.Marshal(strings.ToValidUTF8(text, ""))
		secret := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","users":[{"name":"x","user":{"token":"%[1]s","password":"%[1]s","client-key-data":"%[1]s",%[2]s:1,"exec":{"env":[{"name":"A","value":"%[1]s"}]}}}]}`, canary, quoted)
		if got := docOf(Kubeconfig, secret); strings.Contains(got, canary) {
			t.Errorf("the canary survived: %s", got)
		}
	})
}
