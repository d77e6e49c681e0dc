package journeys

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// counts is the line under the title.
var counts = regexp.MustCompile(`^ pass (\d+)  fail (\d+) \((\d+) known, (\d+) regr\)  awaiting (\d+)  unknown (\d+)  n/a (\d+)`)

// TestLook is the first journey: the tree is there within a blink, every control has
// its verdict, and one finds the way about with the arrows, with the keys of vi, by
// search and by filter.
func TestLook(t *testing.T) {
	for _, s := range []size{small, large} {
		t.Run(s.String(), func(t *testing.T) { look(t, s) })
	}
}

func look(t *testing.T, s size) {
	r := scan(t, "--demo")
	begun := time.Now()
	x := open(t, s, launch(t, t.TempDir(), nil, "--demo"))
	x.until(at("1 Control Plane Compon"))
	t.Logf("the tree stood %d ms after the terminal was asked for", time.Since(begun).Milliseconds())
	f := x.until(settled)
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("the verdicts took %s", took)
	}
	if len(f.lines) != s.height || !strings.Contains(f.lines[s.height-1], "q quit") {
		t.Errorf("the frame does not fill %s:\n%s", s, f)
	}

	// What is counted is what a scan counts.
	m := counts.FindStringSubmatch(f.lines[1])
	if m == nil {
		t.Fatalf("the second line counts nothing:\n%s", f)
	}
	known := r.count(func(c result) bool { return c.Standing == "knownException" })
	regressions := r.count(func(c result) bool { return c.Standing == "regression" })
	for i, n := range []int{r.Summary.Pass, r.Summary.Fail, known, regressions, r.Summary.Manual, r.Summary.Unknown, r.Summary.NotApplicable} {
		if m[i+1] != strconv.Itoa(n) {
			t.Errorf("count %d of the screen is %s, a scan counts %d: %s", i+1, m[i+1], n, f.lines[1])
		}
	}
	if want := fmt.Sprintf("%d of 131 determined", 131-r.Summary.Unknown); !strings.Contains(f.lines[0], want) || !strings.Contains(f.lines[0], "DEMONSTRATION") {
		t.Errorf("the title does not say %q and DEMONSTRATION: %q", want, f.lines[0])
	}

	// Arrows, and the same with the keys of vi.
	for _, keys := range []struct{ up, down, left, right, top, bottom string }{
		{"Up", "Down", "Left", "Right", "Home", "End"},
		{"k", "j", "h", "l", "g", "G"},
	} {
		x.press(keys.down, at("1.1 "))
		x.press(keys.down, at("1.2 API Server"))
		x.press(keys.up, at("1.1 "))
		x.press(keys.right, shows(" 1.1.1 "))
		x.press(keys.down, on("1.1.1"))
		x.press(keys.left, at("1.1 "))
		x.press(keys.left, lacks(" 1.1.1 "))
		x.press(keys.bottom, at("5.7 General"))
		x.press(keys.top, at("1 Control Plane"))
	}
	x.press("NPage", lacks("❯▾ 1 Control Plane"))
	x.press("PPage", at("1 Control Plane"))

	// The pane, and back.
	x.press("+", shows(" 1.1.1 "))
	x.press("Down", at("1.1 "))
	x.press("Down", on("1.1.1"))
	x.press("Enter", shows("│❯"))
	x.press("]", entitled("1.1.2 "))
	x.press("Tab", lacks("│❯"))
	x.press("-", lacks(" 1.1.1 "))

	// Search: as one types, kept, and dropped.
	x.press("/", shows("131 of 131"))
	x.enter("eventratel", shows("/eventratel"), shows("1 of 131"))
	x.press("Enter", shows("/ search"), on("1.2.9"), entitled("1.2.9  FAIL, known exception"))
	x.press("Escape", lacks("1 of 131"), shows("5.1 RBAC"))
	x.press("/", shows("131 of 131"))
	x.enter("zyzzyva", shows("0 of 131"), shows("No control matches"))
	x.press("Escape", lacks("0 of 131"))

	// Only what needs me.
	needs := r.count(needy)
	x.press("n", shows("needs me"), shows(fmt.Sprintf("%d of 131", needs)), shows("FAIL 1.1.20"), want{"nothing in the tree that needs nobody", func(f frame) bool {
		tree, _ := f.halves()
		return !strings.Contains(strings.Join(tree, "\n"), " ok ") && !strings.Contains(strings.Join(tree, "\n"), "n/a ") && !strings.Contains(strings.Join(tree, "\n"), " known")
	}})
	x.press("n", lacks(" needs me   "))

	// A filter.
	x.press("f", shows("esc f back"))
	x.press("End", at("[ ] expired"))
	for x.look(); !strings.HasPrefix(x.last.pointed(), "[ ] unknown"); {
		before := x.last.pointed()
		x.press("k", want{"the cursor off " + before, func(f frame) bool { return f.pointed() != before }})
	}
	x.press("Space", at("[x] unknown"), shows(fmt.Sprintf("%d of 131", r.Summary.Unknown)))
	head := want{"the filter above the tree", func(f frame) bool {
		tree, _ := f.halves()
		return len(tree) > 0 && words(tree[0]) == fmt.Sprintf("status unknown %d of 131", r.Summary.Unknown)
	}}
	x.press("f", shows("5.1 RBAC"), head)
	x.press("x", shows("1.1 Control"), want{"no filter above the tree", func(f frame) bool { return !head.ok(f) }})

	// By theme, by standing, and by section again.
	x.press("t", shows("Least privilege"))
	x.press("t", lacks("Least privilege"))
	x.press("s", shows("Regressions"))
	x.press("Escape", lacks("Regressions"))

	// Help, a key that means nothing, and the way out.
	x.press("?", shows("re-run everything"))
	x.press("Escape", lacks("re-run everything"))
	x.press("b", shows("b does nothing here: ? lists the keys"))
	x.leave("q")
}

// TestStop quits from anywhere, also out of a form and a search.
func TestStop(t *testing.T) {
	x := open(t, small, launch(t, t.TempDir(), nil, "--demo"))
	x.until(settled)
	x.leave("C-c")
	x.again(launch(t, t.TempDir(), nil, "--demo"))
	x.until(settled)
	x.press("/", shows("131 of 131"))
	x.enter("q", shows("/q"))
	x.leave("C-c")
}
