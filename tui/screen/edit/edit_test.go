package edit_test

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"mkeaudit/tui/screen/edit"
	"mkeaudit/tui/theme"
)

var plain = theme.With(termenv.Ascii, false, false)

func press(m edit.Model, keys ...tea.KeyMsg) edit.Model {
	for _, k := range keys {
		m, _ = m.Update(k)
	}
	return m
}

func typed(s string) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s)} }

func TestEdit(t *testing.T) {
	k := func(t tea.KeyType) tea.KeyMsg { return tea.KeyMsg{Type: t} }
	tests := []struct {
		name  string
		lines bool
		start string
		keys  []tea.KeyMsg
		want  string
	}{
		{"type", false, "", []tea.KeyMsg{typed("ab"), {Type: tea.KeySpace, Runes: []rune(" ")}, typed("c")}, "ab c"},
		{"in the middle", false, "ac", []tea.KeyMsg{k(tea.KeyLeft), typed("b")}, "abc"},
		{"backspace", false, "abc", []tea.KeyMsg{k(tea.KeyLeft), k(tea.KeyBackspace)}, "ac"},
		{"backspace at the start", false, "abc", []tea.KeyMsg{k(tea.KeyHome), k(tea.KeyBackspace)}, "abc"},
		{"delete", false, "abc", []tea.KeyMsg{k(tea.KeyHome), k(tea.KeyDelete)}, "bc"},
		{"delete at the end", false, "abc", []tea.KeyMsg{k(tea.KeyDelete)}, "abc"},
		{"word back", false, "one two", []tea.KeyMsg{k(tea.KeyCtrlW)}, "one "},
		{"to the start", false, "one two", []tea.KeyMsg{k(tea.KeyCtrlU)}, ""},
		{"to the end", false, "one two", []tea.KeyMsg{k(tea.KeyHome), k(tea.KeyCtrlRight), k(tea.KeyCtrlK)}, "one"},
		{"end", false, "ab", []tea.KeyMsg{k(tea.KeyHome), k(tea.KeyEnd), typed("c")}, "abc"},
		{"enter in one line", false, "ab", []tea.KeyMsg{k(tea.KeyEnter)}, "ab"},
		{"enter in several", true, "ab", []tea.KeyMsg{k(tea.KeyLeft), k(tea.KeyEnter)}, "a\nb"},
		{"up and down", true, "abc\nd\nefg", []tea.KeyMsg{k(tea.KeyUp), k(tea.KeyUp), typed("X")}, "aXbc\nd\nefg"},
		{"kill one line of several", true, "abc\ndef", []tea.KeyMsg{k(tea.KeyCtrlU)}, "abc\n"},
		{"paste of lines in one line", false, "", []tea.KeyMsg{{Type: tea.KeyRunes, Runes: []rune("a\r\nb\tc"), Paste: true}}, "a b    c"},
		{"paste of lines in several", true, "", []tea.KeyMsg{{Type: tea.KeyRunes, Runes: []rune("a\r\nb\rc"), Paste: true}}, "a\nb\nc"},
		{"paste of escapes", true, "", []tea.KeyMsg{{Type: tea.KeyRunes, Runes: []rune("\x1b[31mred\u202e"), Paste: true}}, `[31mred\u202e`},
		{"limit", false, "", []tea.KeyMsg{typed(strings.Repeat("x", 100))}, strings.Repeat("x", 40)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := press(edit.New(40, tt.lines).Resize(10, 3).Set(tt.start).Focus(true), tt.keys...)
			if got := m.Value(); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// The arrows that would leave the field are not used, so that the form takes them.
func TestLeaves(t *testing.T) {
	m := edit.New(40, true).Resize(10, 3).Set("a\nb")
	if _, used := m.Update(tea.KeyMsg{Type: tea.KeyDown}); used {
		t.Error("down is used on the last line")
	}
	m, used := m.Update(tea.KeyMsg{Type: tea.KeyUp})
	if !used {
		t.Error("up is not used on the last line")
	}
	if _, used := m.Update(tea.KeyMsg{Type: tea.KeyUp}); used {
		t.Error("up is used on the first line")
	}
}

// The line of the cursor is in view.
func TestFollows(t *testing.T) {
	m := edit.New(400, true).Resize(10, 2).Focus(true).Set("one\ntwo\nthree\nfour")
	if got := strings.Join(m.View(plain), "|"); got != "three     |four      " {
		t.Errorf("%q", got)
	}
	m = press(m, tea.KeyMsg{Type: tea.KeyCtrlHome})
	if got := strings.Join(m.View(plain), "|"); got != "one       |two       " {
		t.Errorf("%q", got)
	}
}

// FuzzEdit: whatever is typed, the field has its size and its limit.
func FuzzEdit(f *testing.F) {
	f.Add("hello world", []byte{1, 2, 3}, 10, 2)
	f.Add("宽宽宽 e\u0301", []byte("abcdef"), 3, 1)
	types := []tea.KeyType{tea.KeyLeft, tea.KeyRight, tea.KeyUp, tea.KeyDown, tea.KeyHome, tea.KeyEnd, tea.KeyBackspace, tea.KeyDelete, tea.KeyCtrlW,
		tea.KeyCtrlU, tea.KeyCtrlK, tea.KeyEnter, tea.KeyCtrlLeft, tea.KeyCtrlRight, tea.KeyCtrlHome, tea.KeyCtrlEnd, tea.KeySpace}
	f.Fuzz(func(t *testing.T, text string, keys []byte, width, height int) {
		width, height = 1+abs(width)%60, 1+abs(height)%8
		for _, lines := range []bool{false, true} {
			m := edit.New(200, lines).Resize(width, height).Focus(true)
			runes := []rune(text)
			for i, k := range keys {
				if i > 100 {
					break
				}
				if int(k) < len(types) {
					m = press(m, tea.KeyMsg{Type: types[k]})
				} else if len(runes) > 0 {
					m = press(m, typed(string(runes[int(k)%len(runes)])))
				}
				if i == 3 {
					m = press(m, typed(text))
				}
				if n := len([]rune(m.Value())); n > 200 {
					t.Fatalf("%d runes", n)
				}
				if !lines && strings.Contains(m.Value(), "\n") {
					t.Fatal("a line break in a field of one line")
				}
				view := m.View(plain)
				if len(view) != height {
					t.Fatalf("%d lines, want %d", len(view), height)
				}
				for _, l := range view {
					if w := ansi.StringWidth(l); w != width {
						t.Fatalf("%d cells, want %d: %q in %q", w, width, l, m.Value())
					}
				}
			}
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}
