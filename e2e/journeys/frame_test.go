package journeys

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// frame is what a terminal shows at one moment.
type frame struct {
	lines     []string
	size      size
	end       string // how the program ended; "" while it runs
	alternate bool   // the alternate screen is in use
	cursor    bool   // the cursor shows
}

func readFrame(s string) frame {
	head, rest, _ := strings.Cut(s, "\n")
	f := frame{lines: lines(rest)}
	var alternate, cursor int
	if _, err := fmt.Sscanf(head, "%d %d %d %d", &alternate, &cursor, &f.size.width, &f.size.height); err != nil {
		panic(fmt.Sprintf("tmux answered %q: %v", head, err))
	}
	f.alternate, f.cursor = alternate == 1, cursor == 1
	return f
}

func (f frame) String() string {
	bar := strings.Repeat("-", max(f.size.width, 1))
	return bar + "\n" + strings.Join(f.lines, "\n") + "\n" + bar
}

// has reports whether a text is on one line of the screen.
func (f frame) has(text string) bool { return f.with(text) != "" }

// with is the first line with a text, or "".
func (f frame) with(text string) string {
	for _, l := range f.lines {
		if strings.Contains(l, text) {
			return l
		}
	}
	return ""
}

// pointed is what stands behind the pointer: the line under the cursor, in the
// tree, in the pane or in a form.
func (f frame) pointed() string {
	for _, l := range f.lines {
		if _, right, ok := strings.Cut(l, "❯"); ok {
			left, _, _ := strings.Cut(right, "│")
			return strings.TrimSpace(left)
		}
	}
	return ""
}

// halves are the tree and the pane, where they stand beside each other.
func (f frame) halves() (tree, pane []string) {
	for _, l := range f.lines {
		if left, right, ok := strings.Cut(l, "│"); ok {
			tree, pane = append(tree, strings.TrimRight(left, " ")), append(pane, strings.TrimRight(right, " "))
		}
	}
	return tree, pane
}

// pane is the text beside the tree, without the breaks of its lines.
func (f frame) pane() string {
	_, pane := f.halves()
	return words(strings.Join(pane, " "))
}

// title is the first line of the pane: the control and the machine's word on it.
func (f frame) title() string {
	if _, pane := f.halves(); len(pane) > 0 {
		return strings.TrimSpace(pane[0])
	}
	return ""
}

// words is a text with one blank between its words, however it was broken.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// squeezed is a text without any blank: long values are broken anywhere.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// want is something that a screen should show.
type want struct {
	name string
	ok   func(frame) bool
}

// missing names what a screen does not show, or "".
func (f frame) missing(wanted []want) string {
	var out []want
	for _, w := range wanted {
		if !w.ok(f) {
			out = append(out, w)
		}
	}
	return names(out)
}

func names(wanted []want) string {
	var out []string
	for _, w := range wanted {
		out = append(out, w.name)
	}
	return strings.Join(out, " and ")
}

// shows wants a text on one line.
func shows(text string) want {
	return want{fmt.Sprintf("%q", text), func(f frame) bool { return f.has(text) }}
}

// lacks wants a text nowhere.
func lacks(text string) want {
	return want{fmt.Sprintf("no %q", text), func(f frame) bool { return !f.has(text) }}
}

// reads wants a text, over the breaks of lines, in the pane.
func reads(text string) want {
	return want{fmt.Sprintf("in the pane %q", text), func(f frame) bool { return strings.Contains(f.pane(), text) }}
}

// tells wants a text anywhere, wherever its lines are broken.
func tells(text string) want {
	return want{fmt.Sprintf("%q", text), func(f frame) bool { return strings.Contains(squeezed(strings.Join(f.lines, "")), squeezed(text)) }}
}

// at wants the cursor on a line that begins with a text, signs and folds left out.
func at(text string) want {
	return want{fmt.Sprintf("the cursor on %q", text), func(f frame) bool {
		return strings.HasPrefix(strings.TrimLeft(f.pointed(), "▾▸✓✗●–○+- "), text)
	}}
}

// on wants the cursor on a control of the tree, whatever its word is, and the pane
// to tell of it.
func on(id string) want {
	row := regexp.MustCompile(`^\S+\s+\S+\s+` + regexp.QuoteMeta(id) + `(\s|$)`)
	return want{"the cursor on control " + id, func(f frame) bool {
		return row.MatchString(f.pointed()) && strings.HasPrefix(f.title(), id+" ")
	}}
}

// entitled wants the pane to be about something.
func entitled(text string) want {
	return want{fmt.Sprintf("the pane entitled %q", text), func(f frame) bool { return strings.HasPrefix(f.title(), text) }}
}

// ended wants the program to have ended.
var ended = want{"that the program ended", func(f frame) bool { return f.end != "" }}

// settled wants an audit that is through: every control has a verdict.
var settled = want{"a finished audit", func(f frame) bool {
	return f.has("? help") && f.has(" pass ") && !f.has("not yet ") && !f.has("auditing ")
}}
