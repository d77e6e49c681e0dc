package journeys

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// place is where the cursor is in the pane, and of how many lines.
var place = regexp.MustCompile(`(\d+)/(\d+)$`)

// hidden is a line of the pane that stands for others; on a narrow screen its end
// is cut off.
var hidden = regexp.MustCompile(`\((about )?\d+ more .*: space un`)

// seek finds a control by its number and puts the cursor on it.
func (x *terminal) seek(id string) {
	x.t.Helper()
	x.press("/", want{"a search", func(f frame) bool { tree, _ := f.halves(); return len(tree) > 0 && strings.HasPrefix(tree[0], "/") }})
	x.enter(id, shows("/"+id))
	for f := x.press("Enter", shows("/ search")); !on(id).ok(f); {
		before := f.pointed()
		f = x.press("Down", want{"the cursor off " + before, func(f frame) bool { return f.pointed() != before }})
	}
}

// document reads the whole pane of the control under the cursor, page by page and
// with everything unfolded, as a person would.
func (x *terminal) document() []string {
	x.t.Helper()
	x.press("Tab", shows("│❯"))
	all, folded := x.pages()
	if len(folded) > 0 {
		for _, n := range slices.Backward(folded) { // from the end: what is above stays where it is
			x.reach(n)
			x.press("Space", want{"an unfolded line", func(f frame) bool { _, p := f.halves(); return pointer(p) > 0 && !hidden.MatchString(p[pointer(p)]) }})
		}
		if all, folded = x.pages(); len(folded) > 0 {
			x.t.Errorf("lines %v are still folded away", folded)
		}
	}
	x.press("Tab", lacks("│❯"))
	return all
}

// reach goes to a line of the pane.
func (x *terminal) reach(line int) {
	x.t.Helper()
	for {
		_, p := x.last.halves()
		page := len(p) - 2
		n, _ := position(x.last)
		switch {
		case n == line:
			return
		case line >= n+page:
			x.press("NPage", want{"a page further", func(f frame) bool { k, _ := position(f); return k > n }})
		case line <= n-page:
			x.press("PPage", want{"a page back", func(f frame) bool { k, _ := position(f); return k < n }})
		case line > n:
			x.press("Down", x.atLine(n+1))
		default:
			x.press("Up", x.atLine(n-1))
		}
	}
}

// pages reads from the first to the last line, and finds the lines that stand for
// others.
func (x *terminal) pages() (all []string, folded []int) {
	x.t.Helper()
	if n, _ := position(x.look()); n > 1 {
		x.press("Home", x.atLine(1))
	}
	seen := map[int]string{}
	for {
		_, p := x.last.halves()
		n, of := position(x.last)
		row := pointer(p)
		for i := 1; i < len(p); i++ {
			seen[n+i-row] = strings.TrimLeft(strings.TrimPrefix(p[i], "❯"), " ")
		}
		if len(seen) >= of && seen[of] != "" || n == of {
			break
		}
		x.press("NPage", want{"a further page", func(f frame) bool { k, _ := position(f); return k > n }})
	}
	_, of := position(x.last)
	for n := 1; n <= of; n++ {
		all = append(all, seen[n])
		if hidden.MatchString(seen[n]) {
			folded = append(folded, n)
		}
	}
	return all, folded
}

// position is the line of the pane under the cursor, and how many lines there are.
func position(f frame) (n, of int) {
	m := place.FindStringSubmatch(f.title())
	if m == nil {
		_, p := f.halves()
		last := slices.IndexFunc(p[1:], func(s string) bool { return s == "" })
		return max(pointer(p), 1), max(last, 1)
	}
	n, _ = strconv.Atoi(m[1])
	of, _ = strconv.Atoi(m[2])
	return n, of
}

// pointer is the row of the pane with the cursor, counted from its title.
func pointer(pane []string) int {
	return slices.IndexFunc(pane, func(s string) bool { return strings.HasPrefix(s, "❯") })
}

func (x *terminal) atLine(n int) want {
	return want{fmt.Sprintf("line %d of the pane", n), func(f frame) bool { k, _ := position(f); return k == n }}
}

// section is what stands in a document between two headings.
func section(all []string, from, to string) string {
	i := slices.Index(all, from)
	if i < 0 {
		return ""
	}
	rest := all[i+1:]
	if j := slices.Index(rest, to); j >= 0 {
		rest = rest[:j]
	}
	return strings.Join(rest, "\n")
}
