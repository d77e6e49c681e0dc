package facts

import "strings"

// Forms of the files that the API server reads.

// encryptionConfig keeps which resources are encrypted and the names of the
// providers in their order. Keys and endpoints are dropped.
func encryptionConfig(b []byte) (map[string]any, error) {
	doc, err := decode(b)
	if err != nil {
		return nil, err
	}
	// EncryptionConfig of group "" is an old name that the API server still reads.
	if err := checkKind(doc, "EncryptionConfiguration", "apiserver.config.k8s.io"); err != nil {
		if checkKind(doc, "EncryptionConfig", "") != nil {
			return nil, err
		}
	}
	entries, err := maps(doc, "resources")
	if err != nil {
		return nil, err
	}
	kept := make([]any, 0, len(entries))
	for _, e := range entries {
		providers, err := maps(e, "providers")
		if err != nil {
			return nil, err
		}
		names := make([]any, 0, len(providers))
		for i, p := range providers {
			if len(p) != 1 {
				return nil, malformed("providers[%d] names %d providers, want one", i, len(p))
			}
			for name := range p {
				names = append(names, name)
			}
		}
		resources, err := words(e, "resources")
		if err != nil {
			return nil, err
		}
		kept = append(kept, map[string]any{"resources": resources, "providers": names})
	}
	return map[string]any{"kind": doc["kind"], "apiVersion": doc["apiVersion"], "resources": kept}, nil
}

// words returns a field as a list of strings; an empty list where it is not there.
func words(from map[string]any, name string) ([]any, error) {
	v, ok := from[name]
	if !ok || v == nil {
		return []any{}, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, malformed("%s is not a list", name)
	}
	for i, e := range list {
		if _, ok := e.(string); !ok {
			return nil, malformed("%s[%d] is not a word", name, i)
		}
	}
	return list, nil
}

func auditPolicy(b []byte) (map[string]any, error) {
	doc, err := ofKind(b, "Policy", "audit.k8s.io")
	if err != nil {
		return nil, err
	}
	out, err := pick(doc, "apiVersion", "kind", "omitStages")
	if err != nil {
		return nil, err
	}
	rules, err := maps(doc, "rules")
	if err != nil {
		return nil, err
	}
	kept := make([]any, 0, len(rules))
	for _, r := range rules {
		one, err := pick(r, "level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs", "omitStages")
		if err != nil {
			return nil, err
		}
		kept = append(kept, one)
	}
	out["rules"] = kept
	return out, nil
}

// admissionConfig keeps the plugins with their own configurations, each projected
// by its kind.
func admissionConfig(b []byte) (map[string]any, error) {
	doc, err := ofKind(b, "AdmissionConfiguration", "apiserver.config.k8s.io", "apiserver.k8s.io")
	if err != nil {
		return nil, err
	}
	plugins, err := maps(doc, "plugins")
	if err != nil {
		return nil, err
	}
	kept := make([]any, 0, len(plugins))
	for _, p := range plugins {
		one, err := pick(p, "name", "path")
		if err != nil {
			return nil, err
		}
		inner, err := mapping(p, "configuration")
		if err != nil {
			return nil, err
		}
		if inner != nil {
			if one["configuration"], err = pluginConfig(inner); err != nil {
				return nil, err
			}
		}
		kept = append(kept, one)
	}
	return map[string]any{"kind": doc["kind"], "apiVersion": doc["apiVersion"], "plugins": kept}, nil
}

// pluginConfig projects a configuration that an admission configuration embeds.
func pluginConfig(doc map[string]any) (map[string]any, error) {
	switch {
	case checkKind(doc, "Configuration", "eventratelimit.admission.k8s.io") == nil:
		return pick(doc, "kind", "apiVersion", "limits")
	case checkKind(doc, "PodSecurityConfiguration", "pod-security.admission.config.k8s.io") == nil:
		return pick(doc, "kind", "apiVersion", "defaults", "exemptions")
	case usualCase(doc, "imagePolicy")["imagePolicy"] != nil:
		return imagePolicyFields(usualCase(doc, "imagePolicy"))
	}
	return pick(doc, "kind")
}

func eventRateLimit(b []byte) (map[string]any, error) {
	doc, err := ofKind(b, "Configuration", "eventratelimit.admission.k8s.io")
	if err != nil {
		return nil, err
	}
	return pick(doc, "kind", "apiVersion", "limits")
}

// imagePolicy is the file of the ImagePolicyWebhook plugin, which has no kind.
func imagePolicy(b []byte) (map[string]any, error) {
	doc, err := decode(b)
	if err != nil {
		return nil, err
	}
	if kind, ok := doc["kind"]; ok {
		return nil, &Trouble{WrongKind, "kind is " + short(kind) + ", want a file with imagePolicy and no kind"}
	}
	doc = usualCase(doc, "imagePolicy")
	if doc["imagePolicy"] == nil {
		return nil, &Trouble{WrongKind, "has no imagePolicy"}
	}
	return imagePolicyFields(doc)
}

// usualCase returns a mapping in which the named keys have their usual capitals: the
// API server reads this file without regard to them.
func usualCase(doc map[string]any, names ...string) map[string]any {
	out := make(map[string]any, len(doc))
	for k, v := range doc {
		for _, name := range names {
			if strings.EqualFold(k, name) {
				k = name
			}
		}
		out[k] = v
	}
	return out
}

func imagePolicyFields(doc map[string]any) (map[string]any, error) {
	const in = "imagePolicy."
	if inner, ok := doc["imagePolicy"].(map[string]any); ok {
		doc["imagePolicy"] = usualCase(inner, "allowTTL", "denyTTL", "retryBackoff", "defaultAllow", "kubeConfigFile")
	}
	out, err := pick(doc, in+"allowTTL", in+"denyTTL", in+"retryBackoff", in+"defaultAllow", in+"kubeConfigFile")
	if err != nil {
		return nil, err
	}
	if _, ok := out["imagePolicy"]; !ok {
		out["imagePolicy"] = map[string]any{}
	}
	return out, nil
}
