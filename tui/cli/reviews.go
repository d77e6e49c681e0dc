package cli

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"mkeaudit/audit/facts"
	"mkeaudit/audit/report"
	"mkeaudit/audit/session"
)

var sessionKinds = map[report.Kind]session.Kind{
	report.Live: session.KindLive, report.Snapshot: session.KindSnapshot, report.Demo: session.KindDemo,
}

// errNoPlace says that there is nowhere to keep a session, and nobody named a place.
var errNoPlace = errors.New("no place for a session")

// openSession opens the session of a target, which may be empty. Looking never
// creates one.
func (a *app) openSession(t *target, readOnly bool) (*session.Session, error) {
	id := t.identity()
	path := a.flags.session
	if path == "" {
		dir, err := a.sessionDir()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNoPlace, err)
		}
		if path, err = session.Find(dir, id); err != nil {
			return nil, err
		}
	}
	return session.Open(path, id, session.Options{Now: a.Now, Actor: session.ThisActor(a.author()),
		MaxAge: time.Duration(a.config.Review.MaxExpiry), ReadOnly: readOnly})
}

func (t *target) identity() session.Identity {
	return session.Identity{Kind: sessionKinds[t.source.Kind], HostID: t.first.Host.ID, HostName: t.first.Host.Name,
		Benchmark: t.book.benchmark.ID, Profile: t.auditor.Profile.ID, CatalogSHA256: t.book.benchmark.SHA256, Tool: tool()}
}

func (a *app) sessionDir() (string, error) {
	if a.config.SessionDir != "" {
		return a.config.SessionDir, nil
	}
	return session.DefaultDir(a.EUID, a.Getenv)
}

// author is the name that a review form proposes: the configured one, else that of
// the person who logged in.
func (a *app) author() string {
	if a.config.Review.Author != "" {
		return a.config.Review.Author
	}
	for _, name := range []string{a.Getenv("SUDO_USER"), a.Getenv("LOGNAME"), a.Getenv("USER")} {
		if name != "" {
			return facts.Clean(name)
		}
	}
	if u, err := user.LookupId(fmt.Sprint(os.Getuid())); err == nil {
		return facts.Clean(u.Username)
	}
	return ""
}
