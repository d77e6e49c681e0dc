package catalog

import (
	"regexp"
	"strings"
	"testing"
)

func embeddedBenchmark(t *testing.T) (*Benchmark, Texts, Advice, *Profile) {
	t.Helper()
	b, fsys, err := OpenBenchmark(DefaultBenchmark)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := LoadTexts(fsys, b)
	if err != nil {
		t.Fatal(err)
	}
	p, pfs, err := OpenProfile("mke-3.7", b)
	if err != nil {
		t.Fatal(err)
	}
	advice, err := LoadAdvice(pfs, b)
	if err != nil {
		t.Fatal(err)
	}
	return b, texts, advice, p
}

// The counts of the source document and of the benchmark.
func TestCounts(t *testing.T) {
	b, _, advice, p := embeddedBenchmark(t)
	section, published := map[ID]int{}, map[ID]int{}
	count := map[string]int{}
	for c := range b.Controls() {
		section[c.Section]++
		count[c.Assessment.String()]++
		count["level "+string(rune('0'+c.Level))]++
		count[c.Node.String()]++
		count[c.Judge.String()]++
		if c.Assessment == Manual && c.Judge == Machine {
			count["manual and machine"]++
		}
		if p.Published[c.ID] == PublishedFail {
			published[c.ID]++
		}
		count["published "+p.Published[c.ID].String()]++
	}
	for id, want := range map[ID]int{"1.1": 21, "1.2": 31, "1.3": 7, "1.4": 2, "2": 7, "3.1": 3, "3.2": 2, "4.1": 10, "4.2": 13,
		"5.1": 13, "5.2": 13, "5.3": 2, "5.4": 2, "5.5": 1, "5.7": 4} {
		if section[id] != want {
			t.Errorf("section %s has %d controls, want %d", id, section[id], want)
		}
	}
	for what, want := range map[string]int{"automated": 68, "manual": 63, "level 1": 119, "level 2": 12, "master": 107, "worker": 24,
		"person": 26, "machine": 105, "manual and machine": 37, "published pass": 120, "published fail": 11} {
		if count[what] != want {
			t.Errorf("%d %s, want %d", count[what], what, want)
		}
	}
	for _, id := range []ID{"1.1.12", "1.2.9", "1.2.11", "1.2.22", "1.2.31", "1.3.1", "4.1.7", "4.2.10", "4.2.11", "4.2.12", "5.1.6"} {
		if published[id] != 1 {
			t.Errorf("%s is not published as fail", id)
		}
		if advice.Notes[id].Text == "" {
			t.Errorf("%s is published as fail and has no note", id)
		}
	}
	if len(advice.Notes) != 13 {
		t.Errorf("%d vendor notes, want 13", len(advice.Notes))
	}
	if got := advice.Notes["5.1.6"].Items; len(got) != 5 {
		t.Errorf("5.1.6 lists %q, want the five workloads", got)
	}
	if s, ok := b.Section("5.6"); !ok || !s.NotInUse || s.Note == "" {
		t.Errorf("5.6 is not named as not in use: %+v", s)
	}
}

// The threshold of every file control is the one that its title names, and its
// locator is about the kind of file that its title names.
func TestFileChecksFollowTheirTitles(t *testing.T) {
	b, texts, _, _ := embeddedBenchmark(t)
	number := regexp.MustCompile(`permissions (?:are )?set to (\d+)`)
	kinds := []struct{ title, locator string }{
		{"pod specification file", "manifest"}, {"Container Network Interface", "cni"}, {"etcd data directory", "etcd-data-dir"},
		{"admin.conf", "path"}, {"scheduler.conf", "kubeconfig"}, {"controller-manager.conf", "kubeconfig"}, {"PKI", "pki"},
		{"kubelet service file", "kubelet-unit"}, {"proxy kubeconfig", "kubeconfig"}, {"kubelet.conf", "kubeconfig"},
		{"certificate authorities", "kubelet-client-ca"}, {"config.yaml", "kubelet-config"},
	}
	seen := 0
	for c := range b.Controls() {
		if c.Section != "1.1" && c.Section != "4.1" {
			continue
		}
		seen++
		for leaf := range c.Checks[0].Require.Leaves() {
			if m := number.FindStringSubmatch(c.Title); m != nil {
				if leaf.Op != OpModeWithin || leaf.Want[0] != "0"+m[1] {
					t.Errorf("%s: %s %v, and the title says %s", c.ID, leaf.Op, leaf.Want, m[1])
				}
				if !strings.Contains(texts[c.ID].Remediation, "chmod") {
					t.Errorf("%s is about permissions, and its remediation has no chmod", c.ID)
				}
			} else {
				if leaf.Op != OpOwnedBy || !strings.Contains(c.Title, leaf.Want[0]) {
					t.Errorf("%s: %s %v, and the title is %q", c.ID, leaf.Op, leaf.Want, c.Title)
				}
				if !strings.Contains(texts[c.ID].Remediation, "chown") {
					t.Errorf("%s is about ownership, and its remediation has no chown", c.ID)
				}
			}
			found := ""
			for _, k := range kinds {
				if strings.Contains(c.Title, k.title) {
					found = k.locator
					break
				}
			}
			if found != leaf.Name {
				t.Errorf("%s looks at %q, and its title is about %q", c.ID, leaf.Name, found)
			}
		}
	}
	if seen != 31 {
		t.Errorf("%d file controls, want 31", seen)
	}
}

// Texts hold no placeholder that a reader would have to fill in, and no text is
// another's copy.
func TestTexts(t *testing.T) {
	b, texts, advice, _ := embeddedBenchmark(t)
	placeholder := regexp.MustCompile(`\$[A-Za-z_{(]|<[a-z_-]+>`)
	copies := map[string]ID{}
	for c := range b.Controls() {
		text, remedy := texts[c.ID], advice.Remedies[c.ID]
		for what, s := range map[string]string{"rationale": text.Rationale, "impact": text.Impact, "remediation": text.Remediation, "remedy": remedy.Text} {
			if m := placeholder.FindString(s); m != "" {
				t.Errorf("%s: the %s holds the placeholder %q", c.ID, what, m)
			}
			if other, ok := copies[s]; ok {
				t.Errorf("%s: the %s is that of %s", c.ID, what, other)
			}
			copies[s] = c.ID
		}
		if n := strings.Count(text.Rationale, ". ") + strings.Count(text.Rationale, ".\n") + 1; n < 2 {
			t.Errorf("%s: the rationale is one sentence", c.ID)
		}
		for _, key := range remedy.Keys {
			last := key[strings.LastIndex(key, ".")+1:]
			if !strings.Contains(remedy.Fragment, last) {
				t.Errorf("%s: the fragment does not set %s", c.ID, key)
			}
		}
	}
}

// The five themes of the second source document each have controls of every weight.
func TestThemes(t *testing.T) {
	b, _, _, _ := embeddedBenchmark(t)
	if len(b.Themes) != 5 {
		t.Fatalf("%d themes, want 5", len(b.Themes))
	}
	for _, theme := range b.Themes {
		n := 0
		for c := range b.Controls() {
			if c.Theme == theme.ID {
				n++
			}
		}
		if n < 10 || theme.Text == "" {
			t.Errorf("theme %s has %d controls and the text %q", theme.ID, n, theme.Text)
		}
	}
}
