package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"mkeaudit/tui"
)

// screen shows the audit and takes reviews.
func (a *app) screen(ctx context.Context) error {
	if !a.flags.plain && !terminal(a.Out) {
		return wrong("standard output is not a terminal: use 'mkeaudit scan' for a report, or --plain for lines")
	}
	if !a.flags.plain && !terminal(a.In) {
		return wrong("standard input is not a terminal: use 'mkeaudit scan' for a report, or --plain for lines")
	}
	t, err := a.openTarget(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	b := newBackend(a, t)
	o := tui.Options{
		In: a.In, Out: a.Out, Backend: b, Benchmark: t.book.benchmark, Profile: t.auditor.Profile, Now: a.Now,
		Texts:         b.texts,
		Advice:        t.advice,
		ControlDigest: b.digest,
		Author:        a.author(),
		DefaultExpiry: time.Duration(a.config.Review.DefaultExpiry),
		MaxExpiry:     time.Duration(a.config.Review.MaxExpiry),
		NoColor:       a.flags.noColor || a.Getenv("NO_COLOR") != "" || a.config.Screen.Color == Never,
		ASCII:         a.onlyASCII(),
		Plain:         a.flags.plain || a.Getenv("TERM") == "dumb",
		Header:        t.header(t.first),
	}
	saved, err := a.openSession(t, false)
	if err != nil {
		o.Header.NoReview = err.Error()
	} else {
		b.session = saved
		o.Reviews, o.Risks = saved.Reviews(), saved.Risks()
		o.Header.Session = sessionText(saved.Path(), len(o.Reviews), saved.Torn())
		if no, why := saved.ReadOnly(); no {
			o.Header.NoReview = why
		}
	}
	b.sessionText, b.noReview = o.Header.Session, o.Header.NoReview
	err = tui.Run(ctx, o)
	if saved != nil {
		err = errors.Join(err, saved.Close())
	}
	return err
}

func sessionText(path string, reviews int, torn string) string {
	s := fmt.Sprintf("reviews are kept in %s", path)
	switch reviews {
	case 0:
		s += "; none is there yet"
	case 1:
		s += "; 1 is there"
	default:
		s += fmt.Sprintf("; %d are there", reviews)
	}
	if torn != "" {
		s += "; " + torn
	}
	return s
}

// onlyASCII says whether signs outside ASCII are to be left out: where the locale
// does not say UTF-8, unless the configuration does.
func (a *app) onlyASCII() bool {
	switch a.config.Screen.ASCII {
	case Always:
		return true
	case Never:
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := a.Getenv(name); v != "" {
			v = strings.ToLower(v)
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return true
}

func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
