package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"mkeaudit/catalog"
)

var update = flag.Bool("update", false, "write the golden files anew")

func companion() Companion {
	return Companion{
		Sections: map[catalog.ID]string{"1.1": "Files", "1.2": "API server | <b>bold</b>"},
		Remedies: map[catalog.ID]string{"1.1.1": "chmod 0600\nthen look again"},
	}
}

func TestGolden(t *testing.T) {
	for _, format := range Formats() {
		for name, foreign := range map[string]string{"plain": "x", "hostile": hostile} {
			t.Run(format+"/"+name, func(t *testing.T) {
				write, _ := Format(format)
				var b bytes.Buffer
				if err := write(&b, New(sample(t, foreign)), companion()); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join("testdata", name+"."+format+".golden")
				if *update {
					if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(b.Bytes(), want) {
					t.Errorf("%s differs (make golden writes it anew):\n%s", file, b.Bytes())
				}
			})
		}
	}
}

// Nothing that a terminal could act upon comes out of any writer, wherever a node
// put it in.
func TestForeignTextCannotDriveATerminal(t *testing.T) {
	for _, format := range Formats() {
		write, _ := Format(format)
		var b bytes.Buffer
		if err := write(&b, New(sample(t, hostile)), companion()); err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(b.Bytes()) {
			t.Errorf("%s: not UTF-8", format)
		}
		inspect(t, format, b.String())
	}
}

// inspect fails on whatever could drive a terminal.
func inspect(t testing.TB, what, text string) {
	t.Helper()
	for i, r := range text {
		if r != '\n' && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
			t.Errorf("%s: %U at %d", what, r, i)
			return
		}
	}
}

// Foreign text must not be able to add a row, a heading, a link or an element.
func TestForeignTextCannotBecomeMarkup(t *testing.T) {
	var plain, foreign bytes.Buffer
	if err := Markdown(&plain, New(sample(t, "x")), companion()); err != nil {
		t.Fatal(err)
	}
	if err := Markdown(&foreign, New(sample(t, hostile+"```` # x")), companion()); err != nil {
		t.Fatal(err)
	}
	if a, b := strings.Count(plain.String(), "\n"), strings.Count(foreign.String(), "\n"); a != b {
		t.Errorf("%d lines became %d", a, b)
	}
	for i, line := range strings.Split(foreign.String(), "\n") {
		if bare := outsideCode(line); strings.Contains(bare, "<script") || strings.Contains(bare, "](http") {
			t.Errorf("line %d has markup outside code: %s", i+1, line)
		}
	}
}

// outsideCode removes code spans and escaped characters.
func outsideCode(line string) string {
	var out strings.Builder
	for i := 0; i < len(line); {
		switch {
		case line[i] == '\\':
			i += 2
		case line[i] == '`':
			n := len(line[i:]) - len(strings.TrimLeft(line[i:], "`"))
			fence := line[i : i+n]
			end := closing(line[i+n:], fence)
			if end < 0 {
				out.WriteString(line[i:])
				return out.String()
			}
			i += n + end + n
		default:
			out.WriteByte(line[i])
			i++
		}
	}
	return out.String()
}

func closing(s, fence string) int {
	for i := 0; i < len(s); {
		if s[i] != '`' {
			i++
			continue
		}
		n := len(s[i:]) - len(strings.TrimLeft(s[i:], "`"))
		if n == len(fence) {
			return i
		}
		i += n
	}
	return -1
}

func TestJSONIsOneDocumentThatReadsBack(t *testing.T) {
	want := New(sample(t, hostile))
	var b bytes.Buffer
	if err := JSON(&b, want); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(b.Bytes(), []byte("}\n")) || !bytes.HasPrefix(b.Bytes(), []byte("{\n  \"schemaVersion\"")) {
		t.Errorf("not one indented object with a newline: %.40q", b.Bytes())
	}
	dec := json.NewDecoder(&b)
	dec.DisallowUnknownFields()
	var got Document
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("something follows the document: %v", err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("the document read back is another one")
	}
}

func TestLongTextIsCutForPeopleAndKeptForMachines(t *testing.T) {
	long := strings.Repeat("\u00e9", 10_000)
	d := New(sample(t, long))
	for _, format := range []string{"table", "markdown"} {
		write, _ := Format(format)
		var b bytes.Buffer
		if err := write(&b, d, companion()); err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(b.Bytes()) {
			t.Errorf("%s: cut in the middle of a rune", format)
		}
		if strings.Contains(b.String(), "seen "+long) {
			t.Errorf("%s: evidence was not cut", format)
		}
	}
	var b bytes.Buffer
	if err := JSON(&b, d); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), long) {
		t.Error("json: text was cut")
	}
}

func TestWriteErrorsAreReported(t *testing.T) {
	full := errors.New("no space left on device")
	for _, format := range Formats() {
		write, _ := Format(format)
		if err := write(failing{full}, New(sample(t, "x")), companion()); !errors.Is(err, full) {
			t.Errorf("%s: error %v", format, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func FuzzForeignText(f *testing.F) {
	f.Add("")
	f.Add(hostile)
	f.Add("`` ` \\` | \u2028 \U000e0001 \xff\xfe")
	f.Fuzz(func(t *testing.T, foreign string) {
		d := New(sample(t, foreign))
		for _, format := range Formats() {
			write, _ := Format(format)
			var b bytes.Buffer
			if err := write(&b, d, companion()); err != nil {
				t.Fatal(err)
			}
			inspect(t, format, b.String())
			if format == "json" && !json.Valid(b.Bytes()) {
				t.Fatal("json is not valid")
			}
		}
	})
}
