package tui

import "github.com/charmbracelet/bubbles/key"

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

// hint is a key with one word, for the foot of the screen.
type hint struct {
	key  key.Binding
	word string
}

// hints are what the foot of the screen names, most useful first.
func (m Model) hints() []hint {
	k := m.keys
	switch m.at {
	case onForm:
		f := m.form.Keys()
		return []hint{{f[0], "save"}, {f[1], "leave"}, {f[2], "next field"}, {f[3], "previous"}, {k.Stop, "quit"}}
	case onFilter:
		f := m.filter.Keys()
		return []hint{{f[len(f)-3], "choose"}, {f[len(f)-2], "clear"}, {f[len(f)-1], "back"}, {k.Help, "help"}}
	case onHelp, onInfo:
		return []hint{{k.Cancel, "back"}, {k.Quit, "back"}, {k.Stop, "quit"}}
	case onPane:
		return []hint{{k.Focus, "tree"}, {k.Rerun, "re-run"}, {k.Review, "review"}, {m.pane.Fold(), "unfold"}, {m.pane.Copy(), "copy"},
			{k.Zoom, "zoom"}, {k.Search, "search"}, {k.Help, "help"}, {k.Quit, "quit"}}
	}
	if m.tree.Typing() {
		return []hint{{m.tree.Accept(), "keep"}, {m.tree.Drop(), "drop"}, {k.Stop, "quit"}}
	}
	return []hint{{k.Search, "search"}, {k.NeedsMe, "needs me"}, {k.Filter, "filter"}, {k.Themes, "themes"}, {k.Rerun, "re-run"},
		{k.Review, "review"}, {k.Help, "help"}, {k.Quit, "quit"}, {k.Queue, "queue"}, {k.Info, "node"}, {k.RerunAll, "re-run all"}, {k.Clear, "clear"}}
}
