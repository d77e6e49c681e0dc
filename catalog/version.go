package catalog

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a Kubernetes minor version such as 1.27. The zero value is unknown.
type Version struct{ Major, Minor int }

// ParseVersion reads "1.27", "v1.27.7" or "1.27.7-mirantis-1"; the patch level is
// dropped, because every default in the catalogue depends on the minor version alone.
func ParseVersion(s string) (Version, error) {
	parts := strings.SplitN(strings.TrimPrefix(s, "v"), ".", 3)
	if len(parts) < 2 {
		return Version{}, fmt.Errorf("version %q is not of the form 1.27", s)
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(strings.TrimRight(parts[1], "+"))
	if err1 != nil || err2 != nil || major < 1 || minor < 0 {
		return Version{}, fmt.Errorf("version %q is not of the form 1.27", s)
	}
	return Version{major, minor}, nil
}

// Known reports whether the version was established.
func (v Version) Known() bool { return v.Major > 0 }

// Less orders versions.
func (v Version) Less(w Version) bool {
	return v.Major < w.Major || v.Major == w.Major && v.Minor < w.Minor
}

func (v Version) String() string {
	if !v.Known() {
		return "unknown"
	}
	return fmt.Sprintf("%d.%d", v.Major, v.Minor)
}

// Range is a half-open range of Kubernetes versions, written ">=1.25,<1.27".
// The zero Range holds every version.
type Range struct{ From, Until Version }

// ParseRange reads a range; the empty text is every version.
func ParseRange(s string) (Range, error) {
	var r Range
	if s == "" {
		return r, nil
	}
	for _, part := range strings.Split(s, ",") {
		part = strings.TrimSpace(part)
		var bound *Version
		switch {
		case strings.HasPrefix(part, ">="):
			bound, part = &r.From, part[2:]
		case strings.HasPrefix(part, "<"):
			bound, part = &r.Until, part[1:]
		default:
			return Range{}, fmt.Errorf("version range %q: want >=1.25, <1.27 or both with a comma", s)
		}
		v, err := ParseVersion(part)
		if err != nil {
			return Range{}, err
		}
		*bound = v
	}
	return r, nil
}

// Holds reports whether v lies in the range.
func (r Range) Holds(v Version) bool {
	return (!r.From.Known() || !v.Less(r.From)) && (!r.Until.Known() || v.Less(r.Until))
}

// UnmarshalText reads a range from a file.
func (r *Range) UnmarshalText(b []byte) (err error) {
	*r, err = ParseRange(string(b))
	return err
}
