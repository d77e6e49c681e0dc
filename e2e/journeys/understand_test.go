package journeys

import (
	"fmt"
	"strings"
	"testing"
)

// TestUnderstand is the second journey: whoever reads one control to its end has
// seen what it asks, why, what was seen and where, what was expected, what the vendor
// published and why, and how to fix it on MKE and not on another distribution.
func TestUnderstand(t *testing.T) {
	for _, c := range []struct {
		id  string
		key string // the configuration key that the remedy names; "" where MKE has none
	}{
		{id: "1.2.9", key: "cluster_config.k8s_event_rate_limit.event_rate_limit_ac_enabled"}, // a flag, with a note
		{id: "1.1.12"}, // a file in a container
		{id: "3.2.2"},  // for a person, with a leaning
	} {
		for _, s := range []size{small, large} {
			t.Run(c.id+" "+s.String(), func(t *testing.T) { understand(t, s, c.id, c.key) })
		}
	}
}

func understand(t *testing.T, s size, id, key string) {
	r := scan(t, "--demo").control(t, id)
	x := open(t, s, launch(t, t.TempDir(), nil, "--demo"))
	x.until(settled)
	x.seek(id)
	x.until(entitled(id + "  " + map[string]string{"pass": "pass", "fail": "FAIL", "manual": "manual"}[r.Status]))
	all := x.document()
	whole := squeezed(strings.Join(all, "\n"))
	has := func(what, text string) {
		t.Helper()
		if !strings.Contains(whole, squeezed(text)) {
			t.Errorf("%s: the pane never says %s: %q", id, what, text)
		}
	}

	has("what it is", id+" "+r.Title)
	has("the reason", r.Reason)
	for _, e := range r.Evidence {
		has("what was looked at", e.Subject)
		if e.Actual != nil {
			has("what was seen", "= "+*e.Actual)
		}
		if e.Expected != nil {
			has("what was wanted", "Wanted "+*e.Expected)
		}
		has("the source", e.Source)
		has("where the value is from", "("+e.Origin+")")
		if p := e.Locator.PID; p != nil {
			has("the process", fmt.Sprintf("pid %d", *p))
		}
		for what, text := range map[string]*string{"the container": e.Locator.Container, "the path": e.Locator.Path, "the path on the host": e.Locator.HostPath} {
			if text != nil {
				has(what, *text)
			}
		}
	}
	if r.Leaning != nil {
		has("the leaning", "the evidence leans")
	}
	if r.Published != nil {
		has("what was published", "Published by the vendor Result")
		has("for which release", "for 3.7.2")
	}
	if r.PublishedNote != nil {
		has("why it was published so", *r.PublishedNote)
	}
	for _, heading := range []string{"Evidence", "Fix on Mirantis Kubernetes Engine 3.7", "What it asks", "Why", "Impact"} {
		if strings.TrimSpace(section(all, heading, "")) == "" {
			t.Errorf("%s: there is no heading %q with a text under it", id, heading)
		}
	}
	fix := section(all, "Fix on Mirantis Kubernetes Engine 3.7", "What it asks")
	if key != "" && !strings.Contains(squeezed(fix), "Key"+key) {
		t.Errorf("%s: the remedy does not name the key %s:\n%s", id, key, fix)
	}
	if !strings.Contains(fix, "Sure?") {
		t.Errorf("%s: the remedy does not say how sure it is:\n%s", id, fix)
	}
	if strings.Contains(squeezed(fix), "/etc/kubernetes/manifests") {
		t.Errorf("%s: the remedy on MKE is one for kubeadm:\n%s", id, fix)
	}
	if t.Failed() {
		t.Logf("the pane says:\n%s", strings.Join(all, "\n"))
	}

	x.leave("q")
}
