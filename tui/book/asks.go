package book

import (
	"strings"

	"mkeaudit/catalog"
)

// Asks says in words what a control's checks look for, one line per question.
func Asks(b *catalog.Benchmark, c catalog.Control) []string {
	var lines []string
	for _, k := range c.Checks {
		prefix := ""
		if r := rangeWords(k.Kubernetes); r != "" {
			prefix = "Kubernetes " + r + ": "
		}
		switch {
		case k.Require.Empty():
			for _, l := range k.Show {
				lines = append(lines, prefix+"shows "+leafWords(b, l))
			}
		default:
			lines = append(lines, prefix+exprWords(b, k.Require, true))
		}
	}
	return lines
}

func rangeWords(r catalog.Range) string {
	switch {
	case r.From.Known() && r.Until.Known():
		return "from " + r.From.String() + " to before " + r.Until.String()
	case r.From.Known():
		return "from " + r.From.String() + " on"
	case r.Until.Known():
		return "before " + r.Until.String()
	}
	return ""
}

func exprWords(b *catalog.Benchmark, e catalog.Expr, outer bool) string {
	if e.Leaf != nil {
		return leafWords(b, *e.Leaf)
	}
	list, word := e.All, " and "
	if len(e.Any) > 0 {
		list, word = e.Any, " or "
	}
	parts := make([]string, len(list))
	for i, sub := range list {
		parts[i] = exprWords(b, sub, false)
	}
	s := strings.Join(parts, word)
	if !outer && len(list) > 1 {
		return "(" + s + ")"
	}
	return s
}

func leafWords(b *catalog.Benchmark, l catalog.Leaf) string {
	subject := l.Name
	switch l.Selector {
	case catalog.SelectFlag:
		subject = l.Component.String() + " --" + l.Name
	case catalog.SelectPlugin:
		subject = "admission plugin " + l.Name
	case catalog.SelectGate:
		subject = l.Component.String() + " feature gate " + l.Name
	case catalog.SelectSetting:
		subject = l.Component.String() + " setting " + l.Name
	case catalog.SelectEtcd:
		subject = "etcd " + l.Name
	case catalog.SelectFile:
		subject = strings.TrimSpace("files of " + l.Name + " " + l.Of)
		if l.Class != catalog.AnyClass {
			subject += " (" + l.Class.String() + " files)"
		}
	case catalog.SelectContent, catalog.SelectQuery:
		return strings.TrimSpace(strings.ReplaceAll(l.Name, "-", " ") + " " + l.Of)
	}
	want := strings.Join(b.Operand(l), ", ")
	switch l.Op {
	case catalog.OpShow:
		return subject
	case catalog.OpIs:
		return subject + " is " + want
	case catalog.OpIsNot:
		return subject + " is not " + want
	case catalog.OpNotExplicitly:
		return subject + " is not set to " + want
	case catalog.OpSet:
		return subject + " is set"
	case catalog.OpUnset:
		return subject + " is not set"
	case catalog.OpOneOf:
		return subject + " is one of " + want
	case catalog.OpHas:
		return subject + " has " + want
	case catalog.OpLacks:
		return subject + " does not have " + want
	case catalog.OpSubsetOf:
		return subject + " has nothing besides " + want
	case catalog.OpMin:
		return subject + " is at least " + want
	case catalog.OpMax:
		return subject + " is at most " + want
	case catalog.OpAbove:
		return subject + " is above " + want
	case catalog.OpModeWithin:
		return subject + " have mode " + want + " or stricter"
	case catalog.OpOwnedBy:
		return subject + " belong to " + want
	case catalog.OpDiffer:
		return subject + " differs from --" + want
	}
	return subject
}
