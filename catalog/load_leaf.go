package catalog

import (
	"strconv"
	"strings"
)

// rawLeaf is a leaf, or a nested combination, as it is written: one selector and
// at most one operator.
type rawLeaf struct {
	Component  string
	Of         string
	Class      string
	ReplacedBy string `toml:"replaced-by"`

	Flag    string
	Plugin  string
	Gate    string
	Setting string
	Etcd    string
	File    string
	Content string
	Query   string

	Is            any
	IsNot         any `toml:"is-not"`
	NotExplicitly any `toml:"not-explicitly"`
	Set           any
	Unset         any
	OneOf         any `toml:"one-of"`
	Has           any
	Lacks         any
	SubsetOf      any `toml:"subset-of"`
	Min           any
	Max           any
	Above         any
	ModeWithin    any `toml:"mode-within"`
	OwnedBy       any `toml:"owned-by"`
	Differ        any

	All, Any []rawLeaf
}

func (l *loader) exprs(component string, raws []rawLeaf, bad reporter) []Expr {
	var list []Expr
	for _, r := range raws {
		switch {
		case len(r.All) > 0:
			list = append(list, Expr{All: l.exprs(component, r.All, bad)})
		case len(r.Any) > 0:
			list = append(list, Expr{Any: l.exprs(component, r.Any, bad)})
		default:
			leaf := l.leaf(component, r, bad)
			if leaf.Op == OpShow {
				bad(leaf.Name, "the deciding leaf %q has no operator", leaf.Name)
			}
			list = append(list, Expr{Leaf: &leaf})
		}
	}
	return list
}

func (l *loader) leaf(component string, raw rawLeaf, bad reporter) Leaf {
	leaf := Leaf{Of: raw.Of, ReplacedBy: raw.ReplacedBy}
	if raw.Component != "" {
		component = raw.Component
	}
	if err := leaf.Component.UnmarshalText([]byte(component)); err != nil {
		bad(component, "%v", err)
	}
	if err := leaf.Class.UnmarshalText([]byte(raw.Class)); err != nil {
		bad(raw.Class, "%v", err)
	}
	for i, name := range []string{raw.Flag, raw.Plugin, raw.Gate, raw.Setting, raw.Etcd, raw.File, raw.Content, raw.Query} {
		if name == "" {
			continue
		}
		if leaf.Selector != SelectorUnset {
			bad(name, "a leaf has one selector: %s and %s", leaf.Selector, Selector(i+1))
		}
		leaf.Selector, leaf.Name = Selector(i+1), name
	}
	if leaf.Selector == SelectorUnset {
		bad("", "a leaf has no selector")
		return leaf
	}
	l.operator(&leaf, raw, bad)
	l.references(leaf, bad)
	return leaf
}

func (l *loader) operator(leaf *Leaf, raw rawLeaf, bad reporter) {
	for i, v := range []any{raw.Is, raw.IsNot, raw.NotExplicitly, raw.Set, raw.Unset, raw.OneOf, raw.Has, raw.Lacks, raw.SubsetOf,
		raw.Min, raw.Max, raw.Above, raw.ModeWithin, raw.OwnedBy, raw.Differ} {
		if v == nil {
			continue
		}
		op := Op(i + 1)
		if leaf.Op != OpShow {
			bad(op.String(), "a leaf has one operator: %s and %s", leaf.Op, op)
		}
		leaf.Op = op
		want, err := operand(v)
		if err != nil {
			bad(op.String(), "%s: %v", op, err)
		}
		if len(want) == 1 && strings.HasPrefix(want[0], "@") {
			leaf.Parameter = want[0][1:]
			if _, ok := l.b.Parameters[leaf.Parameter]; !ok {
				bad(want[0], "unknown parameter %q", leaf.Parameter)
			}
			continue
		}
		leaf.Want = want
		if op == OpModeWithin {
			if _, err := strconv.ParseUint(want[0], 8, 12); err != nil {
				bad(want[0], "mode-within %q: want an octal mode such as 0600", want[0])
			}
		}
	}
	if leaf.Op == OpShow && (leaf.Selector == SelectContent || leaf.Selector == SelectQuery) {
		leaf.Op = OpHolds
	}
}

// references reports what a leaf names but the catalogue does not hold.
func (l *loader) references(leaf Leaf, bad reporter) {
	table, haveTable := l.b.Defaults.Tables[leaf.Component]
	switch leaf.Selector {
	case SelectFlag, SelectEtcd:
		if !haveTable {
			bad(leaf.Name, "flag %q needs a component", leaf.Name)
		} else if _, ok := table.Flags[leaf.Name]; !ok {
			bad(leaf.Name, "%s has no flag %q in defaults/%s.toml", leaf.Component, leaf.Name, leaf.Component)
		}
		if leaf.Op == OpDiffer {
			if _, ok := table.Flags[first(leaf.Want)]; !ok {
				bad(first(leaf.Want), "%s has no flag %q", leaf.Component, first(leaf.Want))
			}
		}
		if leaf.ReplacedBy != "" {
			if _, ok := table.Flags[leaf.ReplacedBy]; !ok {
				bad(leaf.ReplacedBy, "%s has no flag %q", leaf.Component, leaf.ReplacedBy)
			}
		}
	case SelectSetting:
		if _, ok := table.Settings[leaf.Name]; !ok {
			bad(leaf.Name, "%q has no setting %q in its defaults", leaf.Component, leaf.Name)
		}
	case SelectPlugin:
		if !l.knowsPlugin(leaf.Name) {
			bad(leaf.Name, "unknown admission plugin %q", leaf.Name)
		}
	case SelectGate:
		if !l.knowsGate(leaf.Name) {
			bad(leaf.Name, "unknown feature gate %q", leaf.Name)
		}
	case SelectFile:
		if !Locators[leaf.Name] {
			bad(leaf.Name, "unknown file locator %q", leaf.Name)
		}
	case SelectContent:
		if !Judgements[leaf.Name] {
			bad(leaf.Name, "unknown judgement %q", leaf.Name)
		}
	}
}

// Locators are the ways in which a file leaf finds files. Deciding about what
// they find is package audit's.
var Locators = map[string]bool{
	"path": true, "manifest": true, "static-pods": true, "kubeconfig": true, "pki": true, "cni": true, "cni-state": true,
	"etcd-data-dir": true, "kubelet-unit": true, "kubelet-client-ca": true, "kubelet-config": true, "flag": true,
}

// Judgements are the named judgements on parsed configuration.
var Judgements = map[string]bool{
	"encryption-covers-secrets": true, "encryption-first-provider": true, "audit-policy-logs": true,
	"audit-policy-concerns": true, "event-rate-limits": true, "etcd-ca-unique": true,
}

func (l *loader) knowsPlugin(name string) bool {
	for _, p := range l.b.Defaults.Plugins {
		if p.Name == name {
			return true
		}
	}
	return false
}

func (l *loader) knowsGate(name string) bool {
	for _, g := range l.b.Defaults.Gates {
		if g.Name == name {
			return true
		}
	}
	return false
}
