package journeys

import (
	"fmt"
	"testing"
)

// TestRecheck is the third journey: what was mended in another shell is looked at
// again with one key, and before and after stand beside each other.
func TestRecheck(t *testing.T) {
	asRoot(t)
	for _, s := range []size{small, large} {
		t.Run(s.String(), func(t *testing.T) { recheck(t, s) })
	}
}

func recheck(t *testing.T, s size) {
	n := emptyNode(t)
	p := n.start("kube-apiserver", "--profiling=true", "--anonymous-auth=true", "--service-account-lookup=true")
	x := open(t, s, launch(t, n.dir, nil, "--session", n.dir+"/session.jsonl"))
	x.until(settled, shows("live "))
	x.seek("1.2.17")
	x.until(entitled("1.2.17  FAIL, regression"), reads("--profiling = true"), reads(fmt.Sprintf("pid %d", p.pid())))

	// Nothing was mended: it says so.
	x.press("r", shows("1.2.17 re-run: nothing changed"))

	// Mended: one key, before and after.
	p.stop()
	p = n.start("kube-apiserver", "--profiling=false", "--anonymous-auth=true", "--service-account-lookup=true")
	x.press("r", shows("1.2.17 changed: FAIL -> ok; before and after stand in its pane"), entitled("1.2.17  pass, as published"), shows(" *"),
		reads("Changed at"), reads("Before FAIL: --profiling is true"), reads("Now pass: --profiling is false"),
		reads("was --profiling = true"), reads("is --profiling = false"))
	x.press("Down", lacks("1.2.17 changed"))
	x.press("J", want{"the pane scrolled", func(f frame) bool { k, _ := position(f); return k == 2 }})
	x.press("K", want{"the pane scrolled back", func(f frame) bool { k, _ := position(f); return k == 1 }})

	// Broken again elsewhere: the whole section, then everything.
	p.stop()
	p = n.start("kube-apiserver", "--profiling=false", "--anonymous-auth=false", "--service-account-lookup=false")
	x.press("Escape", shows("1 Control Plane"), lacks("/1.2.17"))
	x.press("R", shows("1.2 API Server re-run: 2 changed (marked *): 1.2.1, 1.2.23"))
	x.seek("1.2.17")
	p.stop()
	x.press("C-r", shows("everything re-run: "), entitled("1.2.17  unknown"), reads("Now unknown"), shows(" 0 of 131 determined"))
	x.leave("q")
}
