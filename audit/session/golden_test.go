package session

import (
	"bytes"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

const goldenFile = "testdata/cis-session-1.session.jsonl"

// The published vectors of another format: the chain is the same.
func TestGoldenVectors(t *testing.T) {
	data := mustRead(t, goldenFile)
	events, rep, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	want := Report{Format: "cis-session/1", Entries: 5, Head: "577cad3bc06de97807a651000450970a28218f3a21256edb7978d4beeb4213e9"}
	if rep != want {
		t.Errorf("report %+v, want %+v", rep, want)
	}
	if got := events[3].Hash; got != "f43b4ea847e621e42ef5daf35f6c29e414d7a03d1b8c26aab0a8e94156bdf08a" {
		t.Errorf("head of 4 entries is %s", got)
	}
	// Our writer brings forth the same bytes from what our reader read.
	var again []byte
	for _, e := range events {
		line, _, err := encode(e)
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, line...)
	}
	if !bytes.Equal(again, data) {
		t.Errorf("written again it differs:\n%s\n%s", again, data)
	}
	if e := events[1]; e.Control != "5.1.1" || e.Verdict.String() != "pass" || e.Evidence[0].Name != "evidence/5.1.1.txt" || e.ExpiresAt.Unix() != 1810944000 {
		t.Errorf("read %+v", e)
	}
}

func TestGoldenVectorsAreNoSessionOfOurs(t *testing.T) {
	path := journalPath(t)
	mustWrite(t, path, mustRead(t, goldenFile))
	_, err := Open(path, testIdentity(), testOptions())
	if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), `"cis-session/1"`) {
		t.Errorf("error %v, want the format refused", err)
	}
}

func TestVerifyNamesTheLine(t *testing.T) {
	data := mustRead(t, goldenFile)
	lines := bytes.SplitAfter(data, []byte("\n"))[:5]
	join := func(order ...int) []byte {
		var b []byte
		for _, i := range order {
			b = append(b, lines[i]...)
		}
		return b
	}
	for name, c := range map[string]struct {
		data []byte
		line int
		why  string
	}{
		"changed byte in seq 3":  {bytes.Replace(data, []byte("RISK-412"), []byte("RISK-413"), 1), 4, "hash"},
		"changed hash of seq 3":  {bytes.Replace(data, []byte(`"hash":"f43b`), []byte(`"hash":"f43c`), 1), 4, "hash"},
		"upper-case hash":        {bytes.Replace(data, []byte(`"hash":"f43b`), []byte(`"hash":"F43B`), 1), 4, "hash"},
		"changed last line":      {bytes.Replace(data, []byte(`"coversEntries":4`), []byte(`"coversEntries":3`), 1), 5, "hash"},
		"line taken out":         {join(0, 1, 3, 4), 3, "seq"},
		"first line taken out":   {join(1, 2, 3, 4), 1, "seq"},
		"lines exchanged":        {join(0, 2, 1, 3, 4), 2, "seq"},
		"line twice":             {join(0, 1, 1, 2), 3, "seq"},
		"begun line at the end":  {join(0, 1, 2, 3, 4, 0)[:len(data)+1], 0, ""},
		"empty line in the file": {append(join(0), append([]byte("\n"), join(1, 2)...)...), 2, "hash"},
		"windows line ends":      {bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")), 1, "control"},
		"byte order mark":        {append([]byte("\xef\xbb\xbf"), data...), 1, "hash"},
	} {
		t.Run(name, func(t *testing.T) {
			rep, err := Verify(bytes.NewReader(c.data))
			if c.line == 0 {
				if err != nil || rep.Torn != 1 {
					t.Errorf("report %+v, error %v", rep, err)
				}
				return
			}
			var le *LineError
			if !errors.As(err, &le) || le.Line != c.line || !strings.Contains(le.Why, c.why) || !errors.Is(err, ErrDamaged) {
				t.Errorf("error %v, want line %d refused for its %s", err, c.line, c.why)
			}
		})
	}
}

func TestVerifyOfNothing(t *testing.T) {
	rep, err := Verify(strings.NewReader(""))
	if err != nil || rep != (Report{Head: zeros}) {
		t.Errorf("report %+v, error %v", rep, err)
	}
	rep, err = Verify(strings.NewReader("{\"seq\":0,"))
	if err != nil || rep != (Report{Head: zeros, Torn: 9}) {
		t.Errorf("report %+v, error %v", rep, err)
	}
}

// A third party needs only a shell: its verdict is ours.
func TestShellScriptAgrees(t *testing.T) {
	for _, tool := range []string{"sh", "sed", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the shell verification needs %s, which is not installed", tool)
		}
	}
	data := realistic(t)
	events, rep, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	script := func(data []byte, entries int) (string, error) {
		path := t.TempDir() + "/j"
		mustWrite(t, path, data)
		out, err := exec.Command("sh", "testdata/verify-journal.sh", path, strconv.Itoa(entries)).CombinedOutput()
		return string(out), err
	}
	for n := 1; n <= rep.Entries; n++ {
		out, err := script(data, n)
		want := "head(" + strconv.Itoa(n) + ")=" + events[n-1].Hash + "\nchain ok, " + strconv.Itoa(rep.Entries) + " entries\n"
		if err != nil || out != want {
			t.Errorf("script says %q (%v), want %q", out, err, want)
		}
	}
	// One changed byte in each line: both name the same one.
	at := 0
	for n, line := range bytes.SplitAfter(data, []byte("\n"))[:rep.Entries] {
		broken := bytes.Clone(data)
		broken[at+len(line)/2] ^= 1
		at += len(line)
		out, err := script(broken, 1)
		_, ours := Verify(bytes.NewReader(broken))
		var le *LineError
		if err == nil || !strings.HasSuffix(out, "broken at line "+strconv.Itoa(n)+"\n") || !errors.As(ours, &le) || le.Line != n+1 {
			t.Errorf("line %d changed: script says %q (%v), we say %v", n, out, err, ours)
		}
	}
}
