package facts

import (
	"sort"

	"github.com/BurntSushi/toml"
)

// Forms of the container runtime and of static pods.

// criPlugins are the ids of the CRI plugin of containerd, of version 3 and 2 of its
// configuration, whose table holds the CNI directories.
var criPlugins = []string{"io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri", "cri"}

// containerdConfig keeps the CNI directories of containerd's config.toml, and the
// names of files that it imports: they may set other ones.
func containerdConfig(b []byte) (map[string]any, error) {
	var doc map[string]any
	if _, err := toml.Decode(string(b), &doc); err != nil {
		return nil, notParsed(err)
	}
	plugins, err := mapping(doc, "plugins")
	if err != nil {
		return nil, err
	}
	cni := map[string]any{}
	for _, id := range criPlugins {
		plugin, err := mapping(plugins, id)
		if err != nil {
			return nil, err
		}
		table, err := mapping(plugin, "cni")
		if err != nil {
			return nil, err
		}
		for _, f := range []struct{ from, to string }{{"conf_dir", "confDir"}, {"bin_dir", "binDir"}, {"bin_dirs", "binDirs"}} {
			v, ok := table[f.from]
			switch old := cni[f.to]; {
			case !ok:
			case old == nil:
				cni[f.to] = v
			case f.to == "confDir" && old != v: // which of them counts, the version of containerd decides
				cni["confDirs"] = []any{old, v}
			}
		}
	}
	out := map[string]any{"cni": cni}
	if imports, ok := doc["imports"]; ok {
		out["imports"] = imports
	}
	return out, nil
}

// podManifest keeps what a static pod is and which host paths it mounts.
func podManifest(b []byte) (map[string]any, error) {
	doc, err := ofKind(b, "Pod", "")
	if err != nil {
		return nil, err
	}
	meta, err := mapping(doc, "metadata")
	if err != nil {
		return nil, err
	}
	spec, err := mapping(doc, "spec")
	if err != nil {
		return nil, err
	}
	containers := []any{}
	for _, field := range []string{"initContainers", "containers"} {
		list, err := maps(spec, field)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			containers = append(containers, map[string]any{"name": c["name"], "image": c["image"]})
		}
	}
	volumes, err := maps(spec, "volumes")
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, v := range volumes {
		host, err := mapping(v, "hostPath")
		if err != nil {
			return nil, err
		}
		if p, ok := host["path"].(string); ok {
			paths = append(paths, p)
		}
	}
	sort.Strings(paths)
	return map[string]any{"name": meta["name"], "namespace": meta["namespace"], "containers": containers, "hostPaths": append([]string{}, paths...)}, nil
}

func sortBy[T any](list []T, key func(T) string) {
	sort.SliceStable(list, func(i, j int) bool { return key(list[i]) < key(list[j]) })
}
