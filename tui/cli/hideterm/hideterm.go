// Package hideterm keeps the terminal quiet until the program has decided what it
// does.
//
// Bubble Tea v1 asks the terminal for its background colour while the package is
// imported, and waits up to five seconds for the answer: a scan would write an escape
// sequence in front of its report, and a terminal that does not answer would hold up
// even "version". It does not ask a terminal that calls itself dumb. So this package
// says dumb first, and Restore says the truth again.
//
// It must be initialised before Bubble Tea. Go initialises, of the packages whose
// imports are ready, always the one whose path sorts first. This one imports os and
// nothing else, and Bubble Tea imports os/exec, which imports os and sorts after
// "mkeaudit". A test holds the program to it on a terminal that never answers.
package hideterm

import "os"

var term, set = hide()

func hide() (string, bool) {
	term, set := os.LookupEnv("TERM")
	os.Setenv("TERM", "dumb")
	return term, set
}

// Restore puts TERM back as it was when the program began. It is the first thing
// that main does.
func Restore() {
	if set {
		os.Setenv("TERM", term)
	} else {
		os.Unsetenv("TERM")
	}
}
