package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What encoding/json lets pass and a journal must not: keys that stand twice or in
// another case, null, lone surrogates; and text that could drive a terminal.

// fields are the names that stand in a JSON object of a struct type, exactly.
func fields(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "-" {
			names[name] = true
		}
	}
	return names
}

var (
	eventFields  = fields(reflect.TypeFor[Event]())
	nestedFields = map[string]map[string]bool{
		"actor":    fields(reflect.TypeFor[Actor]()),
		"evidence": fields(reflect.TypeFor[Attachment]()),
	}
	// several lines are allowed in these
	proseFields = map[string]bool{"rationale": true, "note": true, "reason": true}
)

// checkBytes refuses bytes that cannot stand in a line of a journal.
func checkBytes(line []byte) error {
	if !utf8.Valid(line) {
		return errors.New("it is not valid UTF-8")
	}
	return checkText(string(line), false)
}

// checkText refuses control characters, marks that turn the direction of writing,
// and the replacement character, which says that the text was damaged before.
func checkText(s string, prose bool) error {
	for _, r := range s {
		switch {
		case prose && (r == '\n' || r == '\t'):
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return fmt.Errorf("it holds the control character %U", r)
		case r == utf8.RuneError:
			return fmt.Errorf("it holds %U, which stands for a damaged character", r)
		}
	}
	return nil
}

// checkObject walks the one object of a line and returns the names of its fields.
func checkObject(body []byte) (map[string]bool, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	keys, err := checkFields(dec, eventFields, true)
	if err != nil {
		return nil, err
	}
	if dec.InputOffset() != int64(len(body)) {
		return nil, errors.New("something follows its JSON object")
	}
	return keys, nil
}

// checkFields reads the rest of an object whose fields are all of the known names.
// Only fields of the outermost one may hold other objects.
func checkFields(dec *json.Decoder, known map[string]bool, outermost bool) (map[string]bool, error) {
	keys := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, _ := t.(string)
		if keys[key] {
			return nil, fmt.Errorf("%q stands twice", key)
		}
		if !known[key] {
			return nil, fmt.Errorf("%q is not a field of it", key)
		}
		keys[key] = true
		var nested map[string]bool
		if outermost {
			nested = nestedFields[key]
		}
		if err := checkValue(dec, key, nested); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return keys, err
}

// checkValue reads a value: an object or a list of objects with the nested names
// where there are any, a text or a number elsewhere.
func checkValue(dec *json.Decoder, key string, nested map[string]bool) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	switch v := t.(type) {
	case string:
		if v == "" && key != "claimed" { // a writer leaves out what is empty
			return fmt.Errorf("%q is empty", key)
		}
		if err := checkText(v, proseFields[key]); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		return nil
	case json.Number:
		return nil
	case json.Delim:
		switch {
		case nested == nil:
		case v == '{':
			keys, err := checkFields(dec, nested, false)
			if err == nil && len(keys) != len(nested) {
				err = fmt.Errorf("%q is not complete", key)
			}
			return err
		case v == '[':
			for dec.More() {
				if err := checkValue(dec, key, nested); err != nil {
					return err
				}
			}
			_, err := dec.Token()
			return err
		}
	}
	return fmt.Errorf("%q is %v, which it cannot be", key, t)
}
