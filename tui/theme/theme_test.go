package theme_test

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"mkeaudit/tui/book"
	"mkeaudit/tui/theme"
)

func inks(t theme.Theme) map[string]theme.Ink {
	all := map[string]theme.Ink{"title": t.Title, "label": t.Label, "key": t.Key, "selected": t.Selected, "marked": t.Marked, "badge": t.Badge, "rule": t.Rule}
	for tone := book.Normal; tone <= book.Code; tone++ {
		all["tone "+string(rune('a'+tone))] = t.Tone(tone)
	}
	return all
}

var colour = regexp.MustCompile(`\x1b\[([0-9;]*;)?(3[0-9]|4[0-9]|9[0-7]|10[0-7])(;[0-9;]*)?m`)

// Without colour nothing is coloured, and without a terminal there is no escape at
// all. With colours only the sixteen of the palette are used.
func TestNoColour(t *testing.T) {
	for name, ink := range inks(theme.With(termenv.Ascii, true, false)) {
		if s := ink.Render("x"); colour.MatchString(s) {
			t.Errorf("%s is coloured without colour: %q", name, s)
		}
	}
	for name, ink := range inks(theme.With(termenv.Ascii, false, false)) {
		if s := ink.Render("x"); s != "x" {
			t.Errorf("%s is styled without a terminal: %q", name, s)
		}
	}
	coloured, extended := 0, regexp.MustCompile(`[34]8;[25];`)
	for name, ink := range inks(theme.With(termenv.TrueColor, true, false)) {
		s := ink.Render("x")
		if ansi.Strip(s) != "x" || extended.MatchString(s) {
			t.Errorf("%s is drawn as %q", name, s)
		}
		if colour.MatchString(s) {
			coloured++
		}
	}
	if coloured < 6 {
		t.Errorf("only %d styles are coloured on a terminal with colours", coloured)
	}
}

// Making a theme asks the output nothing.
func TestAsksNothing(t *testing.T) {
	var out bytes.Buffer
	theme.New(&out, false, false)
	if out.Len() > 0 {
		t.Errorf("it wrote %q", out.String())
	}
}

// Each sign has one cell, in ASCII too, where it is of ASCII.
func TestSigns(t *testing.T) {
	u, a := theme.With(termenv.Ascii, false, false), theme.With(termenv.Ascii, false, true)
	signs := func(t theme.Theme) []string {
		return []string{t.Pointer(), t.Fold(true), t.Fold(false), t.Bar(), t.Dash(), t.Full(), t.Empty(), t.Cut()}
	}
	for i, s := range signs(u) {
		if ansi.StringWidth(s) != 1 {
			t.Errorf("%q is not one cell", s)
		}
		if s := signs(a)[i]; len(s) != 1 || s[0] > 0x7e {
			t.Errorf("%q is not an ASCII sign", s)
		}
	}
	for _, on := range []bool{true, false} {
		if a.Check(on) == a.Check(!on) || a.Radio(on) == a.Radio(!on) {
			t.Error("chosen and not chosen look alike")
		}
	}
}
