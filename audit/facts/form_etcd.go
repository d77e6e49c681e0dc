package facts

// etcdConfig is etcd's own configuration file, which has no kind. It keeps all keys
// but those that hold or name a credential; auth-token carries key paths and token
// options in one text.
func etcdConfig(b []byte) (map[string]any, error) {
	doc, err := decode(b)
	if err != nil {
		return nil, err
	}
	if kind, ok := doc["kind"]; ok {
		return nil, &Trouble{WrongKind, "kind is " + short(kind) + ", want a configuration file of etcd, which has none"}
	}
	return withoutSecrets(doc, "initial-cluster-token", "auth-token").(map[string]any), nil
}
