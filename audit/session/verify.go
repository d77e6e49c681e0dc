package session

import (
	"fmt"
	"io"
)

// Report is what checking a journal found.
type Report struct {
	Format  string // the word with which it opens, or ""
	Entries int
	Head    string // Hash of the last entry, or 64 zeros
	Torn    int    // bytes after the last newline: an entry that was not written to its end
}

// Read reads a journal of any format from wherever it comes and checks its chain.
// It shows that every line is as it was written and none is missing between them;
// that no line is missing at the end only a signed statement can show, with the
// number of entries and the head.
func Read(r io.Reader) ([]Event, Report, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, Report{}, fmt.Errorf("read journal: %w", err)
	}
	events, good, err := readChain(data)
	if err != nil {
		return nil, Report{}, err
	}
	rep := Report{Entries: len(events), Head: zeros, Torn: len(data) - good}
	if len(events) > 0 {
		rep.Format = events[0].Format
		rep.Head = events[len(events)-1].Hash
	}
	return events, rep, nil
}

// Verify checks the chain of a journal of any format.
func Verify(r io.Reader) (Report, error) {
	_, rep, err := Read(r)
	return rep, err
}
