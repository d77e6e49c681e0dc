package tui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"mkeaudit/audit"
	"mkeaudit/catalog"
	"mkeaudit/tui/book"
	"mkeaudit/tui/screen/review"
)

// The linear mode: one prompt, lines of words, no cursor movement, no signs. It
// reads the same book as the screen and says the same words, so that a screen reader
// or a dumb terminal loses nothing.

const (
	maxLine     = 1 << 20 // bytes of one line of input
	shownRows   = 20      // rows of a listing, unless all are asked for
	tellEvery   = 2 * time.Second
	plainPrompt = "mkeaudit> "
)

// plain is a session in the linear mode.
type plain struct {
	o     Options
	out   io.Writer
	lines <-chan string // closed at the end of the input
	book  *book.Book
	rules review.Rules
	at    catalog.ID // the control that was shown last
	shown []catalog.ID
	err   error // of writing
}

// errQuit ends the session.
var errQuit = errors.New("quit")

func runPlain(ctx context.Context, o Options) error {
	in := o.In
	if in == nil {
		in = os.Stdin
	}
	out := o.Out
	if out == nil {
		out = os.Stdout
	}
	p := &plain{o: o, out: out, lines: linesOf(in), book: book.New(o.Benchmark, o.Profile, o.Header, o.Reviews, o.Risks),
		rules: review.Rules{Author: o.Author, DefaultExpiry: o.DefaultExpiry, MaxExpiry: o.MaxExpiry}}
	p.book.Tick(o.Now())
	p.load()
	p.say("mkeaudit, linear mode. Type help for the commands, quit to leave.")
	p.audit(ctx, nil, "Everything")
	p.node()
	p.needs()
	for p.err == nil {
		line, ok := p.ask(ctx, plainPrompt)
		if !ok {
			break
		}
		p.book.Tick(o.Now())
		if err := p.command(ctx, line); errors.Is(err, errQuit) {
			break
		} else if err != nil {
			p.say("Error: %s", book.Clean(err.Error()))
		}
	}
	return p.err
}

// linesOf reads lines on a goroutine of its own, since a read cannot be cancelled.
func linesOf(in io.Reader) <-chan string {
	ch := make(chan string)
	go func() {
		defer close(ch)
		s := bufio.NewScanner(in)
		s.Buffer(nil, maxLine)
		for s.Scan() {
			ch <- s.Text()
		}
	}()
	return ch
}

// ask prints a prompt and waits for a line; ok is false at the end.
func (p *plain) ask(ctx context.Context, prompt string) (line string, ok bool) {
	p.write(prompt)
	select {
	case line, ok = <-p.lines:
	case <-ctx.Done():
	}
	if !ok {
		p.write("\n")
	}
	return strings.TrimSpace(line), ok
}

func (p *plain) write(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.out, s)
	}
}

func (p *plain) say(format string, args ...any) {
	s := format
	if len(args) > 0 {
		s = fmt.Sprintf(format, args...)
	}
	p.write(s + "\n")
}

// load reads texts, advice and digests.
func (p *plain) load() {
	e := env{texts: p.o.Texts, advice: p.o.Advice, digest: p.o.ControlDigest}
	var ids []catalog.ID
	for c := range p.o.Benchmark.Controls() {
		ids = append(ids, c.ID)
	}
	m := e.load(ids)().(loadedMsg)
	p.book.Load(m.texts, m.advice, m.digests, m.textsErr, m.adviceErr)
}

// audit judges controls and says what changed. A line from the person cancels it.
func (p *plain) audit(ctx context.Context, ids []catalog.ID, what string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first := p.book.Total().Open == p.book.Benchmark.Len()
	p.book.Begin(ids)
	defer p.book.End()
	events := p.o.Backend.Audit(ctx, ids)
	tell := time.NewTicker(tellEvery)
	defer tell.Stop()
	var lines <-chan string // nil until the person has been told that a line cancels
	done, of, cancelled := 0, 0, false
	var changed []catalog.ID
	var failure error
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				p.audited(what, first, cancelled, done, of, changed, failure)
				return
			}
			if cancelled {
				continue
			}
			if ev.Header != nil {
				p.book.Header = *ev.Header
			}
			if ev.Err != nil {
				failure = ev.Err
			}
			if ev.Finding != nil {
				done++
				if p.book.Settle(*ev.Finding, ev.Finding.Basis(), p.o.Now()) {
					changed = append(changed, ev.Finding.Control)
				}
			}
			if ev.Of > 0 {
				done, of = ev.Done, ev.Of
			}
		case <-tell.C:
			if cancelled {
				continue
			}
			p.say("Auditing: %d of %d. Press return to cancel.", done, of)
			lines = p.lines
		case _, ok := <-lines:
			if !ok {
				p.lines, lines = ended(), nil // the end of the input does not end an audit
				continue
			}
			cancelled = true
			cancel()
		}
	}
}

// ended is an input that has ended.
func ended() <-chan string {
	ch := make(chan string)
	close(ch)
	return ch
}

func (p *plain) audited(what string, first, cancelled bool, done, of int, changed []catalog.ID, failure error) {
	switch {
	case cancelled:
		p.say("Cancelled: %d of %d were audited.", done, of)
	case failure != nil:
		p.say("The audit ended early: %s", book.Clean(failure.Error()))
	default:
		p.book.AuditedAt = p.o.Now()
		if first {
			return
		}
		if len(changed) == 0 {
			p.say("%s was re-run: nothing changed.", what)
		}
	}
	for _, id := range changed {
		r := p.book.Row(id)
		p.say("%s changed: %s before, %s now.", id, book.StatusLong(r.Change.Before.Status), book.StatusLong(r.Finding.Status))
	}
}

// command does what a line says.
func (p *plain) command(ctx context.Context, line string) error {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	verb, rest := strings.ToLower(words[0]), words[1:]
	switch verb {
	case "quit", "exit", "q":
		return errQuit
	case "help", "?", "h":
		p.help()
	case "summary", "s":
		p.counts()
	case "node", "info", "i":
		p.node()
	case "list", "ls", "l":
		return p.list(rest)
	case "needs", "n":
		return p.list([]string{"needs"})
	case "find", "/":
		return p.find(strings.Join(rest, " "))
	case "themes", "t":
		p.grouped(book.ByTheme)
	case "queue":
		p.grouped(book.ByNeed)
	case "sections":
		p.sections()
	case "show", "read":
		return p.show(rest)
	case "next":
		return p.step(1)
	case "previous", "prev":
		return p.step(-1)
	case "run", "rerun", "r":
		return p.rerun(ctx, rest)
	case "review", "a":
		return p.review(ctx, rest)
	default:
		if p.book.Row(catalog.ID(verb)) != nil {
			return p.show(words)
		}
		if text, ok := strings.CutPrefix(line, "/"); ok {
			return p.find(text)
		}
		return fmt.Errorf("unknown command \"%s\": type help", book.Clean(words[0]))
	}
	return nil
}

func (p *plain) help() {
	for _, l := range []string{
		"summary                the counts",
		"sections               the sections with their counts",
		"list [FILTER]          the controls; FILTER is for example: needs me, fail, unknown, level 2, manual,",
		"                       regression, standing known exception, review stale, node worker, 1.2",
		"find WORDS             search number, title and text (also /WORDS)",
		"themes, queue          the controls by theme, and what needs a person, most pressing first",
		"show ID [all]          read one control, with all rows of its listings; the number alone does too",
		"next, previous         read the neighbour of the last one, in the list shown last",
		"run [ID or SECTION]    audit it again, everything without a number; says what changed",
		"review ID              give a review: asks verdict, rationale, note, expiry and author",
		"node                   the node, its versions, the session, warnings",
		"quit                   leave",
	} {
		p.say("%s", l)
	}
}

func (p *plain) node() { p.items(p.book.DescribeNode(), shownRows) }

func (p *plain) counts() {
	t := p.book.Total()
	p.say("%d of %d determined, %s.", t.Determined(), t.Of, book.Clean(p.book.Where()))
	for _, l := range t.Lines() {
		p.say("%s: %s", l.Label, l.Text)
	}
	p.needs()
}

func (p *plain) needs() {
	p.say("Controls that need a person: %d. Type needs to list them.", p.book.Total().Needs)
}

// row is a control in one line: state, number, title, what is special.
func (p *plain) row(r *book.Row) {
	s := fmt.Sprintf("%s: %s. %s", r.Control.ID, r.Verdict(), book.Clean(r.Short()))
	if r.State != audit.ReviewNone {
		s += ". Review " + book.ReviewWord(r.State) + ": " + book.VerdictWord(r.Review.Verdict)
	}
	if r.Change != nil {
		s += ". Changed by a re-run"
	}
	p.say("%s", s)
	p.shown = append(p.shown, r.Control.ID)
}

func (p *plain) list(words []string) error {
	f, err := p.book.ParseFilter(words)
	if err != nil {
		return err
	}
	p.filtered(f)
	return nil
}

func (p *plain) find(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("find needs words to look for")
	}
	p.filtered(book.Filter{Search: text})
	return nil
}

func (p *plain) filtered(f book.Filter) {
	p.shown = nil
	m := f.Ready()
	rows := p.book.Rows()
	for i := range rows {
		if m.Lets(&rows[i]) {
			p.row(&rows[i])
		}
	}
	what := "No filter"
	if f.Active() {
		what = "Filter " + book.Clean(f.String())
	}
	p.say("%s: %d of %d controls.", what, len(p.shown), len(rows))
}

// grouped lists the controls under the headings of an order.
func (p *plain) grouped(o book.Order) {
	p.shown = nil
	groups, off := p.book.Groups(o, book.Filter{}, true)
	for _, g := range groups {
		if g.Shown == 0 || g.Key == book.NeedKey(book.NeedNothing) {
			continue
		}
		p.say("%s. Controls: %d. Need a person: %d.", book.Clean(g.Title), g.Shown, g.Tally.Needs)
		for _, r := range g.Rows {
			p.row(r)
		}
	}
	if off > 0 {
		p.say("%d controls are about other kinds of node and left out.", off)
	}
	if len(p.shown) == 0 {
		p.say("Nothing needs a person.")
	}
}

func (p *plain) sections() {
	groups, _ := p.book.Groups(book.BySection, book.Filter{}, false)
	for _, g := range groups {
		if g.Tally.Of == 0 {
			p.say("%s %s.", g.ID, book.Clean(g.Title))
			continue
		}
		p.say("%s %s. In order: %d of %d. Need a person: %d.", g.ID, book.Clean(g.Title), g.Tally.Good(), g.Tally.Applicable(), g.Tally.Needs)
	}
}

// one finds the control that words name, or the one that was shown last.
func (p *plain) one(words []string) (*book.Row, error) {
	id := p.at
	if len(words) > 0 {
		id = catalog.ID(words[0])
	}
	if id == "" {
		return nil, errors.New("which control? Give its number, such as 1.2.9")
	}
	r := p.book.Row(id)
	if r == nil {
		return nil, fmt.Errorf("there is no control %s: type list for their numbers", book.Clean(string(id)))
	}
	return r, nil
}

func (p *plain) show(words []string) error {
	rows := shownRows
	if n := len(words); n > 0 && strings.EqualFold(words[n-1], "all") {
		rows, words = int(^uint(0)>>1), words[:n-1]
	}
	r, err := p.one(words)
	if err != nil {
		return err
	}
	p.at = r.Control.ID
	p.items(p.book.Describe(r.Control.ID), rows)
	return nil
}

// step shows the neighbour of the last control in the list that was shown last.
func (p *plain) step(by int) error {
	list := p.shown
	if len(list) == 0 {
		for c := range p.book.Benchmark.Controls() {
			list = append(list, c.ID)
		}
	}
	at := -1
	for i, id := range list {
		if id == p.at {
			at = i
		}
	}
	at += by
	if at < 0 || at >= len(list) {
		return errors.New("there is no further control that way")
	}
	return p.show([]string{string(list[at])})
}

// items prints a description.
func (p *plain) items(items []book.Item, rows int) {
	for _, it := range items {
		switch it.Kind {
		case book.Heading:
			p.say("\n%s", it.Text)
		case book.Field:
			if it.Label == "" {
				p.say("%s", it.Text)
			} else {
				p.say("%s: %s", strings.TrimSpace(it.Label), it.Text)
			}
		case book.Block:
			if it.Label != "" {
				p.say("%s:", it.Label)
			}
			for _, l := range it.Lines {
				p.say("  %s", l)
			}
		case book.Listing:
			for i := range min(it.N, rows) {
				p.say("  %s", it.Full(i))
			}
			if it.N > rows {
				p.say("  and %d more: show %s all prints them.", it.N-rows, p.at)
			}
		default:
			p.say("%s", it.Text)
		}
	}
}

func (p *plain) rerun(ctx context.Context, words []string) error {
	if len(words) == 0 {
		p.audit(ctx, nil, "Everything")
		return nil
	}
	f, err := p.book.ParseFilter(words)
	if err != nil {
		return err
	}
	var ids []catalog.ID
	m, rows := f.Ready(), p.book.Rows()
	for i := range rows {
		if m.Lets(&rows[i]) {
			ids = append(ids, rows[i].Control.ID)
		}
	}
	if len(ids) == 0 {
		return errors.New("no control matches")
	}
	p.audit(ctx, ids, book.Clean(strings.Join(words, " ")))
	return nil
}

// review asks for everything that a review holds, and saves it.
func (p *plain) review(ctx context.Context, words []string) error {
	r, err := p.one(words)
	if err != nil {
		return err
	}
	switch {
	case p.book.Header.NoReview != "":
		return errors.New("reviews cannot be saved here: " + p.book.Header.NoReview)
	case r.Finding == nil:
		return fmt.Errorf("%s was not audited: run %s first, a review is bound to what was seen", r.Control.ID, r.Control.ID)
	}
	p.at = r.Control.ID
	v := audit.Review{Control: r.Control.ID, Basis: r.Basis, ControlDigest: p.book.Digest(r.Control.ID)}
	p.row(r)
	p.say("Finding: %s", book.Clean(r.Finding.Reason))
	for _, e := range book.Pressing(r.Finding.Evidence, 5) {
		p.say("Evidence: %s", book.Compact(e))
	}
	p.say("The review is bound to evidence %s and control %s. An empty answer to the first question leaves.", short(v.Basis), short(v.ControlDigest))
	if v.Verdict, err = p.askVerdict(ctx); err != nil || v.Verdict == audit.NotReviewed {
		return err
	}
	if v.Rationale, err = p.askText(ctx, "Rationale, why, required; end with an empty line: "); err != nil {
		return err
	}
	if v.Evidence, err = p.askLine(ctx, "What else you looked at, may be empty: "); err != nil {
		return err
	}
	if v.ExpiresAt, err = p.askExpiry(ctx); err != nil {
		return err
	}
	for v.Author == "" {
		if v.Author, err = p.askLine(ctx, fmt.Sprintf("Author, return for %q: ", book.Clean(p.o.Author))); err != nil {
			return err
		}
		if v.Author == "" {
			v.Author = p.o.Author
		}
	}
	return p.save(ctx, v)
}

func (p *plain) save(ctx context.Context, v audit.Review) error {
	for {
		answer, err := p.askLine(ctx, fmt.Sprintf("Save %s reviewed as %s, until %s? yes or no: ", v.Control, book.VerdictWord(v.Verdict), book.Date(v.ExpiresAt)))
		if err != nil {
			return err
		}
		switch strings.ToLower(answer) {
		case "yes", "y":
			v.At = p.o.Now()
			saved, err := p.o.Backend.SaveReview(context.WithoutCancel(ctx), v)
			if err != nil {
				p.say("Not saved: %s", book.Clean(err.Error()))
				continue
			}
			p.book.Save(saved)
			p.say("Saved: %s reviewed as %s.", saved.Control, book.VerdictWord(saved.Verdict))
			return nil
		case "no", "n":
			p.say("Not saved; the review was discarded.")
			return nil
		}
	}
}

// errEnded is what a question gives when the input ends.
var errEnded = errors.New("the input ended: nothing was saved")

func (p *plain) askLine(ctx context.Context, prompt string) (string, error) {
	line, ok := p.ask(ctx, prompt)
	if !ok {
		return "", errEnded
	}
	return book.Clean(line), nil
}

func (p *plain) askVerdict(ctx context.Context) (audit.Verdict, error) {
	for {
		line, err := p.askLine(ctx, "Verdict: pass, fail or n/a: ")
		if err != nil {
			return 0, err
		}
		switch strings.ToLower(line) {
		case "":
			p.say("No review was given.")
			return audit.NotReviewed, nil
		case "pass", "p":
			return audit.VerdictPass, nil
		case "fail", "f":
			return audit.VerdictFail, nil
		case "n/a", "na", "n", "not applicable":
			return audit.VerdictNotApplicable, nil
		}
	}
}

func (p *plain) askText(ctx context.Context, prompt string) (string, error) {
	var lines []string
	for {
		line, err := p.askLine(ctx, prompt)
		if err != nil {
			return "", err
		}
		if line == "" && len(lines) > 0 {
			return strings.Join(lines, "\n"), nil
		}
		if line != "" {
			lines, prompt = append(lines, line), "more: "
		}
	}
}

func (p *plain) askExpiry(ctx context.Context) (time.Time, error) {
	proposed := p.rules.Proposed(p.o.Now())
	prompt := "Expires, a day such as 2027-02-20"
	if proposed != "" {
		prompt += ", return for " + proposed
	} else if p.rules.MaxExpiry == 0 {
		prompt += ", return for never"
	}
	for {
		line, err := p.askLine(ctx, prompt+": ")
		if err != nil {
			return time.Time{}, err
		}
		if line == "" {
			line = proposed
		}
		t, err := p.rules.Expiry(line, p.o.Now())
		if err == nil {
			return t, nil
		}
		p.say("%s", err)
	}
}

// short is the start of a digest, enough to compare.
func short(s string) string {
	if len(s) > 12 {
		return s[:12]
	}
	return s
}
