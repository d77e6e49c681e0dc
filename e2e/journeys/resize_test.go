package journeys

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// filled wants the first line as wide as the terminal and the last at its foot.
var filled = want{"a frame of the terminal's size", func(f frame) bool {
	return len(f.lines) == f.size.height && strings.HasPrefix(f.lines[f.size.height-1], " ctrl+s save") && utf8.RuneCountInString(f.lines[0]) == f.size.width-1
}}

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
		x.resize(s, tells(text), at("Rationale"), filled)
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
