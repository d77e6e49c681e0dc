package session

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrDamaged is wrapped by the error that refuses a journal for what stands in it.
var ErrDamaged = errors.New("the journal is damaged or was changed")

// LineError refuses a journal because of one complete line.
type LineError struct {
	Line int // from 1; its seq should be one less
	Why  string
}

func (e *LineError) Error() string {
	return fmt.Sprintf("line %d (seq %d) is refused: %s", e.Line, e.Line-1, e.Why)
}

// Unwrap makes every LineError an ErrDamaged.
func (e *LineError) Unwrap() error { return ErrDamaged }

// readChain reads the complete lines of a journal of any format. good is how many
// bytes they take; what follows has no newline and is the torn tail.
func readChain(data []byte) (events []Event, good int, err error) {
	if len(data) > MaxFile {
		return nil, 0, fmt.Errorf("%w: it is larger than %d MiB", ErrDamaged, MaxFile>>20)
	}
	prev := zeros
	for {
		n := bytes.IndexByte(data[good:], '\n')
		if n < 0 {
			break
		}
		e, err := decode(data[good : good+n])
		if err == nil {
			err = follows(e, len(events), prev)
		}
		if err == nil && !bytes.HasPrefix(data[good:], fmt.Appendf(nil, `{"seq":%d,"prev":"%s",`, e.Seq, e.Prev)) {
			err = errors.New(`it does not begin with "seq" and "prev" as they are written, so a plain text tool could read it otherwise`)
		}
		if err != nil {
			return nil, 0, &LineError{len(events) + 1, err.Error()}
		}
		events = append(events, e)
		prev = e.Hash
		good += n + 1
	}
	if len(data)-good >= MaxLine {
		return nil, 0, &LineError{len(events) + 1, fmt.Sprintf("it is longer than %d bytes", MaxLine)}
	}
	return events, good, nil
}

// follows checks an event's place in the chain.
func follows(e Event, seq int, prev string) error {
	switch {
	case e.Seq != seq:
		return fmt.Errorf("its seq is %d", e.Seq)
	case e.Prev != prev:
		return errors.New("it does not follow the line before it")
	case (e.Type == EventOpen) != (seq == 0):
		return fmt.Errorf("an event of type %q cannot stand there", e.Type)
	}
	return nil
}
