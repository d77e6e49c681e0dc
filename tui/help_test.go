package tui

import (
	"reflect"
	"testing"

	"github.com/charmbracelet/bubbles/key"

	"mkeaudit/tui/screen"
)

// Every key that does something stands in the help, with words.
func TestHelpIsComplete(t *testing.T) {
	s := open(t, options(newFake()), 80, 24)
	shown := map[string]bool{}
	for _, it := range s.m.helpItems() {
		shown[it.Label+"|"+it.Text] = true
	}
	n := 0
	var look func(v reflect.Value, where string)
	look = func(v reflect.Value, where string) {
		if b, ok := bindingOf(v); ok {
			n++
			h := b.Help()
			if h.Key == "" || h.Desc == "" || len(b.Keys()) == 0 || !shown[h.Key+"|"+h.Desc] {
				t.Errorf("%s (%v, %q) is not in the help", where, b.Keys(), h.Desc)
			}
			return
		}
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.Struct {
				look(v.Field(i), where+"."+v.Type().Field(i).Name)
			}
		}
	}
	form := s.to("5.1.1").press("a").m.form
	for name, keys := range map[string]any{"root": s.m.keys, "moving": screen.Moves()} {
		look(reflect.ValueOf(keys), name)
	}
	for name, m := range map[string]any{"tree": s.m.tree, "pane": s.m.pane, "filter": s.m.filter, "form": form} {
		look(reflect.ValueOf(m).FieldByName("keys"), name)
	}
	if n < 60 {
		t.Errorf("only %d keys were looked at", n)
	}
}

// bindingOf copies a binding out of a field that may not be exported.
func bindingOf(v reflect.Value) (key.Binding, bool) {
	if v.Type() != reflect.TypeFor[key.Binding]() {
		return key.Binding{}, false
	}
	var b key.Binding
	keys := v.FieldByName("keys")
	names := make([]string, keys.Len())
	for i := range names {
		names[i] = keys.Index(i).String()
	}
	help := v.FieldByName("help")
	b.SetKeys(names...)
	b.SetHelp(help.FieldByName("Key").String(), help.FieldByName("Desc").String())
	return b, true
}

// No key means two things where it is pressed.
func TestNoKeyTwice(t *testing.T) {
	s := open(t, options(newFake()), 80, 24)
	moves := screen.Moves().Keys()
	n := len(moves)
	tree := s.m.tree.Keys()
	for name, sets := range map[string][][]key.Binding{
		"tree": {s.m.keys.all(), moves, tree[n : len(tree)-2]}, // the last two are for the search line
	} {
		seen := map[string]string{}
		for _, set := range sets {
			for _, b := range set {
				for _, k := range b.Keys() {
					if other, twice := seen[k]; twice {
						t.Errorf("%s: %q is %q and %q", name, k, other, b.Help().Desc)
					}
					seen[k] = b.Help().Desc
				}
			}
		}
	}
}
