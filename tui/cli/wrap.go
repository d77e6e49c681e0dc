package cli

import (
	"strings"
	"unicode/utf8"
)

// textWidth is the column at which text for people is broken.
const textWidth = 80

// wrap breaks text at blanks into lines of at most textWidth characters, each with
// an indent. Lines that follow each other are one paragraph; a blank line ends it. A
// line that begins with a blank is an example and stays as it is, and one that begins
// with a dash is an item of a list. A word that is longer than a line stands alone.
func wrap(text, indent string) string {
	var b strings.Builder
	var words []string
	flush := func() {
		fill(&b, words, indent)
		words = nil
	}
	for _, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		switch {
		case strings.TrimSpace(line) == "":
			flush()
			b.WriteString("\n")
			continue
		case strings.HasPrefix(line, " "), strings.HasPrefix(line, "\t"):
			flush()
			b.WriteString(indent + line + "\n")
			continue
		case strings.HasPrefix(line, "- "):
			flush()
		}
		words = append(words, strings.Fields(line)...)
	}
	flush()
	return b.String()
}

func fill(b *strings.Builder, words []string, indent string) {
	line := ""
	for _, word := range words {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(indent+line+" "+word) > textWidth:
			b.WriteString(indent + line + "\n")
			line = word
		default:
			line += " " + word
		}
	}
	if line != "" {
		b.WriteString(indent + line + "\n")
	}
}
