package tui

import (
	"github.com/charmbracelet/bubbles/key"

	"mkeaudit/tui/part"
)

// keyMap are the keys that work in the tree and in the pane beside it. The foot of
// the screen, the help and the behaviour are all made from it.
type keyMap struct {
	Rerun, RerunGroup, RerunAll key.Binding
	Review, Search, Filter      key.Binding
	NeedsMe, Themes, Queue      key.Binding
	Clear, Info, Help           key.Binding
	Focus, Zoom, Down, Up       key.Binding
	Cancel, Suspend, Quit, Stop key.Binding
}

func newKeyMap() keyMap {
	bind := func(help, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
	}
	return keyMap{
		Rerun:      bind("r", "re-run this control", "r"),
		RerunGroup: bind("R", "re-run the whole section (theme, queue)", "R"),
		RerunAll:   bind("ctrl+r", "re-run everything", "ctrl+r"),
		Review:     bind("a", "review this control", "a"),
		Search:     bind("/", "search id, title and text", "/"),
		Filter:     bind("f", "filter", "f"),
		NeedsMe:    bind("n", "only what needs me, or everything", "n"),
		Themes:     bind("t", "read by theme, or by section", "t"),
		Queue:      bind("s", "read as the queue (by standing), or by section", "s"),
		Clear:      bind("x", "clear search and filter", "x"),
		Info:       bind("i", "the node, its versions, the session, warnings", "i"),
		Help:       bind("?", "help", "?", "f1"),
		Focus:      bind("tab", "between tree and pane", "tab", "shift+tab"),
		Zoom:       bind("z", "the pane over the whole width, or beside the tree", "z"),
		Down:       bind("J", "in the tree: scroll the pane down", "J"),
		Up:         bind("K", "in the tree: scroll the pane up", "K"),
		Cancel:     bind("esc", "cancel the audit; else back; else clear search and filter", "esc"),
		Suspend:    bind("ctrl+z", "suspend (fg comes back)", "ctrl+z"),
		Quit:       bind("q", "quit; in help, node and filter: back", "q"),
		Stop:       bind("ctrl+c", "quit at once, from anywhere", "ctrl+c"),
	}
}

// all lists the bindings in the order of the help.
func (k keyMap) all() []key.Binding {
	return []key.Binding{k.Rerun, k.RerunGroup, k.RerunAll, k.Review, k.Search, k.Filter, k.NeedsMe, k.Themes, k.Queue, k.Clear,
		k.Focus, k.Zoom, k.Down, k.Up, k.Info, k.Help, k.Cancel, k.Suspend, k.Quit, k.Stop}
}

// hint is a key with one word, for the foot of the screen. One that must be there
// is there also where there is little room.
type hint struct {
	key  key.Binding
	word string
	must bool
}

func (h hint) width() int { return part.Width(h.key.Help().Key) + 1 + part.Width(h.word) + 2 }

// hints are what the foot of the screen names, most useful first.
func (m Model) hints() []hint {
	k := m.keys
	may := func(k key.Binding, word string) hint { return hint{k, word, false} }
	must := func(k key.Binding, word string) hint { return hint{k, word, true} }
	switch {
	case m.at == onForm:
		f := m.form.Keys()
		return []hint{must(f[0], "save"), must(f[1], "leave"), may(f[2], "next field"), may(f[3], "previous"), may(k.Stop, "quit")}
	case m.at == onFilter:
		f := m.filter.Keys()
		return []hint{must(f[len(f)-3], "choose"), may(f[len(f)-2], "clear"), must(f[len(f)-1], "back"), may(k.Help, "help")}
	case m.at == onHelp, m.at == onInfo:
		return []hint{must(k.Cancel, "back"), may(k.Stop, "quit")}
	case m.at == onPane:
		return []hint{must(k.Focus, "tree"), may(k.Rerun, "re-run"), may(k.Review, "review"), may(m.pane.Fold(), "unfold"), may(m.pane.Copy(), "copy"),
			must(k.Help, "help"), must(k.Quit, "quit"), may(k.Zoom, "zoom"), may(k.Search, "search"), may(k.RerunGroup, "re-run section")}
	case m.tree.Typing():
		return []hint{must(m.tree.Accept(), "keep"), must(m.tree.Drop(), "drop"), may(k.Stop, "quit")}
	}
	return []hint{may(k.Search, "search"), may(k.NeedsMe, "needs me"), may(k.Filter, "filter"), may(k.Themes, "themes"), may(k.Rerun, "re-run"),
		may(k.Review, "review"), must(k.Help, "help"), must(k.Quit, "quit"), may(k.Queue, "queue"), may(k.Info, "node"), may(k.RerunAll, "re-run all"), may(k.Clear, "clear")}
}
