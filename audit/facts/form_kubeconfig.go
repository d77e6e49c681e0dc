package facts

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"time"
)

// kubeconfig keeps where it leads and how each user authenticates: the kinds of
// credential that are there, paths, and what a client certificate says of itself.
// Tokens, passwords, keys and the environment of exec plugins are never kept.
//
// Kind and apiVersion may be missing, as client-go allows it.
func kubeconfig(b []byte) (map[string]any, error) {
	doc, err := decode(b)
	if err != nil {
		return nil, err
	}
	if doc["kind"] != nil || doc["apiVersion"] != nil {
		if err := checkKind(doc, "Config", ""); err != nil {
			return nil, err
		}
	} else if doc["clusters"] == nil && doc["users"] == nil && doc["contexts"] == nil {
		return nil, &Trouble{WrongKind, "has no kind, and neither clusters, users nor contexts"}
	}
	out := map[string]any{}
	if current, ok := doc["current-context"].(string); ok {
		out["currentContext"] = current
	}
	clusters, err := maps(doc, "clusters")
	if err != nil {
		return nil, err
	}
	kept := make([]any, 0, len(clusters))
	for _, c := range clusters {
		inner, err := mapping(c, "cluster")
		if err != nil {
			return nil, err
		}
		kept = append(kept, map[string]any{"name": c["name"], "server": inner["server"]})
	}
	out["clusters"] = kept

	users, err := maps(doc, "users")
	if err != nil {
		return nil, err
	}
	named := make([]any, 0, len(users))
	for _, u := range users {
		inner, err := mapping(u, "user")
		if err != nil {
			return nil, err
		}
		named = append(named, kubeconfigUser(u["name"], inner))
	}
	out["users"] = named
	return out, nil
}

// credentials are the fields of a user by the word for how it authenticates.
var credentials = []struct{ field, word string }{
	{"token", "token"},
	{"tokenFile", "tokenFile"},
	{"client-certificate", "clientCertificate"},
	{"client-certificate-data", "clientCertificateData"},
	{"exec", "exec"},
	{"auth-provider", "authProvider"},
	{"username", "basic"},
	{"password", "basic"},
}

func kubeconfigUser(name any, user map[string]any) map[string]any {
	auth := []any{}
	for _, c := range credentials {
		if v := user[c.field]; v != nil && v != "" && (len(auth) == 0 || auth[len(auth)-1] != c.word) {
			auth = append(auth, c.word)
		}
	}
	if len(auth) == 0 {
		auth = append(auth, "none")
	}
	out := map[string]any{"name": name, "auth": auth}
	if path, ok := user["client-certificate"].(string); ok && path != "" {
		out["clientCertificate"] = path
	}
	if path, ok := user["client-key"].(string); ok && path != "" {
		out["clientKey"] = path
	}
	if c := embeddedCertificate(user["client-certificate-data"]); c != nil {
		out["certificate"] = map[string]any{
			"subject": c.Subject.String(), "notAfter": c.NotAfter.UTC().Format(time.RFC3339),
		}
	}
	return out
}

// embeddedCertificate reads the first certificate of base64 PEM text; nil for none.
func embeddedCertificate(data any) *x509.Certificate {
	text, ok := data.(string)
	if !ok {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil
	}
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			return nil
		}
		if isCertificateLabel(block.Type) {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil
			}
			return c
		}
	}
}
