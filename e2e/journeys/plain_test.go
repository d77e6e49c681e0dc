package journeys

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// attributes is how a terminal is told of colours and the like.
var attributes = regexp.MustCompile(`\x1b\[([\d;]*)m`)

// colours counts the colours in a coloured screen; bold, faint, underlined and
// reversed text is none.
func colours(s string) int {
	n := 0
	for _, m := range attributes.FindAllStringSubmatch(s, -1) {
		for _, p := range strings.Split(m[1], ";") {
			if c, _ := strconv.Atoi(p); c >= 30 && c <= 38 || c >= 40 && c <= 48 || c >= 90 && c <= 107 {
				n++
			}
		}
	}
	return n
}

// TestNoColour shows that a terminal without colours loses no word: where colours
// are unwanted there is none, and the screen reads the same.
func TestNoColour(t *testing.T) {
	tour := func(given map[string]string, args ...string) (screens, colourful string) {
		x := open(t, small, launch(t, t.TempDir(), given, append([]string{"--demo"}, args...)...))
		see := func(f frame) {
			screens += f.String() + "\n"
			colourful += x.coloured()
		}
		see(x.until(settled))
		see(x.press("n", shows("needs me   ")))
		see(x.press("Escape", lacks("needs me   ")))
		x.seek("1.2.9")
		see(x.until(entitled("1.2.9  FAIL")))
		see(x.press("a", shows("Review 1.2.9")))
		see(x.press("C-s", shows("ERROR: ")))
		x.press("Escape", lacks("Review 1.2.9"))
		x.leave("q")
		return screens, colourful
	}
	words, colourful := tour(nil)
	if colours(colourful) == 0 {
		t.Fatal("there is no colour at all: this journey would show nothing")
	}
	for name, given := range map[string]map[string]string{"NO_COLOR": {"NO_COLOR": "1"}, "--no-color": nil} {
		var args []string
		if given == nil {
			args = []string{name}
		}
		plain, colourless := tour(given, args...)
		if n := colours(colourless); n > 0 {
			t.Errorf("%s: %d colours", name, n)
		}
		if plain != words {
			t.Errorf("%s: the screens read otherwise than with colours:\n%s\nand with colours:\n%s", name, plain, words)
		}
	}
}

// TestASCII shows that a locale without UTF-8 gets signs that it can show.
func TestASCII(t *testing.T) {
	x := open(t, small, launch(t, t.TempDir(), map[string]string{"LANG": "C"}, "--demo"))
	for _, f := range []frame{x.until(settled), x.press("?", shows("re-run everything"))} {
		for _, l := range f.lines {
			for _, r := range l {
				if r > '~' {
					t.Errorf("%q in %q", r, l)
				}
			}
		}
	}
	x.press("Escape", lacks("re-run everything"))
	x.leave("q")
}

// TestDumb goes the same ways in lines, on a terminal that can do nothing else and
// without a terminal.
func TestDumb(t *testing.T) {
	home := scratch(t)
	file := filepath.Join(home, "session.jsonl")
	x := open(t, small, launch(t, home, map[string]string{"TERM": "dumb"}, "--demo", "--session", file))
	prompt := want{"a prompt", func(f frame) bool { return len(f.lines) > 0 && f.lines[len(f.lines)-1] == "mkeaudit>" }}
	say := func(line string, wanted ...want) {
		t.Helper()
		x.must("send-keys", "-t", "j", "C-l") // what stood there is no answer
		x.must("clear-history", "-t", "j")
		x.must("send-keys", "-t", "j", "-l", "--", line)
		x.must("send-keys", "-t", "j", "Enter")
		x.until(wanted...)
	}
	x.until(prompt, shows("determined: "), shows("Type needs to list them."))
	say("fnid", prompt, shows(`Error: unknown command`))
	say("find eventratelimit", prompt, shows("1.2.9: FAIL, known exception."), shows("1 of 131 controls."))
	say("list fail", prompt, shows("1.1.20: FAIL, regression."), shows("9 of 131 controls."))
	say("show 3.2.2", prompt, shows("Upstream remediation"))
	say("review 3.2.2", shows("Verdict: pass, fail or n/a:"))
	say("perhaps", want{"the question again", func(f frame) bool { return strings.Count(f.String(), "Verdict: pass, fail or n/a:") >= 2 }})
	say("pass", shows("end with an empty line"))
	say("looked at it in lines", shows("looked at it in lines"))
	say("", tells("may be empty:"))
	say("", tells("Expires"))
	say("", tells(`return for "kim":`))
	say("", tells("yes or no:"))
	say("yes", prompt, shows("Saved: 3.2.2 reviewed as pass."))
	x.kill(x.pid())
	x.until(ended)
	if o := run(t, "session", "show", file); !strings.Contains(o.out, "review of 3.2.2: pass by kim: looked at it in lines") {
		t.Errorf("the review is gone: %s%s", o.out, o.err)
	}

	in := bytes.NewBufferString("show 3.2.2\nlist unknown\nquit\n")
	o := runWith(t, in, program(t), "--demo", "--plain", "--session", file)
	if o.code != 0 || !strings.Contains(o.out, "Because: looked at it in lines") {
		t.Errorf("without a terminal: exit code %d %s\n%s", o.code, o.err, o.out)
	}
	if i := strings.IndexFunc(o.out, func(r rune) bool { return r != '\n' && (r < ' ' || r == 0x7f) }); i >= 0 {
		t.Errorf("a control character in plain text: %q", o.out[i:min(i+40, len(o.out))])
	}
	if o := run(t, "--demo"); o.code != 2 || !strings.Contains(o.err, "not a terminal: use 'mkeaudit scan' for a report, or --plain for lines") {
		t.Errorf("a screen without a terminal: exit code %d: %s", o.code, o.err)
	}
}
