package journeys

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNotRoot looks at a node without rights: what can be read is judged as root
// would judge it, the rest is unknown and says what it needs, nothing that root sees
// fail or cannot see passes, and reviews have a place of their own.
func TestNotRoot(t *testing.T) {
	asRoot(t) // it takes root to start what cannot be read
	n := emptyNode(t)
	key := n.file("pki/apiserver.key", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", 0o600)
	n.start("kube-apiserver", "--profiling=true", "--anonymous-auth=false", "--tls-private-key-file="+key, "--tls-cert-file="+n.file("pki/apiserver.crt", "", 0o644))
	if err := os.Chmod(filepath.Dir(key), 0o700); err != nil {
		t.Fatal(err)
	}
	home := own(t, n.dir+"/home")
	become := stranger(t)
	seen := scan(t)
	o := runWith(t, nil, slices.Concat(become, launch(t, home, nil, "scan", "--format", "json", "--fail-on", "never", "--allow-unknown"))...)
	if o.code != 0 {
		t.Fatalf("scan: exit code %d: %s", o.code, o.err)
	}
	less := decode(t, o.out)
	if less.Summary.Unknown <= seen.Summary.Unknown {
		t.Errorf("root leaves %d unknown, a stranger %d: nothing is hidden", seen.Summary.Unknown, less.Summary.Unknown)
	}
	for _, c := range less.Results {
		if c.Status != "unknown" && c.Status != seen.control(t, c.ID).Status {
			t.Errorf("%s: a stranger finds %s, root %s: %s", c.ID, c.Status, seen.control(t, c.ID).Status, c.Reason)
		}
	}

	x := open(t, small, slices.Concat(become, launch(t, home, nil)))
	f := x.until(settled)
	if !strings.Contains(f.lines[2], "!") {
		t.Errorf("no warning says that not everything could be seen:\n%s", f)
	}
	x.press("i", tells("not everything on this node could be seen: not root"), tells("run with sudo"), tells(home+"/.local/state/mkeaudit"))
	x.press("Escape", shows("1.1 Control"))
	x.seek("1.1.21") // the key, in a directory that only root may enter
	x.until(entitled("1.1.21  unknown"), reads("needs root"), reads(filepath.Dir(key)))
	x.press("Escape", lacks("/1.1.21"))
	x.seek("1.2.17")
	x.until(entitled("1.2.17  FAIL, regression"))
	x.press("a", shows("Review 1.2.17"))
	x.press("f", shows("(*) fail"))
	x.press("Tab", at("Rationale"))
	x.enter("seen without rights", shows("seen without rights"))
	x.press("C-s", shows("saved: 1.2.17 reviewed as fail"))
	x.leave("q")
	kept, _ := filepath.Glob(home + "/.local/state/mkeaudit/*.session.jsonl")
	if len(kept) != 1 || mode(t, kept[0]) != 0o600 || mode(t, filepath.Dir(kept[0])) != 0o700 {
		t.Errorf("the journal is not kept for its owner alone: %v", kept)
	}

	// Nowhere to keep one: it says so when it is asked for, and looks all the same.
	x.again(slices.Concat(become, launch(t, "", nil)))
	x.until(settled)
	x.seek("1.2.17")
	x.press("a", shows("reviews cannot be saved here: "))
	x.press("i", tells("name a file with --session"))
	x.press("Escape", shows("/1.2.17"))
	x.leave("q")
}

// TestNoKubernetes looks at a machine that is no node: nothing passes, it says why,
// and it neither fails nor hangs.
func TestNoKubernetes(t *testing.T) {
	n := emptyNode(t)
	x := open(t, small, launch(t, n.dir, nil, "--session", n.dir+"/session.jsonl"))
	x.until(settled, shows(" 0 of 131 determined"), shows(" pass 0  fail 0  awaiting 0  unknown 131"))
	x.seek("1.2.17")
	x.until(entitled("1.2.17  unknown"))
	if os.Geteuid() == 0 {
		x.until(reads("no component of Kubernetes was found"))
	}
	x.press("r", shows("1.2.17 re-run: nothing changed"))
	x.leave("q")
	if o := run(t, "scan", "--allow-unknown", "--fail-on", "never"); o.code != 1 || !strings.Contains(o.err, "nothing was evaluated") {
		t.Errorf("scan: exit code %d: %s", o.code, o.err)
	}
	if _, err := os.Stat(n.dir + "/session.jsonl"); err == nil {
		t.Error("looking began a session")
	}
}
