package facts

// Forms of the components of a worker: kubelet, scheduler and kube-proxy share the
// shape of a component configuration.

// kubeletConfig keeps everything but secrets: the default of every field depends on
// which others are there, and all of them may be asked for.
func kubeletConfig(b []byte) (map[string]any, error) {
	doc, err := ofKind(b, "KubeletConfiguration", "kubelet.config.k8s.io")
	if err != nil {
		return nil, err
	}
	return withoutSecrets(doc, "staticPodURLHeader").(map[string]any), nil
}

// kubeletDropIn is a file of the kubelet's --config-dir. It may leave kind and
// apiVersion out, and must not contradict them.
func kubeletDropIn(b []byte) (map[string]any, error) {
	doc, err := decode(b)
	if err != nil {
		return nil, err
	}
	if doc["kind"] != nil || doc["apiVersion"] != nil {
		if err := checkKind(doc, "KubeletConfiguration", "kubelet.config.k8s.io"); err != nil {
			return nil, err
		}
	}
	return withoutSecrets(doc, "staticPodURLHeader").(map[string]any), nil
}

func schedulerConfig(b []byte) (map[string]any, error) {
	doc, err := ofKind(b, "KubeSchedulerConfiguration", "kubescheduler.config.k8s.io")
	if err != nil {
		return nil, err
	}
	return pick(doc, "apiVersion", "kind", "enableProfiling", "enableContentionProfiling", "leaderElection", "clientConnection.kubeconfig")
}

func proxyConfig(b []byte) (map[string]any, error) {
	doc, err := ofKind(b, "KubeProxyConfiguration", "kubeproxy.config.k8s.io")
	if err != nil {
		return nil, err
	}
	return pick(doc, "apiVersion", "kind", "clientConnection.kubeconfig", "mode", "hostnameOverride",
		"bindAddress", "metricsBindAddress", "healthzBindAddress")
}
