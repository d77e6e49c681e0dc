package controls_test

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"mkeaudit/audit"
	"mkeaudit/catalog"
	"mkeaudit/tui/book"
	"mkeaudit/tui/internal/fixture"
	"mkeaudit/tui/screen"
	"mkeaudit/tui/screen/controls"
	"mkeaudit/tui/theme"
)

var plain = theme.With(termenv.Ascii, false, false)

func press(m controls.Model, keys string) (controls.Model, screen.Action) {
	var a screen.Action
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{k}}
		if k == '\r' {
			msg = tea.KeyMsg{Type: tea.KeyEnter}
		}
		m, a, _ = m.Update(msg)
	}
	return m, a
}

func selected(m controls.Model) string {
	row, group := m.Selected()
	switch {
	case row != nil:
		return string(row.Control.ID)
	case group != nil:
		return group.Key
	}
	return ""
}

// The cursor stays on its control through every change of what is shown.
func TestCursorStays(t *testing.T) {
	b := fixture.Book()
	m := controls.New(b, plain).Resize(60, 20)
	m, _ = press(m, "+")
	for selected(m) != "1.2.9" {
		m, _ = press(m, "j")
	}
	f := fixture.Findings()[6]
	f.Status, f.ReasonCode = audit.Pass, audit.Met
	b.Settle(f, "new", fixture.Now)
	for name, step := range map[string]func(controls.Model) controls.Model{
		"refresh": func(m controls.Model) controls.Model { return m.Refresh() },
		"resize":  func(m controls.Model) controls.Model { return m.Resize(60, 3) },
		"filter":  func(m controls.Model) controls.Model { return m.WithFilter(book.Filter{Search: "eventratelimit"}) },
		"unfilter": func(m controls.Model) controls.Model {
			return m.WithFilter(book.Filter{Search: "e"}).WithFilter(book.Filter{})
		},
	} {
		if got := selected(step(m)); got != "1.2.9" {
			t.Errorf("after %s the cursor is on %q", name, got)
		}
	}
}

// Stepping goes over headings and opens closed ones.
func TestStep(t *testing.T) {
	m := controls.New(fixture.Book(), plain).Resize(60, 20)
	var seen []string
	for ok := true; ok; {
		if m, ok = m.Step(1); ok {
			seen = append(seen, selected(m))
		}
	}
	if got := strings.Join(seen, " "); got != "1.1.1 1.1.12 1.1.20 1.2.1 1.2.6 1.2.9 1.2.30 2.1 2.7 4.2.1 4.2.13 5.1.1 5.1.2 5.1.8" {
		t.Errorf("stepped over %s", got)
	}
	m, _ = m.Step(-1)
	if selected(m) != "5.1.2" {
		t.Errorf("back on %s", selected(m))
	}
}

// R takes the group in which the cursor is, a chapter with its sections.
func TestAround(t *testing.T) {
	m := controls.New(fixture.Book(), plain).Resize(60, 20)
	title, ids := m.Around()
	if title != "1 Control Plane Components" || len(ids) != 7 {
		t.Errorf("%s: %v", title, ids)
	}
	m, _ = press(m, "jj")
	title, ids = m.Around()
	if title != "1.2 API Server" || fmt.Sprint(ids) != "[1.2.1 1.2.6 1.2.9 1.2.30]" {
		t.Errorf("%s: %v", title, ids)
	}
	m, _ = press(m.WithFilter(book.Filter{Search: "anonymous"}), "g")
	if _, ids = m.Around(); fmt.Sprint(ids) != "[1.2.1]" {
		t.Errorf("with a filter %v", ids)
	}
}

// The master's controls stand behind one line on a worker, and it opens.
func TestOtherNodes(t *testing.T) {
	b := fixture.Book()
	for _, id := range []catalog.ID{"1.1.1", "1.1.12", "1.1.20", "2.1"} {
		b.Settle(audit.Finding{Control: id, Status: audit.NotApplicable, ReasonCode: audit.OffNode}, "x", fixture.Now)
	}
	m := controls.New(b, plain).Resize(60, 30)
	m, _ = press(m, "+")
	text := ansi.Strip(strings.Join(m.View(), "\n"))
	if strings.Contains(text, "1.1.1 ") || strings.Contains(text, " 1.1 ") || !strings.Contains(text, "4 controls are about other nodes") {
		t.Errorf("hidden:\n%s", text)
	}
	m, _ = press(m, "G\r+")
	text = ansi.Strip(strings.Join(m.View(), "\n"))
	if !strings.Contains(text, "1.1.1 ") || !strings.Contains(text, "4 controls are about other nodes") {
		t.Errorf("shown:\n%s", text)
	}
	m, _ = press(m, "o")
	if text = ansi.Strip(strings.Join(m.View(), "\n")); strings.Contains(text, "1.1.1 ") {
		t.Errorf("hidden again:\n%s", text)
	}
}

// Every row has its width and its word, in both sets of signs.
func TestRowWidths(t *testing.T) {
	for _, th := range []theme.Theme{plain, theme.With(termenv.Ascii, false, true)} {
		for width := 2; width < 150; width += 3 {
			m := controls.New(fixture.Book(), th).Resize(width, 40)
			m, _ = press(m, "+")
			for _, l := range m.View() {
				if w := ansi.StringWidth(l); width >= 30 && w != width {
					t.Fatalf("%d cells, want %d: %q", w, width, l)
				}
			}
		}
		text := ""
		for width, words := range map[int][]string{
			38:  {"ok ", "FAIL 1.1.12", "? ", "man ", "n/a ", "known", "REGR", "harder", "expired", "rev ok"},
			140: {"known exception", "regression", "hardened", "review expired", "reviewed pass", "as published"},
		} {
			m, _ := press(controls.New(fixture.Book(), th).Resize(width, 40), "+")
			text = strings.Join(m.View(), "\n")
			for _, word := range words {
				if !strings.Contains(text, word) {
					t.Errorf("no row says %q:\n%s", word, text)
				}
			}
		}
		if th.ASCII {
			for _, r := range text {
				if r > 0x7e {
					t.Fatalf("%q in ASCII", r)
				}
			}
		}
	}
}
