package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Bodies of well-formed entries; PREV is the hash before.
const (
	head2    = `"prev":"PREV","at":"2026-11-22T16:00:00.000Z"`
	actorTxt = `"actor":{"claimed":"j.doe@example.org","loginUid":1000,"euid":0}`
)

func openBody() string {
	return `{"seq":0,` + head2 + `,"type":"open","format":"` + Format + `","tool":"mkeaudit 0.1.0","node":"` + hostID +
		`","nodeName":"mgr-01","kind":"live","benchmark":"cis-1.7.0","profile":"mke-3.7","catalogSha256":"` + hexA + `",` + actorTxt + `}`
}

func markBody(seq int, more string) string {
	return fmt.Sprintf(`{"seq":%d,%s,"type":"mark","control":"5.1.1","basisSha256":"%s","controlSha256":"%s","verdict":"fail","rationale":"r"%s,"author":"j.doe"}`, seq, head2, hexA, hexB, more)
}

// Each line is hashed and chained rightly, as an attacker who may write would do it.
// Each stands once as the last line and once before another: it is refused alike.
func TestHostileLines(t *testing.T) {
	mark := markBody(1, "")
	swap := func(old, new string) string {
		if !strings.Contains(mark, old) {
			panic(old)
		}
		return strings.Replace(mark, old, new, 1)
	}
	for name, c := range map[string]struct{ body, why string }{
		"duplicate key":                   {swap(`"verdict":"fail"`, `"verdict":"fail","verdict":"pass"`), "twice"},
		"key in another case":             {swap(`"verdict":"fail"`, `"verdict":"fail","VERDICT":"pass"`), "not a field"},
		"key in another case alone":       {swap(`"verdict"`, `"Verdict"`), "not a field"},
		"key that folds to another":       {swap(`"basisSha256"`, `"basi\u017fSha256"`), "not a field"},
		"escaped duplicate key":           {swap(`"verdict":"fail"`, `"verdict":"fail","\u0076erdict":"pass"`), "twice"},
		"unknown key":                     {swap(`"rationale"`, `"colour":"red","rationale"`), "not a field"},
		"empty key":                       {swap(`"rationale"`, `"":"red","rationale"`), "not a field"},
		"key of another type":             {swap(`"rationale"`, `"statementSha256":"`+hexA+`","rationale"`), "does not belong"},
		"a second hash":                   {swap(`"rationale"`, `"hash":"`+hexA+`","rationale"`), "not a field"},
		"missing key":                     {swap(`"verdict":"fail",`, ``), "missing"},
		"missing time":                    {swap(`"at":"2026-11-22T16:00:00.000Z",`, ``), "missing"},
		"missing seq":                     {swap(`"seq":1,`, ``), "missing"},
		"null":                            {swap(`"verdict":"fail"`, `"verdict":null`), "cannot be"},
		"null seq":                        {swap(`"seq":1`, `"seq":null`), "cannot be"},
		"true":                            {swap(`"rationale":"r"`, `"rationale":true`), "cannot be"},
		"object for a text":               {swap(`"rationale":"r"`, `"rationale":{"a":"b"}`), "cannot be"},
		"list for a text":                 {swap(`"rationale":"r"`, `"rationale":["b"]`), "cannot be"},
		"number for a text":               {swap(`"rationale":"r"`, `"rationale":7`), "cannot unmarshal"},
		"text for a number":               {swap(`"seq":1`, `"seq":"1"`), "cannot unmarshal"},
		"fraction":                        {swap(`"seq":1`, `"seq":1.5`), "cannot unmarshal"},
		"huge seq":                        {swap(`"seq":1`, `"seq":99999999999999999999`), "cannot unmarshal"},
		"wrong seq":                       {swap(`"seq":1`, `"seq":2`), "seq is 2"},
		"negative seq":                    {swap(`"seq":1`, `"seq":-1`), "seq is -1"},
		"wrong prev":                      {swap("PREV", hexA), "does not follow"},
		"short prev":                      {swap("PREV", "abc"), "not a SHA-256"},
		"unknown event type":              {swap(`"type":"mark"`, `"type":"approve"`), "unknown event type"},
		"empty event type":                {swap(`"type":"mark"`, `"type":""`), `"type" is empty`},
		"unknown verdict":                 {swap(`"fail"`, `"passed"`), "unknown verdict"},
		"verdict in another case":         {swap(`"fail"`, `"PASS"`), "unknown verdict"},
		"a verdict that is none":          {swap(`"fail"`, `"notReviewed"`), "no review"},
		"upper-case digest":               {swap(hexA, strings.ToUpper(hexA)), "not a SHA-256"},
		"empty control":                   {swap(`"5.1.1"`, `""`), "empty"},
		"empty rationale":                 {swap(`"rationale":"r"`, `"rationale":""`), `"rationale" is empty`},
		"blank rationale":                 {swap(`"rationale":"r"`, `"rationale":" \n "`), "rationale is empty"},
		"endless rationale":               {swap(`"rationale":"r"`, `"rationale":"`+strings.Repeat("x", MaxProse+1)+`"`), "at most 4000"},
		"over-long line":                  {swap(`"rationale":"r"`, `"rationale":"`+strings.Repeat("x", MaxLine)+`"`), "longer than"},
		"no author":                       {swap(`,"author":"j.doe"`, ``), "author is empty"},
		"no digest of the control":        {swap(`"controlSha256":"`+hexB+`",`, ``), "digest of the control"},
		"escape sequence":                 {swap(`"r"`, `"\u001b]0;x\u0007"`), "U+001B"},
		"raw escape":                      {swap(`"r"`, "\"\x1b[2J\""), "U+001B"},
		"raw tab between keys":            {swap(`"rationale"`, "\t\"rationale\""), "U+0009"},
		"carriage return":                 {swap(`"r"`, `"a\rb"`), "U+000D"},
		"delete":                          {swap(`"r"`, "\"\x7f\""), "U+007F"},
		"C1 control":                      {swap(`"r"`, `"\u009b2J"`), "U+009B"},
		"raw C1 control":                  {swap(`"r"`, "\"\u009b2J\""), "U+009B"},
		"text that runs backwards":        {swap(`"r"`, "\"\u202eliaf\""), "U+202E"},
		"newline in a control id":         {swap(`"5.1.1"`, `"5.1.1\n"`), "U+000A"},
		"newline in the author":           {swap(`"j.doe"`, `"j\ndoe"`), "U+000A"},
		"lone surrogate":                  {swap(`"r"`, `"\ud800"`), "U+FFFD"},
		"invalid UTF-8":                   {swap(`"r"`, "\"\xff\""), "UTF-8"},
		"NUL":                             {swap(`"r"`, "\"\x00\""), "U+0000"},
		"local time":                      {swap(`16:00:00.000Z`, `16:00:00.000+01:00`), "is not of the form"},
		"date without time":               {markBody(1, `,"expiresAt":"2027-01-01"`), "is not of the form"},
		"expired before it was given":     {markBody(1, `,"expiresAt":"2026-11-22T15:59:59Z"`), "has passed"},
		"a pass for ever":                 {swap(`"fail"`, `"pass"`), "needs a date"},
		"evidence without digest":         {markBody(1, `,"evidence":[{"name":"x"}]`), "not complete"},
		"evidence with an unknown key":    {markBody(1, `,"evidence":[{"name":"x","sha256":"`+hexA+`","url":"y"}]`), "not a field"},
		"evidence with a duplicate key":   {markBody(1, `,"evidence":[{"name":"x","name":"y","sha256":"`+hexA+`"}]`), "twice"},
		"evidence that is no list":        {markBody(1, `,"evidence":{"name":"x","sha256":"`+hexA+`"}`), "cannot unmarshal"},
		"evidence within evidence":        {markBody(1, `,"evidence":[{"name":{"name":"x"},"sha256":"`+hexA+`"}]`), "cannot be"},
		"lists in lists":                  {markBody(1, `,"evidence":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)), "max depth"},
		"seq and prev not first":          {`{"type":"close","at":"2026-11-22T16:00:00Z","prev":"PREV","seq":1}`, "does not begin"},
		"prev in escapes":                 {swap(`"prev":"`, `"p\u0072ev":"`), "does not begin"},
		"blanks about prev":               {swap(`"prev":"`, `"prev": "`), "does not begin"},
		"two objects":                     {swap(`,"author":"j.doe"}`, `,"author":"j.doe"}{"x":1}`), "follows"},
		"no object":                       {`["seq",1}`, "hash"},
		"not closed":                      {swap(`"type":"mark"`, `"type":"mark"]`), "after object key:value pair"},
		"a second open":                   {strings.Replace(openBody(), `"seq":0`, `"seq":1`, 1), "cannot stand there"},
		"a bare mark where open is due":   {strings.Replace(mark, `"seq":1`, `"seq":0`, 1), "seq is 0"},
		"retract of itself":               {`{"seq":1,` + head2 + `,"type":"retract","retracts":1}`, "not an earlier one"},
		"retract of the opening":          {`{"seq":1,` + head2 + `,"type":"retract","retracts":0}`, "not an earlier one"},
		"retract of the future":           {`{"seq":1,` + head2 + `,"type":"retract","retracts":7}`, "not an earlier one"},
		"attest of more than there is":    {`{"seq":1,` + head2 + `,"type":"attest","statementSha256":"` + hexA + `","coversEntries":2}`, "attests 2"},
		"risk for ever":                   {`{"seq":1,` + head2 + `,"type":"accept-risk","control":"2.7","by":"ciso","reason":"r"}`, "needs a date"},
		"risk that nobody accepts":        {`{"seq":1,` + head2 + `,"type":"accept-risk","control":"2.7","by":"","reason":"r","expiresAt":"2027-01-31T00:00:00Z"}`, `"by" is empty`},
		"empty list of evidence":          {markBody(1, `,"evidence":[]`), "empty"},
		"evidence without a name":         {markBody(1, `,"evidence":[{"name":"","sha256":"`+hexA+`"}]`), "empty"},
		"evidence with half a digest":     {markBody(1, `,"evidence":[{"name":"x","sha256":"abc"}]`), "needs a SHA-256"},
		"an end in the year 1":            {markBody(1, `,"expiresAt":"0001-01-01T00:00:00Z"`), "year 1"},
		"resume without actor":            {`{"seq":1,` + head2 + `,"type":"resume","tool":"x"}`, "missing"},
		"resume by half an actor":         {`{"seq":1,` + head2 + `,"type":"resume","tool":"x","actor":{"claimed":"x"}}`, "not complete"},
		"resume with a case-variant name": {`{"seq":1,` + head2 + `,"type":"resume","tool":"x",` + strings.Replace(actorTxt, "claimed", "Claimed", 1) + `}`, "not a field"},
	} {
		t.Run(name, func(t *testing.T) {
			for where, text := range map[string]string{
				"last":   chained(openBody(), c.body),
				"before": chained(openBody(), c.body, markBody(2, "")),
			} {
				path := journalPath(t)
				mustWrite(t, path, []byte(text))
				_, err := Open(path, testIdentity(), testOptions())
				var le *LineError
				if !errors.As(err, &le) || le.Line != 2 || !strings.Contains(le.Why, c.why) {
					t.Errorf("%s: error %v, want line 2 refused: %s", where, err, c.why)
				}
				if string(mustRead(t, path)) != text || !missing(path+".torn") {
					t.Errorf("%s: the journal was changed", where)
				}
			}
		})
	}
}

// What the table varies is itself accepted; else it would prove nothing.
func TestWellFormedLines(t *testing.T) {
	for name, bodies := range map[string][]string{
		"mark":             {markBody(1, "")},
		"mark with all":    {markBody(1, `,"note":"a\tb\nc","evidence":[{"name":"x.txt","sha256":"`+hexA+`"}],"expiresAt":"2027-01-31T00:00:00Z"`)},
		"resume":           {`{"seq":1,` + head2 + `,"type":"resume","tool":"x",` + actorTxt + `}`},
		"evidence":         {`{"seq":1,` + head2 + `,"type":"evidence","control":"2.7","evidence":[{"name":"x","sha256":"` + hexA + `"}]}`},
		"risk":             {`{"seq":1,` + head2 + `,"type":"accept-risk","control":"2.7","by":"ciso","reason":"r","expiresAt":"2027-01-31T00:00:00Z"}`},
		"retract":          {markBody(1, ""), `{"seq":2,` + head2 + `,"type":"retract","retracts":1,"rationale":"slip"}`},
		"attest":           {`{"seq":1,` + head2 + `,"type":"attest","statementSha256":"` + hexA + `","coversEntries":1}`},
		"close":            {`{"seq":1,` + head2 + `,"type":"close"}`},
		"spaces":           {strings.Replace(markBody(1, ""), `,"type"`, ` , "type"`, 1)},
		"other key order":  {`{"seq":1,"prev":"PREV","type":"close","at":"2026-11-22T16:00:00Z"}`},
		"letters of RTL":   {strings.Replace(markBody(1, ""), `"r"`, "\"\u05d0\u200f ok\"", 1)},
		"emoji in escapes": {strings.Replace(markBody(1, ""), `"r"`, `"\ud83d\ude00"`, 1)},
	} {
		path := journalPath(t)
		mustWrite(t, path, []byte(chained(append([]string{openBody()}, bodies...)...)))
		s, err := Open(path, testIdentity(), testOptions())
		if err != nil || len(s.Events()) != len(bodies)+1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		mustClose(t, s)
	}
}

func TestRetractedTwiceIsRefusedOnReading(t *testing.T) {
	retract := func(seq int) string {
		return fmt.Sprintf(`{"seq":%d,%s,"type":"retract","retracts":1}`, seq, head2)
	}
	path := journalPath(t)
	mustWrite(t, path, []byte(chained(openBody(), markBody(1, ""), retract(2), retract(3))))
	_, err := Open(path, testIdentity(), testOptions())
	var le *LineError
	if !errors.As(err, &le) || le.Line != 4 {
		t.Errorf("error %v, want line 4 refused", err)
	}
}
