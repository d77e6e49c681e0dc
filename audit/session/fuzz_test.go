package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"mkeaudit/audit"
)

var sealedLine = regexp.MustCompile(`^\{.*,"hash":"([0-9a-f]{64})"\}$`)

// FuzzRead: any bytes are refused, or are a chain that a plain walk confirms.
func FuzzRead(f *testing.F) {
	data := realistic(f)
	f.Add(data)
	f.Add(data[:len(data)-7])
	f.Add(mustRead(f, goldenFile))
	f.Add([]byte(chained(openBody(), markBody(1, ""))))
	f.Add([]byte("{}\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, rep, err := Read(bytes.NewReader(data))
		if err != nil {
			if events != nil || rep != (Report{}) {
				t.Fatal("both an answer and an error")
			}
			return
		}
		prev := zeros
		lines := bytes.Split(data, []byte("\n"))
		for n, line := range lines[:len(lines)-1] {
			m := sealedLine.FindSubmatch(line)
			if m == nil || !strings.HasPrefix(string(line), fmt.Sprintf(`{"seq":%d,"prev":"%s",`, n, prev)) {
				t.Fatalf("accepted %q", line)
			}
			prev = string(m[1])
			if digest(append(line[:len(line)-hashTail:len(line)-hashTail], '}')) != prev {
				t.Fatalf("wrong hash accepted: %q", line)
			}
		}
		if rep.Head != prev || rep.Entries != len(lines)-1 || len(events) != rep.Entries || rep.Torn != len(lines[len(lines)-1]) {
			t.Fatalf("report %+v of %d lines", rep, len(lines)-1)
		}
		if l, err := replay(events); err == nil {
			for id, r := range (&Session{ledger: l}).Reviews() {
				if r.Verdict == audit.NotReviewed || strings.TrimSpace(r.Rationale) == "" || r.Control != id {
					t.Fatalf("review without content: %+v", r)
				}
			}
		}
	})
}

// FuzzBody: whatever an attacker who can hash writes, what is accepted reads the same
// to a plain JSON reader, draws nothing on a terminal, and can be written again.
func FuzzBody(f *testing.F) {
	f.Add(openBody())
	f.Add(strings.Replace(openBody(), Format, "", 1)) // once accepted, and could not be written
	f.Add(markBody(1, ""))
	f.Add(markBody(1, `,"evidence":[{"name":"x","sha256":"`+hexA+`"}],"expiresAt":"2027-01-31T00:00:00Z"`))
	f.Add(markBody(1, `,"note":"\u00e9\ud83d\ude00\n"`))
	f.Add(`{"seq":3,` + head2 + `,"type":"retract","retracts":1}`)
	f.Add(`{"seq":1,` + head2 + `,"type":"resume","tool":"x",` + actorTxt + `}`)
	f.Add(`{"seq":1,` + head2 + `,"type":"attest","statementSha256":"` + hexA + `","coversEntries":1}`)
	f.Add(`{"a":"b","A":"c"}`)
	f.Fuzz(func(t *testing.T, body string) {
		body = strings.ReplaceAll(body, "PREV", zeros)
		if !strings.HasSuffix(body, "}") {
			return
		}
		line := strings.TrimSuffix(seal(body), "\n")
		e, err := decode([]byte(line))
		if err != nil {
			return
		}
		var plain map[string]any
		if err := json.Unmarshal([]byte(line), &plain); err != nil {
			t.Fatalf("accepted what is no JSON: %v", err)
		}
		text := func(k string) string { s, _ := plain[k].(string); return s }
		if text("type") != e.Type.String() || text("control") != string(e.Control) || text("rationale") != e.Rationale || text("author") != e.Author ||
			e.Type == EventMark && text("verdict") != e.Verdict.String() || text("prev") != e.Prev || text("hash") != e.Hash {
			t.Fatalf("read %+v from %s", e, line)
		}
		for _, s := range []string{e.Rationale, e.Note, e.Author, e.By, e.Reason, e.NodeName, string(e.Control)} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\x1b\x7f\r\u009b\u202e") {
				t.Fatalf("accepted the text %q", s)
			}
		}
		again, _, err := encode(e)
		if err != nil {
			t.Fatalf("accepted, and cannot be written: %v", err)
		}
		back, err := decode(again[:len(again)-1])
		if err != nil {
			t.Fatalf("written, and cannot be read: %v", err)
		}
		// Only the precision of times may differ.
		back.Hash, back.At, back.ExpiresAt = e.Hash, e.At, e.ExpiresAt
		a, _ := json.Marshal(e)
		b, _ := json.Marshal(back)
		if !bytes.Equal(a, b) {
			t.Fatalf("written again it is %s, was %s", b, a)
		}
	})
}
