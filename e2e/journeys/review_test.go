package journeys

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReview is the fourth journey: a review is refused in words until it is whole,
// saved before the form closes, and there again after the power was cut in the
// moment in which the screen called it saved.
func TestReview(t *testing.T) {
	for _, s := range []size{small, large} {
		t.Run(s.String(), func(t *testing.T) { review(t, s) })
	}
}

func review(t *testing.T, s size) {
	home := scratch(t)
	file := filepath.Join(home, "kept", "session.jsonl")
	command := launch(t, home, nil, "--demo", "--session", file)
	x := open(t, s, command)
	x.until(settled)
	x.press("a", shows("a reviews a control: put the cursor on one"))
	x.seek("3.2.2")
	x.until(entitled("3.2.2  manual, awaiting a review"))

	// What the review is bound to stands above the form.
	x.press("a", shows("Review 3.2.2"), shows("Bound to   evidence"), shows("Evidence   met"), at("Verdict"), lacks("not saved"))
	x.press("C-s", shows("ERROR: choose a verdict"))
	x.press("p", shows("(*) pass"), shows("not saved"))
	x.press("C-s", shows("ERROR: a rationale is required: say why"), at("Rationale"))
	x.enter("   ", want{"blanks, which are no rationale", func(f frame) bool { return !f.has("why, in your words") }})
	x.press("Tab", at("Looked at"))
	x.press("C-s", shows("ERROR: a rationale is required"), at("Rationale"))
	x.enter("Größe und Häufigkeit geprüft; q and r are letters here", shows("q and r are letters"))
	x.press("Tab", at("Looked at"))
	x.enter("ticket OPS-7", shows("ticket OPS-7"))
	x.press("Tab", at("Expires"))
	x.empty()
	x.enter("2020-01-01", shows("2020-01-01"))
	x.press("C-s", shows("ERROR: the date has passed already"))
	x.empty()
	x.enter("someday", shows("someday"))
	x.press("C-s", shows("ERROR: the date is not of the form"))
	x.empty()
	until := time.Now().UTC().AddDate(0, 3, 0).Format("2006-01-02")
	x.enter(until, shows(until))
	x.press("Tab", at("Author"), shows("kim"))
	x.empty()
	x.press("C-s", shows("ERROR: an author is required: say who"))
	x.enter("Kim Example", shows("Kim Example"))

	// Nobody loses it by a slip.
	x.press("Escape", shows("Discard what you typed? y discards it, n goes back to it"))
	x.press("n", lacks("Discard what you typed?"), shows("Kim Example"))

	// Saved, closed, and the power is cut.
	pid := x.pid()
	x.must("send-keys", "-t", "j", "C-s")
	if _, err := x.glimpse(shows("saved: 3.2.2 reviewed as pass until " + until)); err != nil {
		t.Fatal(err)
	}
	x.kill(pid)
	if f := x.until(ended); !strings.HasPrefix(f.end, "137") {
		t.Errorf("kill -9 ended the program with %q", f.end)
	}

	x.again(command)
	x.until(settled, lacks("cannot be saved"))
	x.seek("3.2.2")
	x.until(shows("rev ok"), entitled("3.2.2  manual, reviewed as pass"), reads("Verdict pass, current"), reads("By Kim Example, "), reads("until "+until),
		reads("Because Größe und Häufigkeit geprüft; q and r are letters here"), reads("Saw ticket OPS-7"))
	x.press("i", tells("; 1 is there"))
	x.press("Escape", shows("rev ok"))

	// A second opinion, for another control, and a discarded one.
	x.press("Escape", shows("5.1 RBAC"))
	x.seek("1.2.9")
	x.press("a", shows("Review 1.2.9"))
	x.press("f", shows("(*) fail"))
	x.press("Escape", shows("Discard what you typed?"))
	x.press("y", shows("the review was discarded"), lacks("rev FAI"))
	x.leave("q")

	text := run(t, "session", "show", file)
	if text.code != 0 || strings.Count(text.out, "review of ") != 1 || !strings.Contains(text.out, "review of 3.2.2: pass by Kim Example: Größe und Häufigkeit geprüft") {
		t.Errorf("session show: exit code %d %s\n%s", text.code, text.err, text.out)
	}
	if o := run(t, "session", "verify", file); o.code != 0 || !strings.Contains(o.out, "is whole") {
		t.Errorf("session verify: exit code %d %s%s", o.code, o.out, o.err)
	}
	if mode(t, file) != 0o600 || mode(t, filepath.Dir(file)) != 0o700 {
		t.Errorf("the journal has mode %o in a directory of mode %o", mode(t, file), mode(t, filepath.Dir(file)))
	}
}

// empty empties the field under the cursor.
func (x *terminal) empty() {
	x.t.Helper()
	field := x.look().pointed()
	label, text := strings.Fields(field)[0], ""
	if n := len(strings.Fields(field)); n > 1 {
		text = strings.Fields(field)[1]
	}
	x.press("C-u", want{"no " + text + " in " + label, func(f frame) bool { return !strings.HasPrefix(words(f.pointed()), label+" "+text) }})
}
