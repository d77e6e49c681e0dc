package journeys

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cuts is how often the power is cut.
const cuts = 50

// identified is a row of the tree with a control.
var identified = regexp.MustCompile(`^\S+\s+\S+\s+(\d+(?:\.\d+)+)\s`)

// TestKill cuts the power fifty times at random moments while reviews are typed and
// saved. Every review that the screen called saved must be in the session after each
// cut, and on the screen at the end. JOURNEY_SEED repeats a run.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("JOURNEY_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("JOURNEY_SEED: %v", err)
		}
		seed = n
	}
	t.Logf("JOURNEY_SEED=%d", seed)
	k := &killing{chance: rand.New(rand.NewPCG(seed, 1)), counted: map[string]string{}, latest: map[string]string{}, hit: map[string]int{}}
	home := scratch(t)
	file := filepath.Join(home, "session.jsonl")
	command := launch(t, home, nil, "--demo", "--session", file)
	x := open(t, small, command)
	for round := range cuts {
		if round > 0 {
			x.again(command)
		}
		k.round(t, x, round)
		k.check(t, file)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d reviews were called saved; the cuts hit %v; %d cuts left half an entry", len(k.counted), k.hit, k.torn)
	if len(k.counted) < cuts/2 || k.hit["saving"] == 0 {
		t.Errorf("too little was under way when the power was cut to show anything")
	}

	// After all of it the program starts, and shows and takes reviews.
	x.again(command)
	x.until(settled, lacks("cannot be saved"))
	x.press("i", tells(fmt.Sprintf("; %d are there", k.kept)))
	x.press("Escape", shows("1.1 Control"))
	for id, marker := range k.latest {
		x.seek(id)
		x.until(entitled(id), shows("rev ok"))
		if all := squeezed(strings.Join(x.document(), "")); !strings.Contains(all, marker) {
			t.Errorf("the pane of %s does not tell of the review %q", id, marker)
		}
		x.press("Escape", shows("1 Control Plane"), lacks("/"+id))
		break // one is as good as all: the count above is of all
	}
	x.leave("q")
	if o := run(t, "session", "verify", file); o.code != 0 {
		t.Errorf("session verify: exit code %d: %s%s", o.code, o.out, o.err)
	}
}

type killing struct {
	chance  *rand.Rand
	counted map[string]string // marker -> control, of every review that was called saved
	latest  map[string]string // control -> its last marker
	hit     map[string]int    // what was under way
	kept    int               // controls with a review, by the journal
	torn    int
}

// round types reviews until the power is cut: at any moment, soon after a save was
// asked for, or as soon as the screen calls a review saved.
func (k *killing) round(t *testing.T, x *terminal, round int) {
	t.Helper()
	x.until(settled)
	pid := x.pid()
	x.press("+", shows(" 1.1.1 "))
	for range k.chance.IntN(5) {
		before := x.look().pointed()
		x.press("NPage", want{"another page", func(f frame) bool { return f.pointed() != before }})
	}
	cut := func(within time.Duration) { // the program is killed while the keys go on
		time.AfterFunc(time.Duration(k.chance.Int64N(int64(within))), func() { x.kill(pid) })
	}
	last := k.chance.IntN(3) // the review that the cut aims at
	if round%3 == 0 {
		last = -1
		cut(500 * time.Millisecond)
	}
	for n := 0; ; n++ {
		marker := fmt.Sprintf("cut%dreview%d.", round, n)
		doing, id, err := k.review(x, marker, func() {
			if n == last && round%3 == 1 {
				cut(4 * time.Millisecond)
			}
		})
		if strings.Contains(x.last.String(), "saved: "+id+" reviewed as pass") && (doing == "saving" || err == nil) {
			k.counted[marker], k.latest[id] = id, marker
		}
		if err == nil && n == last && round%3 == 2 {
			x.kill(pid)
			x.until(ended)
			doing, err = "saved", errEnded
		}
		if err != nil {
			k.hit[doing]++
			return
		}
	}
}

// review reviews the next control of the tree, key by key. It says what was under
// way when the program ended.
func (k *killing) review(x *terminal, marker string, saving func()) (doing, id string, err error) {
	x.t.Helper()
	send := func(keys ...string) { x.must(append([]string{"send-keys", "-t", "j"}, keys...)...) }
	step := func(now string, wanted want, keys ...string) bool {
		doing = now
		send(keys...)
		_, err = x.wait(wanted)
		return err == nil
	}
	for id == "" {
		before := x.last.pointed()
		if !step("moving", want{"the cursor off " + before, func(f frame) bool { return f.pointed() != before }}, "Down") {
			return doing, id, err
		}
		if m := identified.FindStringSubmatch(x.last.pointed() + " "); m != nil {
			id = m[1]
		}
	}
	typed := want{"what was typed", func(f frame) bool { return strings.Contains(squeezed(f.String()), marker) }}
	if step("opening", shows("Review "+id+" "), "a") && step("choosing", shows("(*) pass"), "p") && step("typing", at("Rationale"), "Tab") &&
		step("typing", typed, "-l", "--", marker) {
		doing = "saving"
		send("C-s")
		saving()
		_, err = x.glimpse(shows("saved: " + id + " reviewed as pass"))
	}
	return doing, id, err
}

// check holds the journal against what the screen said.
func (k *killing) check(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Stat(file); err != nil && len(k.counted) == 0 {
		return // nothing was saved yet, and looking creates nothing
	}
	o := run(t, "session", "show", file)
	if o.code != 0 {
		t.Errorf("session show: exit code %d: %s", o.code, o.err)
		return
	}
	kept := map[string]string{} // control -> text of its reviews
	for _, l := range strings.Split(o.out, "\n") {
		if _, rest, ok := strings.Cut(l, "review of "); ok {
			id, text, _ := strings.Cut(rest, ": ")
			kept[id] += text + "\n"
		}
	}
	k.kept = len(kept)
	if strings.Contains(o.out, "not written to its end") {
		k.torn++
	}
	for marker, id := range k.counted {
		if !strings.Contains(kept[id], marker) {
			t.Errorf("the screen called review %q of %s saved, and it is gone:\n%s", marker, id, o.out)
		}
	}
}
