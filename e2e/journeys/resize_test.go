package journeys

import (
	"strings"
	"testing"
)

// TestResize changes the size of the terminal while a review is typed: the text
// stays, also through a size in which nothing can be shown.
func TestResize(t *testing.T) {
	home := scratch(t)
	x := open(t, small, launch(t, home, nil, "--demo", "--session", home+"/session.jsonl"))
	x.until(settled)
	x.seek("3.2.2")
	x.press("a", shows("Review 3.2.2"))
	x.press("n", shows("(*) not applicable"))
	x.press("Tab", at("Rationale"))
	const text = "these words were typed before the size changed"
	x.enter(text, shows(text))
	for _, s := range []size{large, {60, 15}, {200, 60}, {80, 15}, {60, 24}} {
		f := x.resize(s, tells(text), at("Rationale"), shows("ctrl+s save"))
		if len(f.lines) != s.height || !strings.HasPrefix(strings.TrimSpace(f.lines[s.height-1]), "ctrl+s save") {
			t.Errorf("at %s the foot is not at the foot:\n%s", s, f)
		}
	}
	x.resize(size{40, 10}, tells("mkeaudit needs 60x15; this terminal is 40x10."), lacks("these words"))
	x.resize(size{5, 2}, lacks("these words"))
	x.resize(small, shows(text), at("Rationale"))
	x.enter(" and after", shows(text+" and after"))
	x.press("C-s", shows("saved: 3.2.2 reviewed as not applicable"))
	x.resize(size{60, 15}, shows("3.2.2"), lacks("│"))
	x.resize(large, shows("│"), reads(text+" and after"))
	x.resize(size{10, 3}, lacks("3.2.2"))
	x.leave("q")
}
