package facts

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

// observeDocument reads a configuration file and keeps the fields of its form.
func observeDocument(f Files, k Key, o *Observation) error {
	b, file, err := f.Read(k.Root, k.Path, maxDocument)
	if file.Type != "" {
		o.File = &file
	}
	if err != nil {
		return err
	}
	o.Doc, err = parseDocument(k.Form, b)
	return err
}

// parseDocument reads a document of a form and projects it: what a form does not
// name is dropped, so that no secret is kept by accident.
func parseDocument(form Form, b []byte) (map[string]any, error) {
	project, ok := forms[form]
	if !ok {
		return nil, &Trouble{Failed, "no such form of document: " + strconv.Quote(string(form))}
	}
	doc, err := project(b)
	if err != nil {
		return nil, err
	}
	return tidy(doc).(map[string]any), nil
}

// forms are the projections.
var forms = map[Form]func([]byte) (map[string]any, error){
	KubeletConfig:      kubeletConfig,
	KubeletDropIn:      kubeletDropIn,
	SchedulerConfig:    schedulerConfig,
	ProxyConfig:        proxyConfig,
	EncryptionConfig:   encryptionConfig,
	AuditPolicy:        auditPolicy,
	AdmissionConfig:    admissionConfig,
	EventRateLimitForm: eventRateLimit,
	ImagePolicyForm:    imagePolicy,
	EtcdConfig:         etcdConfig,
	Kubeconfig:         kubeconfig,
	ContainerdConfig:   containerdConfig,
	PodManifest:        podManifest,
}

func malformed(format string, args ...any) error {
	return &Trouble{Malformed, fmt.Sprintf(format, args...)}
}

var lineNumber = regexp.MustCompile(`\bline (\d+)`)

// notParsed says where a document does not parse. The parser's own words are not
// repeated: they quote the text, which may be a password.
func notParsed(err error) error {
	text := err.Error()
	why := "does not parse"
	switch {
	case strings.Contains(text, "already set in map"):
		why = "does not parse: a key stands there twice"
	case strings.Contains(text, "excessive aliasing"):
		why = "does not parse: its aliases expand to more than is read of a file"
	}
	if m := lineNumber.FindStringSubmatch(text); m != nil {
		why += ", line " + m[1]
	}
	return &Trouble{Malformed, why}
}

// maxNodes and maxText bound a document after its aliases are expanded.
const (
	maxNodes = 200_000
	maxText  = 8 << 20
)

// decode reads one YAML or JSON document as a mapping, the way Kubernetes reads its
// own files. Keys that occur twice, further documents and aliases that expand
// beyond a bound are refused.
func decode(b []byte) (map[string]any, error) {
	one, err := onlyDocument(string(b))
	if err != nil {
		return nil, err
	}
	if strings.ContainsRune(one, '&') && strings.ContainsRune(one, '*') {
		// The library bounds the number of aliased nodes, not the text that they
		// repeat; and it would write that text out.
		var v any
		if err := yamlv2.UnmarshalStrict([]byte(one), &v); err != nil {
			return nil, notParsed(err)
		}
		budget := budget{nodes: maxNodes, text: maxText}
		if !budget.take(v) {
			return nil, malformed("its aliases expand to more than is read of a file")
		}
	}
	text, err := yaml.YAMLToJSONStrict([]byte(one))
	if err != nil {
		return nil, notParsed(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, notParsed(err)
	}
	switch v := v.(type) {
	case map[string]any:
		return v, nil
	case nil:
		return map[string]any{}, nil
	}
	return nil, malformed("is not a mapping")
}

// budget bounds the size of a decoded value.
type budget struct{ nodes, text int }

func (b *budget) take(v any) bool {
	if b.nodes--; b.nodes < 0 || b.text < 0 {
		return false
	}
	switch v := v.(type) {
	case string:
		b.text -= len(v)
	case []any:
		for _, e := range v {
			if !b.take(e) {
				return false
			}
		}
	case map[any]any:
		for k, e := range v {
			if !b.take(k) || !b.take(e) {
				return false
			}
		}
	}
	return b.nodes >= 0 && b.text >= 0
}

// onlyDocument returns the one YAML document of a stream that is not empty. A
// second one is refused: programs differ in which of several they read.
func onlyDocument(s string) (string, error) {
	s = strings.TrimPrefix(s, "\ufeff")
	var current strings.Builder
	only, found := "", false
	flush := func() error {
		doc := current.String()
		current.Reset()
		if emptyDocument(doc) {
			return nil
		}
		if found {
			return malformed("holds more than one document")
		}
		only, found = doc, true
		return nil
	}
	for line := range strings.Lines(s) {
		if rest, ok := marker(line, "---"); ok {
			if err := flush(); err != nil {
				return "", err
			}
			current.WriteString("   " + rest)
			continue
		}
		if _, ok := marker(line, "..."); ok {
			if err := flush(); err != nil {
				return "", err
			}
			continue
		}
		current.WriteString(line)
	}
	if err := flush(); err != nil {
		return "", err
	}
	return only, nil
}

// marker reports whether a line is a document marker, and returns what follows it.
func marker(line, mark string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(line, mark)
	return rest, ok && (rest == "" || strings.ContainsRune(" \t\r\n", rune(rest[0])))
}

func emptyDocument(s string) bool {
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}

// ofKind decodes a document and checks what it is. Source of kinds and groups: the
// types of the named API groups of Kubernetes 1.25 to 1.27.
func ofKind(b []byte, kind string, groups ...string) (map[string]any, error) {
	doc, err := decode(b)
	if err != nil {
		return nil, err
	}
	return doc, checkKind(doc, kind, groups...)
}

func checkKind(doc map[string]any, kind string, groups ...string) error {
	found, there := doc["kind"]
	if !there || found == "" || found == nil {
		return &Trouble{WrongKind, "has no kind, want " + kind}
	}
	if found != kind {
		return &Trouble{WrongKind, fmt.Sprintf("kind is %s, want %s", short(found), kind)}
	}
	version, _ := doc["apiVersion"].(string)
	group, _, slash := strings.Cut(version, "/")
	if !slash {
		group = ""
	}
	for _, g := range groups {
		if g == group {
			return nil
		}
	}
	return &Trouble{WrongKind, fmt.Sprintf("apiVersion is %s, want one of group %s", short(doc["apiVersion"]), quoteEmpty(groups[0]))}
}

func quoteEmpty(group string) string {
	if group == "" {
		return `"" (v1)`
	}
	return group
}

// short shows a value of a document in a message.
func short(v any) string {
	s, ok := v.(string)
	if !ok {
		if v == nil {
			return "missing"
		}
		return fmt.Sprintf("a %T", v)
	}
	if len(s) > 60 {
		s = s[:60] + "..."
	}
	return textOf(s)
}

// pick copies fields of a mapping by name, a dot leading into a mapping. A path
// that goes through something else than a mapping is malformed: what stands there
// would be lost.
func pick(from map[string]any, names ...string) (map[string]any, error) {
	to := make(map[string]any)
	for _, n := range names {
		if err := copyField(from, to, n, n); err != nil {
			return nil, err
		}
	}
	return to, nil
}

func copyField(from, to map[string]any, name, whole string) error {
	head, tail, deeper := strings.Cut(name, ".")
	v, ok := from[head]
	if !ok {
		return nil
	}
	if !deeper {
		to[head] = v
		return nil
	}
	if v == nil {
		return nil
	}
	inner, ok := v.(map[string]any)
	if !ok {
		return malformed("%s is not a mapping, for %s", head, whole)
	}
	next, ok := to[head].(map[string]any)
	if !ok {
		next = make(map[string]any)
	}
	if err := copyField(inner, next, tail, whole); err != nil {
		return err
	}
	to[head] = next
	return nil
}

// maps returns a field as a list of mappings; nil where it is not there.
func maps(from map[string]any, name string) ([]map[string]any, error) {
	v, ok := from[name]
	if !ok || v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, malformed("%s is not a list", name)
	}
	out := make([]map[string]any, len(list))
	for i, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return nil, malformed("%s[%d] is not a mapping", name, i)
		}
		out[i] = m
	}
	return out, nil
}

// mapping returns a field as a mapping; nil where it is not there.
func mapping(from map[string]any, name string) (map[string]any, error) {
	v, ok := from[name]
	if !ok || v == nil {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, malformed("%s is not a mapping", name)
	}
	return m, nil
}

// secretKey reports whether the value of a key may be a secret: its name says so,
// and it is text. A feature gate with "Token" in its name is a boolean.
func secretKey(name string, value any) bool {
	switch value.(type) {
	case bool, float64, nil:
		return false
	}
	name = strings.ToLower(name)
	for _, word := range []string{"password", "passwd", "secret", "token"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// withoutSecrets copies a value without the keys that look like secrets.
func withoutSecrets(v any, drop ...string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if !secretKey(k, e) && !contains(drop, k) {
				out[k] = withoutSecrets(e, drop...)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = withoutSecrets(e, drop...)
		}
		return out
	}
	return v
}

// tidy brings a projection into the types of encoding/json and masks the user
// information of URLs.
func tidy(v any) any {
	switch v := v.(type) {
	case string:
		return textOf(maskUserinfo(v))
	case []string:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = tidy(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = tidy(e)
		}
		return out
	case []map[string]any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = tidy(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[textOf(k)] = tidy(e)
		}
		return out
	case int64:
		return float64(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return v
	case bool, nil:
		return v
	}
	return textOf(fmt.Sprint(v))
}

func sortFiles(files []File) {
	sortBy(files, func(f File) string { return f.Path })
}
