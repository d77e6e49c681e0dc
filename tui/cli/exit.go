package cli

import (
	"errors"
	"fmt"
)

// The exit codes; they are a contract.
const (
	ExitClean      = 0 // nothing that was asked for tripped
	ExitFailed     = 1 // the audit could not run, or nothing was evaluated
	ExitUsage      = 2 // wrong usage: flags, words, configuration
	ExitGate       = 3 // a result that --fail-on names is there
	ExitIncomplete = 4 // no gate tripped, but a selected control is unknown
)

// codeError is an error with an exit code of its own. With a nil error everything
// is said already.
type codeError struct {
	code int
	err  error
}

func (e codeError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e codeError) Unwrap() error { return e.err }

// wrong is an error of usage.
func wrong(format string, args ...any) error {
	return codeError{ExitUsage, fmt.Errorf(format, args...)}
}

// exit ends with a code when everything is said.
func exit(code int) error {
	if code == ExitClean {
		return nil
	}
	return codeError{code: code}
}

// codeOf returns the exit code of an error.
func codeOf(err error) int {
	var coded codeError
	switch {
	case err == nil:
		return ExitClean
	case errors.As(err, &coded):
		return coded.code
	}
	return ExitFailed
}
