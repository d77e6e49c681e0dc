// Package facts observes a node and records what was seen. It reads and never
// writes, runs no subprocess, and decides nothing.
//
// Everything observed goes into one immutable Snapshot. A live audit, a recorded
// snapshot, the demonstration and the tests are all evaluated from one, so there is
// one way from observation to finding. Secrets are removed where they are read and
// never enter a Snapshot.
//
// Observation is three-valued: a fact is present, absent, or unreadable with the
// reason. Nothing unreadable is ever turned into an empty value.
package facts

import (
	"fmt"
	"strconv"
	"strings"
)

// State says what is known of one fact. The zero value says that nobody looked.
type State uint8

// The states of a fact.
const (
	Unseen State = iota
	Present
	Absent
	Unreadable
)

var stateWords = []string{"unseen", "present", "absent", "unreadable"}

func (s State) String() string {
	if int(s) < len(stateWords) {
		return stateWords[s]
	}
	return fmt.Sprintf("invalid(%d)", s)
}

// MarshalText writes the word of the state.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word of a state.
func (s *State) UnmarshalText(b []byte) error { return word(stateWords, "state", b, s) }

// Cause says why a fact is unreadable. It is a closed list, so that two causes
// never share one.
type Cause uint8

// The causes.
const (
	NoCause     Cause = iota
	Denied            // permission denied: more rights would show it
	NotVisible        // the place is not part of what this process can see (not mounted, another namespace)
	Vanished          // it was there and went away while it was read
	NotRegular        // a directory, device, socket or FIFO where a file was expected
	TooLarge          // larger than the bound for its kind
	Malformed         // it was read and does not parse
	WrongKind         // it parses, as a document of another kind
	TimedOut          // it did not answer in time
	NotRecorded       // the snapshot does not hold it
	Failed            // any other error, whose text is kept
)

var causeWords = []string{"", "denied", "notVisible", "vanished", "notRegular", "tooLarge", "malformed", "wrongKind", "timedOut", "notRecorded", "failed"}

func (c Cause) String() string {
	if int(c) < len(causeWords) {
		return causeWords[c]
	}
	return fmt.Sprintf("invalid(%d)", c)
}

// MarshalText writes the word of the cause.
func (c Cause) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the word of a cause.
func (c *Cause) UnmarshalText(b []byte) error { return word(causeWords, "cause", b, c) }

// Kind is a kind of observation of a path.
type Kind uint8

// The kinds.
const (
	KindUnset    Kind = iota
	Stat              // the file or directory itself: type, mode, owner, link
	List              // the entries of one directory, links not followed
	Tree              // everything below a directory; regular files classed by content
	Document          // the parsed content of a configuration file, without secrets
	Certificates      // the certificates of a PEM file: fingerprints, never keys
)

var kindWords = []string{"", "stat", "list", "tree", "document", "certificates"}

func (k Kind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return fmt.Sprintf("invalid(%d)", k)
}

// MarshalText writes the word of the kind.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the word of a kind.
func (k *Kind) UnmarshalText(b []byte) error { return word(kindWords, "kind", b, k) }

// Form is the kind of document that a file is expected to be. Each form keeps only
// the fields that controls need; see the functions in document.go.
type Form string

// The forms of documents.
const (
	NoForm             Form = ""
	KubeletConfig      Form = "kubelet"        // KubeletConfiguration (kubelet.config.k8s.io)
	KubeletDropIn      Form = "kubeletDropIn"  // a drop-in of it; kind and apiVersion may be left out
	SchedulerConfig    Form = "scheduler"      // KubeSchedulerConfiguration
	ProxyConfig        Form = "kubeProxy"      // KubeProxyConfiguration
	EncryptionConfig   Form = "encryption"     // EncryptionConfiguration: resources and the names of providers, no keys
	AuditPolicy        Form = "auditPolicy"    // audit.k8s.io Policy
	AdmissionConfig    Form = "admission"      // AdmissionConfiguration with the configurations it embeds
	EventRateLimitForm Form = "eventRateLimit" // eventratelimit Configuration
	ImagePolicyForm    Form = "imagePolicy"    // the imagePolicy stanza of ImagePolicyWebhook: limits and defaultAllow
	EtcdConfig         Form = "etcd"           // etcd's configuration file
	Kubeconfig         Form = "kubeconfig"     // names of clusters and users, how each user authenticates, certificate subjects
	ContainerdConfig   Form = "containerd"     // config.toml of containerd: the CNI directories
	PodManifest        Form = "podManifest"    // a static pod: name, images, host paths
)

// Root is the root directory in which a path is meant: the host's, or that of a
// process ("pid:2311"), whose mount namespace decides what the path is.
type Root string

// HostRoot is the root directory of the host (or of --root).
const HostRoot Root = "host"

// PIDRoot is the root directory of a process.
func PIDRoot(pid int) Root { return Root("pid:" + strconv.Itoa(pid)) }

// PID returns the process whose root this is; ok is false for the host's.
func (r Root) PID() (pid int, ok bool) {
	s, found := strings.CutPrefix(string(r), "pid:")
	if !found {
		return 0, false
	}
	pid, err := strconv.Atoi(s)
	return pid, err == nil && pid > 0
}

// Key names one observation: what to look at, and how.
type Key struct {
	Kind Kind   `json:"kind"`
	Root Root   `json:"root"`
	Path string `json:"path"` // absolute and clean, in that root
	Form Form   `json:"form,omitempty"`
}

func (k Key) String() string {
	s := k.Kind.String() + " " + string(k.Root) + ":" + k.Path
	if k.Form != NoForm {
		s += " as " + string(k.Form)
	}
	return s
}

// Observation is what was seen at a key.
type Observation struct {
	Key
	State State  `json:"state"`
	Cause Cause  `json:"cause,omitzero"`
	Why   string `json:"why,omitempty"` // a sentence fragment for people: "permission denied: needs root"
	// File is the file itself, links followed: for every kind but List and Tree of a
	// directory that is not there.
	File *File `json:"file,omitempty"`
	// Files are the entries of List and Tree, by path. Truncated says why there are
	// more than these, or is empty.
	Files     []File `json:"files,omitempty"`
	Truncated string `json:"truncated,omitempty"`
	// Doc is the document as a tree of map[string]any, []any, string, float64, bool
	// and nil, as encoding/json decodes it.
	Doc map[string]any `json:"doc,omitempty"`
	// Certs are the certificates of a PEM file, in order.
	Certs []Cert `json:"certs,omitempty"`
}

// File is one file system object.
type File struct {
	Path     string   `json:"path"`               // in the root of the key
	HostPath string   `json:"hostPath,omitempty"` // the same object as the host sees it, where device and inode agree
	Type     FileType `json:"type"`
	Mode     uint32   `json:"mode"` // permission and special bits, 07777
	UID      int      `json:"uid"`
	GID      int      `json:"gid"`
	Link     string   `json:"link,omitempty"`  // the text of the link where the path is one; the rest describes its target
	Class    Class    `json:"class,omitempty"` // what the content is: Tree only
	Cause    Cause    `json:"cause,omitzero"`  // why the content could not be classed, or the entry not read
	Guard    *Guard   `json:"guard,omitempty"` // the nearest directory above that keeps others out: Stat only
}

// Guard is a directory that neither group nor others may enter.
type Guard struct {
	Path string `json:"path"`
	Mode uint32 `json:"mode"`
}

// FileType is a type of file system object.
type FileType string

// The types. Link stands only in List and Tree, where links are not followed.
const (
	Regular   FileType = "file"
	Directory FileType = "directory"
	Link      FileType = "link"
	Other     FileType = "other" // device, socket, FIFO
)

// Class is what a PEM file holds. A file with a private key is ClassKey even
// where it holds certificates too.
type Class string

// The classes.
const (
	ClassNone        Class = ""
	ClassCertificate Class = "certificate"
	ClassKey         Class = "key"
)

// Cert is a certificate, reduced to what comparisons and expiry need.
type Cert struct {
	SHA256       string `json:"sha256"`    // of the DER bytes
	KeySHA256    string `json:"keySha256"` // of the subject public key info
	Subject      string `json:"subject"`
	Issuer       string `json:"issuer"`
	CA           bool   `json:"ca"`
	NotAfter     string `json:"notAfter"`               // RFC 3339
	IssuerKeyID  string `json:"issuerKeyId,omitempty"`  // authority key identifier, hex
	SubjectKeyID string `json:"subjectKeyId,omitempty"` // hex
}

func word[T ~uint8](words []string, kind string, text []byte, v *T) error {
	for i, w := range words {
		if w == string(text) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("unknown %s %q: want one of %s", kind, text, strings.Join(words, ", "))
}
