package facts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// The account names that controls ask for.
var wantedAccounts = []string{"root", "etcd"}

// maxAccounts bounds the account files.
const maxAccounts = 1 << 20

// readAccounts reads the numbers of the wanted accounts from the host's own files.
// Names are never taken from a container's files: the same name has another number
// there.
func readAccounts(files Files) Accounts {
	users, _, err := files.Read(HostRoot, "/etc/passwd", maxAccounts)
	if err == nil {
		var groups []byte
		if groups, _, err = files.Read(HostRoot, "/etc/group", maxAccounts); err == nil {
			return Accounts{State: Present, Users: parseAccounts(users), Groups: parseAccounts(groups)}
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Accounts{State: Absent, Why: reason(err)}
	}
	return Accounts{State: Unreadable, Why: reason(err)}
}

// parseAccounts reads name:password:number lines, as in passwd and group. Malformed
// lines are ignored; of two lines for one name the first counts, as for getpwnam.
func parseAccounts(b []byte) map[string]int {
	found := make(map[string]int)
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(f) < 3 {
			continue
		}
		n, err := strconv.ParseUint(f[2], 10, 32)
		if err != nil {
			continue
		}
		for _, w := range wantedAccounts {
			if _, there := found[w]; f[0] == w && !there {
				found[w] = int(n)
			}
		}
	}
	return found
}

var machineID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// host identifies the machine. The machine id itself is confidential
// (machine-id(5)), so only a salted digest of it is kept.
func (l *live) host() Host {
	h := Host{Name: l.hostname()}
	id := h.Name
	if b, _, err := l.Read(HostRoot, "/etc/machine-id", 4096); err == nil {
		if text := strings.TrimSpace(string(b)); machineID.MatchString(text) {
			id = text
		}
	}
	h.ID = nodeID(id)
	return h
}

func nodeID(id string) string {
	sum := sha256.Sum256([]byte("mkeaudit node id\n" + id))
	return hex.EncodeToString(sum[:])
}

func (l *live) hostname() string {
	var b []byte
	if l.here {
		b, _ = os.ReadFile("/proc/sys/kernel/hostname")
	} else {
		b, _, _ = l.Read(HostRoot, "/etc/hostname", 4096)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return textOf(line)
		}
	}
	return ""
}
