package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/term"

	"mkeaudit/tui/theme"
)

// framesPerSecond is the most that bubbletea takes: its tick is the floor under
// the time from key to frame.
const framesPerSecond = 120

// runScreen runs the screen on a terminal.
func runScreen(ctx context.Context, o Options) error {
	in, out := o.In, o.Out
	if in == nil {
		in = os.Stdin
	}
	if out == nil {
		out = os.Stdout
	}
	t := theme.New(out, o.NoColor, o.ASCII)
	out = serial(out)
	auditing, stop := context.WithCancel(ctx)
	defer stop()
	m := New(auditing, o, out, t)
	if f, ok := out.(*serialFile); ok {
		// bubbletea tells the size only after its first, empty frame.
		if width, height, err := term.GetSize(f.Fd()); err == nil {
			m.width, m.height = width, height
			m = m.arranged()
		}
	}
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out),
		tea.WithAltScreen(), tea.WithFPS(framesPerSecond)).Run()
	stop()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted) {
		err = nil
	}
	return errors.Join(err, m.env.wait())
}

// serial makes writes of the renderer and of a copy to the clipboard follow one
// another. A file stays a file, since bubbletea asks it for its size.
func serial(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok {
		return &serialFile{File: f}
	}
	return &serialWriter{w: w}
}

type serialFile struct {
	*os.File
	mu sync.Mutex
}

func (s *serialFile) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.File.Write(b)
}

// WriteString keeps io.WriteString from going past Write.
func (s *serialFile) WriteString(t string) (int, error) { return s.Write([]byte(t)) }

type serialWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *serialWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}
