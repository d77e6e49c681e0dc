// Package theme makes every style of the screen. Styles are named by what they
// mean. Only the sixteen colours of the terminal's own palette are used, so that a
// light and a dark background both work without asking the terminal; pass is cyan
// and fail is red, which the common kinds of colour blindness tell apart. No colour
// says anything that a word beside it does not say.
package theme

import (
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/mattn/go-isatty"
	"github.com/muesli/termenv"

	"mkeaudit/tui/book"
)

// Ink draws one line of text in one style. It is a style taken apart once, since a
// frame has hundreds of pieces.
type Ink struct{ open, close string }

// Render draws s, which must hold no line breaks.
func (i Ink) Render(s string) string {
	if i.open == "" || s == "" {
		return s
	}
	return i.open + s + i.close
}

// Theme holds the styles and signs of one screen.
type Theme struct {
	ASCII bool

	Title    Ink // the name of the program, headings
	Label    Ink
	Key      Ink
	Selected Ink // the row under the cursor of the pane in use
	Marked   Ink // the row under the cursor of the other pane
	Badge    Ink // DEMONSTRATION, snapshot of ...
	Rule     Ink // lines between panes

	tones [book.Code + 1]Ink
}

// New makes the theme for an output. The terminal is never queried; only the
// environment and the kind of the output are looked at. Without colour a terminal
// still gets bold and reverse: they carry no meaning, but they are easier to see.
func New(out io.Writer, noColor, ascii bool) Theme {
	profile := termenv.NewOutput(out).EnvColorProfile()
	if noColor {
		profile = termenv.Ascii
	}
	f, isFile := out.(interface{ Fd() uintptr })
	return With(profile, isFile && isatty.IsTerminal(f.Fd()), ascii)
}

// With makes the theme for a number of colours, with or without bold and reverse.
func With(profile termenv.Profile, attributes, ascii bool) Theme {
	r := lipgloss.NewRenderer(io.Discard, termenv.WithProfile(profile))
	r.SetHasDarkBackground(true) // nothing here depends on it; without, lipgloss would ask the terminal
	r.SetColorProfile(profile)
	colour := profile != termenv.Ascii
	if !colour && attributes {
		r.SetColorProfile(termenv.ANSI)
	}
	base := r.NewStyle()
	fg := func(c string) lipgloss.Style {
		if !colour {
			return base
		}
		return base.Foreground(lipgloss.Color(c))
	}
	faint := base.Faint(true) // not bright black: some palettes paint that in the colour of the background
	t := Theme{
		ASCII:    ascii,
		Title:    ink(base.Bold(true)),
		Label:    ink(fg("12")),
		Key:      ink(base.Bold(true)),
		Selected: ink(base.Reverse(true)),
		Marked:   ink(base.Underline(true)),
		Badge:    ink(base.Reverse(true).Bold(true)),
		Rule:     ink(faint),
	}
	t.tones = [...]Ink{
		book.Normal:  {},
		book.Strong:  ink(base.Bold(true)),
		book.Dim:     ink(faint),
		book.Good:    ink(fg("6")),
		book.Bad:     ink(fg("1").Bold(true)),
		book.Known:   ink(fg("3")),
		book.Missing: ink(fg("5")),
		book.Person:  ink(fg("12").Bold(true)),
		book.Off:     ink(faint),
		book.Warn:    ink(fg("3").Bold(true)),
		book.Code:    ink(fg("6")),
	}
	return t
}

func ink(s lipgloss.Style) Ink {
	open, close, found := strings.Cut(s.Render("\u00b7"), "\u00b7")
	if !found {
		return Ink{}
	}
	return Ink{open, close}
}

// Tone is the ink for a meaning.
func (t Theme) Tone(tone book.Tone) Ink {
	if int(tone) < len(t.tones) {
		return t.tones[tone]
	}
	return Ink{}
}

// Signs. Each has a form in ASCII of the same width.

// Pointer stands before the row under the cursor.
func (t Theme) Pointer() string { return t.pick("❯", ">") }

// Fold stands before a heading.
func (t Theme) Fold(open bool) string {
	if open {
		return t.pick("▾", "-")
	}
	return t.pick("▸", "+")
}

// Bar stands between two panes.
func (t Theme) Bar() string { return t.pick("│", "|") }

// Dash is a piece of a level line.
func (t Theme) Dash() string { return t.pick("─", "-") }

// Full and Empty are cells of a progress bar.
func (t Theme) Full() string { return t.pick("█", "#") }

// Empty is a cell that is not reached yet.
func (t Theme) Empty() string { return t.pick("░", "-") }

// Cut stands where text was left out.
func (t Theme) Cut() string { return t.pick("…", "~") }

// Radio is a choice of one among several.
func (t Theme) Radio(on bool) string {
	if on {
		return "(*)"
	}
	return "( )"
}

// Check is a choice of any among several.
func (t Theme) Check(on bool) string {
	if on {
		return "[x]"
	}
	return "[ ]"
}

func (t Theme) pick(unicode, ascii string) string {
	if t.ASCII {
		return ascii
	}
	return unicode
}
