// Package journeys walks the ways that a person goes through mkeaudit: the real
// program, in a real terminal (tmux), on real processes. It imports nothing of the
// program. e2e/run builds what it needs and runs it:
//
//	MKEAUDIT=/path/to/mkeaudit go test -count=1 -v ./...
//
// A key is sent only after the screen has shown what the key before it does, so
// there is nothing to wait for but the screen. What this machine cannot run is
// skipped with a line that begins with NOT RUN and says what is missing.
package journeys
