package audit

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"mkeaudit/audit/facts"
	"mkeaudit/catalog"
)

// RunExample builds the node that an example describes, audits it the way a live
// node is audited, and returns the finding, with an error where it is not the one
// that the example demands.
func RunExample(ctx context.Context, b *catalog.Benchmark, p *catalog.Profile, ex catalog.Example) (Finding, error) {
	node, err := imagined(b, ex)
	if err != nil {
		return Finding{}, err
	}
	profile := *p
	profile.Kubernetes = map[string]string{"0.0": kubernetesOf(ex)}
	auditor := Auditor{Benchmark: b, Profile: &profile}
	var finding Finding
	run := auditor.Start([]catalog.ID{ex.Control}, func(f Finding) { finding = f })
	s, err := facts.Collect(ctx, node, time.Minute, run.Next)
	if err != nil {
		return Finding{}, err
	}
	run.Finish(s)
	return finding, unlike(finding, ex)
}

func kubernetesOf(ex catalog.Example) string {
	if ex.Kubernetes == "" {
		return "1.27"
	}
	return ex.Kubernetes
}

// unlike compares a finding with what the example demands.
func unlike(f Finding, ex catalog.Example) error {
	var wrong []string
	differ := func(what, want, got string) {
		if want != "" && want != got {
			wrong = append(wrong, fmt.Sprintf("%s is %s, want %s", what, got, want))
		}
	}
	differ("status", ex.Status, f.Status.String())
	differ("reason code", ex.ReasonCode, f.ReasonCode.String())
	if f.Leaning != nil {
		differ("leaning", ex.Leaning, f.Leaning.String())
	}
	if ex.ByDefault != nil {
		differ("by default", strconv.FormatBool(*ex.ByDefault), strconv.FormatBool(f.ByDefault))
	}
	if ex.Says != "" && !strings.Contains(said(f), ex.Says) {
		wrong = append(wrong, fmt.Sprintf("nothing says %q", ex.Says))
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%s: control %s, example %q: %s\n%s", ex.Source, ex.Control, ex.Name, strings.Join(wrong, "; "), said(f))
}

// said is everything that a finding says, as text.
func said(f Finding) string {
	lines := append([]string{"  " + f.Reason}, f.Remarks...)
	for _, e := range f.Evidence {
		lines = append(lines, fmt.Sprintf("  %s %s: %s %s, expected %s (%s, %s) %s", e.Role, e.Subject, e.State, optional(e.Actual),
			optional(e.Expected), e.Origin, optional(e.Locator.Path), e.Note))
	}
	return strings.Join(lines, "\n")
}

func imagined(b *catalog.Benchmark, ex catalog.Example) (facts.Imagined, error) {
	n := facts.Imagined{
		Host:     facts.Host{Name: "example", ID: strings.Repeat("0", 64)},
		View:     facts.View{Complete: !ex.Incomplete},
		Accounts: facts.Accounts{State: facts.Present, Users: map[string]int{"root": 0}, Groups: map[string]int{"root": 0}},
		Keep:     Keep(b),
		Tool:     "example",
	}
	if ex.Incomplete {
		n.View.EUID, n.View.Gaps = 1000, []string{"not root"}
	}
	if kubernetesOf(ex) != "unknown" {
		n.Containers = append(n.Containers, facts.Container{ID: strings.Repeat("f", 64), Name: "ucp-proxy", Version: "0.0"})
	}
	for name, ids := range ex.Accounts {
		n.Accounts.Users[name], n.Accounts.Groups[name] = ids[0], ids[1]
	}
	for i, p := range ex.Process {
		if len(p.Argv) == 0 {
			return n, fmt.Errorf("%s: a process has no argv", ex.Source)
		}
		raw := facts.RawProcess{PID: 1000 + i, Argv: p.Argv, Exe: p.Exe, UIDs: []int{p.UID, p.UID, p.UID, p.UID}, Cwd: p.Cwd,
			Env: p.Env, EnvDenied: p.EnvDenied, Root: facts.Root(p.Root), Cgroup: "0::/"}
		if raw.Exe == "" {
			raw.Exe = "/usr/bin/" + path.Base(p.Argv[0])
		}
		raw.Comm = path.Base(raw.Exe)
		id := fmt.Sprintf("%064x", i+1)
		if p.Container != "" {
			raw.Cgroup = "0::/docker/" + id
			n.Containers = append(n.Containers, facts.Container{ID: id, Name: p.Container, Image: p.Image})
		}
		switch p.Pod {
		case "":
		case "static":
			raw.Cgroup = "0::/kubepods/burstable/pod0123456789abcdef0123456789abcdef/" + id
		default:
			raw.Cgroup = "0::/kubepods/burstable/pod" + p.Pod + "/" + id
		}
		n.Processes = append(n.Processes, raw)
	}
	for _, f := range ex.File {
		file := facts.ImaginedFile{Root: facts.Root(f.Root), Path: f.Path, Type: facts.Regular, Mode: 0o600, Text: f.Text, Link: f.Link, Denied: f.Denied}
		switch {
		case f.Link != "":
			file.Type = facts.Link
		case f.Dir:
			file.Type, file.Mode = facts.Directory, 0o700
		case f.FIFO:
			file.Type = facts.Other
		}
		if f.Mode != "" {
			mode, err := strconv.ParseUint(f.Mode, 8, 12)
			if err != nil {
				return n, fmt.Errorf("%s: mode %q is not octal", ex.Source, f.Mode)
			}
			file.Mode = uint32(mode)
		}
		if f.Owner != "" {
			if _, err := fmt.Sscanf(f.Owner, "%d:%d", &file.UID, &file.GID); err != nil {
				return n, fmt.Errorf("%s: owner %q is not of the form 0:0", ex.Source, f.Owner)
			}
		}
		n.Files = append(n.Files, file)
	}
	return n, nil
}
