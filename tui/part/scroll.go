package part

import "strconv"

// Window is a view of a list that is longer than the screen: which line is under
// the cursor, and which is the first that shows. The zero value is at the top.
type Window struct {
	Cursor int
	Top    int
}

// In keeps the window inside a list of n lines with height lines showing, and the
// cursor in view.
func (w Window) In(n, height int) Window {
	w.Cursor = min(max(w.Cursor, 0), max(n-1, 0))
	if height < 1 {
		w.Top = w.Cursor
		return w
	}
	w.Top = min(max(w.Top, w.Cursor-height+1), w.Cursor)
	w.Top = max(min(w.Top, n-height), 0)
	return w
}

// Scroll moves the view and takes the cursor along.
func (w Window) Scroll(by, n, height int) Window {
	w.Top += by
	w.Cursor += by
	return w.In(n, height)
}

// Position says where in the list the cursor is: "12/131".
func (w Window) Position(n int) string {
	if n == 0 {
		return "0/0"
	}
	return strconv.Itoa(w.Cursor+1) + "/" + strconv.Itoa(n)
}
