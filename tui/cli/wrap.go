package cli

import (
	"strings"
	"unicode/utf8"
)

// textWidth is the column at which text for people is broken.
const textWidth = 80

// wrap breaks text at blanks into lines of at most textWidth characters, each with
// an indent. Lines that begin with a blank stay as they are: they are examples. A
// word that is longer than a line stands alone.
func wrap(text, indent string) string {
	var b strings.Builder
	for _, paragraph := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t") {
			b.WriteString(indent + paragraph + "\n")
			continue
		}
		line := ""
		for _, word := range strings.Fields(paragraph) {
			switch {
			case line == "":
				line = word
			case utf8.RuneCountInString(indent)+utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > textWidth:
				b.WriteString(indent + line + "\n")
				line = word
			default:
				line += " " + word
			}
		}
		b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
	}
	return b.String()
}
