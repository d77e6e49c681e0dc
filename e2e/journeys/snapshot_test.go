package journeys

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSnapshot is the seventh journey: a node is recorded and audited elsewhere, when
// nothing of it is left. The findings are the same, and no secret has travelled.
func TestSnapshot(t *testing.T) {
	asRoot(t)
	n := emptyNode(t)
	secret := base64.StdEncoding.EncodeToString([]byte("a key that nobody should see...."))
	encryption := n.file("encryption.yaml", `kind: EncryptionConfiguration
apiVersion: apiserver.config.k8s.io/v1
resources:
  - resources: [secrets]
    providers:
      - aescbc: {keys: [{name: key1, secret: `+secret+`}]}
      - identity: {}
`, 0o600)
	p := n.start("kube-apiserver", "--profiling=true", "--anonymous-auth=false", "--encryption-provider-config="+encryption)
	q := n.start("kube-scheduler", "--profiling=false", "--bind-address=127.0.0.1")
	live := scan(t)
	file := filepath.Join(n.dir, "node.json.gz")
	if o := run(t, "collect", "-o", file, "--origin", "journey"); o.code != 0 || o.out != "" || !strings.Contains(o.err, "recorded "+live.Host.Name) {
		t.Fatalf("collect: exit code %d: %s%s", o.code, o.out, o.err)
	}
	if mode(t, file) != 0o600 {
		t.Errorf("the recording has mode %o", mode(t, file))
	}
	p.stop()
	q.stop()
	if err := os.Remove(encryption); err != nil {
		t.Fatal(err)
	}

	// It is compressed, and holds no secret.
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatalf("the recording is not compressed: %v", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("--profiling=true")) || !bytes.Contains(text, []byte("aescbc")) {
		t.Error("the recording does not hold what was seen")
	}
	if bytes.Contains(text, []byte(secret)) || bytes.Contains(text, []byte("nobody should see")) {
		t.Error("the recording holds the key of the encryption")
	}

	// The same findings, compressed, as text, and through a pipe.
	loose := n.file("node.json", string(text), 0o600)
	pipe := runWith(t, bytes.NewReader(packed), program(t), "scan", "--snapshot", "-", "--format", "json", "--fail-on", "never", "--allow-unknown")
	for name, r := range map[string]report{"compressed": scan(t, "--snapshot", file), "text": scan(t, "--snapshot", loose), "pipe": decode(t, pipe.out)} {
		if r.Input.Kind != "snapshot" || r.Host.Name != live.Host.Name || len(r.Results) != 131 {
			t.Errorf("%s: a %s of %s with %d results", name, r.Input.Kind, r.Host.Name, len(r.Results))
		}
		for i, c := range r.Results {
			if was := live.Results[i]; c.ID != was.ID || c.Status != was.Status || c.Reason != was.Reason {
				t.Errorf("%s: %s is %s (%s), live it was %s (%s)", name, c.ID, c.Status, c.Reason, was.Status, was.Reason)
			}
		}
	}

	// On the screen, as another user at another desk.
	desk := own(t, n.dir+"/desk")
	there := filepath.Join(desk, "node.json.gz")
	if err := os.WriteFile(there, packed, 0o644); err != nil {
		t.Fatal(err)
	}
	x := open(t, large, append(stranger(t), launch(t, desk, nil, "--snapshot", there)...))
	x.until(settled, shows("snapshot of "+live.Host.Name+" recorded "))
	x.seek("1.2.17")
	x.until(entitled("1.2.17  FAIL, regression"), reads("--profiling = true"))
	x.press("r", shows("1.2.17 re-run: nothing changed"))
	x.press("Escape", lacks("/1.2.17"))
	x.seek("1.4.1")
	x.until(entitled("1.4.1  pass"))
	x.leave("q")

	// Half a recording is refused in words.
	half := n.file("half.json.gz", string(packed[:len(packed)/2]), 0o600)
	if o := run(t, "scan", "--snapshot", half); o.code != 1 || o.out != "" || !strings.Contains(o.err, half) {
		t.Errorf("half a recording: exit code %d: %s%s", o.code, o.out, o.err)
	}
}
