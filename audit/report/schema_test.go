package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mkeaudit/audit"
)

const schemaFile = "../../docs/scan.schema.json"

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plainValue is a document as a reader without our types sees it.
func plainValue(t testing.TB, d Document) any {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, d); err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDocumentsFollowTheSchema(t *testing.T) {
	s := schema(t)
	empty := sample(t, "x")
	empty.Selected = nil
	live := sample(t, "x")
	live.Source = Source{Kind: Live}
	live.Profile.PublishedFor, live.Kubernetes, live.MKE = "", "", ""
	live.Host.Roles, live.Warnings, live.Findings = nil, nil, nil
	for name, in := range map[string]Input{"plain": sample(t, "x"), "hostile": sample(t, hostile), "empty": empty, "live, nothing known": live} {
		if err := s.Validate(plainValue(t, New(in))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSchemaRefuses(t *testing.T) {
	s := schema(t)
	first := func(v map[string]any, i int) map[string]any { return v["results"].([]any)[i].(map[string]any) }
	evidence := func(v map[string]any) map[string]any {
		return first(v, 0)["evidence"].([]any)[0].(map[string]any)
	}
	mutations := map[string]func(v map[string]any){
		"another version":                 func(v map[string]any) { v["schemaVersion"] = "2" },
		"a missing member":                func(v map[string]any) { delete(v, "cluster") },
		"an unknown member":               func(v map[string]any) { v["score"] = json.Number("9") },
		"an unknown member deep inside":   func(v map[string]any) { evidence(v)["locator"].(map[string]any)["node"] = "x" },
		"an unknown status":               func(v map[string]any) { first(v, 0)["status"] = "warn" },
		"a reason of another status":      func(v map[string]any) { first(v, 1)["reasonCode"] = "notMet" },
		"a pass of a person":              func(v map[string]any) { first(v, 1)["judge"] = "person" },
		"manual without leaning":          func(v map[string]any) { first(v, 2)["leaning"] = nil },
		"unknown without reason":          func(v map[string]any) { first(v, 3)["reason"] = "" },
		"a standing of another status":    func(v map[string]any) { first(v, 3)["standing"] = "asPublished" },
		"an empty text for nothing seen":  func(v map[string]any) { evidence(v)["actual"] = "" },
		"a short digest":                  func(v map[string]any) { v["benchmark"].(map[string]any)["sha256"] = "abc" },
		"a local time":                    func(v map[string]any) { v["startedAt"] = "2026-11-22T12:00:00+01:00" },
		"a negative count":                func(v map[string]any) { v["summary"].(map[string]any)["pass"] = json.Number("-1") },
		"a result that stands twice":      func(v map[string]any) { v["results"] = append(v["results"].([]any), first(v, 0)) },
		"a review without its state":      func(v map[string]any) { first(v, 2)["reviewState"] = "none" },
		"a state without its review":      func(v map[string]any) { first(v, 2)["review"] = nil },
		"a live audit of a file":          func(v map[string]any) { v["input"].(map[string]any)["kind"] = "live" },
		"a demonstration of no file":      func(v map[string]any) { v["input"] = map[string]any{"kind": "demo", "recordedAt": nil, "sha256": nil} },
		"evidence rows that are a number": func(v map[string]any) { evidence(v)["rows"] = json.Number("3") },
	}
	for name, mutate := range mutations {
		v := plainValue(t, New(sample(t, "x"))).(map[string]any)
		if err := s.Validate(v); err != nil {
			t.Fatal(err)
		}
		mutate(v)
		if err := s.Validate(v); err == nil {
			t.Errorf("%s was not refused", name)
		}
	}
}

// Every object of the schema is closed, and its words are those of package audit.
func TestTheSchemaIsStrictAndComplete(t *testing.T) {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["type"] == "object" && v["additionalProperties"] != false {
				t.Errorf("%s is an open object", path)
			}
			if v["type"] == "object" && v["required"] == nil {
				t.Errorf("%s requires nothing", path)
			}
			for k, e := range v {
				walk(path+"/"+k, e)
			}
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s/%d", path, i), e)
			}
		}
	}
	walk("", root)

	result := root["$defs"].(map[string]any)["result"].(map[string]any)["properties"].(map[string]any)
	compare := func(member string, known []string) {
		var words []string
		for _, w := range result[member].(map[string]any)["enum"].([]any) {
			words = append(words, w.(string))
		}
		if strings.Join(words, " ") != strings.Join(known, " ") {
			t.Errorf("%s: the schema has %v, the program %v", member, words, known)
		}
	}
	compare("status", all(func(i uint8) string { return audit.Status(i).String() }))
	compare("reasonCode", all(func(i uint8) string { return audit.ReasonCode(i).String() }))
	compare("standing", all(func(i uint8) string { return audit.Standing(i).String() }))
	compare("reviewState", all(func(i uint8) string { return audit.ReviewState(i).String() }))
}

func all(word func(uint8) string) []string {
	var words []string
	for i := uint8(0); ; i++ {
		w := word(i)
		if strings.HasPrefix(w, "invalid") {
			return words
		}
		words = append(words, w)
	}
}
