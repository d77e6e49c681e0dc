package facts

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// makeCert makes a self-signed certificate, as PEM with its private key and as DER.
func makeCert(t testing.TB, name string) (cert, key string, der []byte) {
	t.Helper()
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), SubjectKeyId: []byte{1, 2}, AuthorityKeyId: []byte{1, 2},
	}
	if der, err = x509.CreateCertificate(rand.Reader, tmpl, tmpl, &priv.PublicKey, priv); err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalECPrivateKey(priv)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: k})), der
}

func TestParseCertificates(t *testing.T) {
	cert, key, der := makeCert(t, "ca\x1b[2J")
	other, _, _ := makeCert(t, "other")
	certs, more, err := parseCertificates([]byte("# comment\n" + key + cert + "junk\n" + other))
	if err != nil || more || len(certs) != 2 {
		t.Fatalf("%+v, %v, %v", certs, more, err)
	}
	sum := sha256.Sum256(der)
	c := certs[0]
	if c.SHA256 != hex.EncodeToString(sum[:]) || c.KeySHA256 == certs[1].KeySHA256 || !strings.HasPrefix(c.Subject, "CN=ca") ||
		c.Issuer != c.Subject || !c.CA || c.NotAfter != "2030-01-02T03:04:05Z" || c.SubjectKeyID != "0102" {
		t.Errorf("%+v", c)
	}
	trusted := string(pem.EncodeToMemory(&pem.Block{Type: "TRUSTED CERTIFICATE", Bytes: append(append([]byte{}, der...), 0x30, 0x00)}))
	if certs, _, err = parseCertificates([]byte(trusted)); err != nil || certs[0].SHA256 != c.SHA256 {
		t.Errorf("openssl's trusted certificate: %v", err)
	}
	if certs, more, err = parseCertificates([]byte(strings.Repeat(cert, maxCerts+1))); err != nil || !more || len(certs) != maxCerts {
		t.Errorf("%d, %v, %v", len(certs), more, err)
	}
	for text, why := range map[string]string{
		"": "holds no certificate", key: "holds no certificate", "-----BEGIN CERTIFICATE-----\n": "holds no certificate",
		pemCert: "certificate 1 does not parse", cert + pemCert: "certificate 2 does not parse", string(der): "holds no certificate",
	} {
		if _, _, err := parseCertificates([]byte(text)); causeOf(err) != Malformed || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func TestObserveCertificates(t *testing.T) {
	cert, key, _ := makeCert(t, "a")
	n := Imagined{Files: []ImaginedFile{{Path: "/both.pem", Mode: 0o600, Text: key + strings.Repeat(cert, maxCerts+1)}}}
	o := Observe(n, Key{Kind: Certificates, Root: HostRoot, Path: "/both.pem"})
	if o.State != Present || len(o.Certs) != maxCerts || o.Truncated == "" || o.File == nil {
		t.Errorf("%+v", o)
	}
}

func TestKubeconfigCertificate(t *testing.T) {
	cert, key, _ := makeCert(t, "system:node:x")
	data := base64.StdEncoding.EncodeToString([]byte(cert + key))
	got := docOf(Kubeconfig, "users: [{name: a, user: {client-certificate-data: "+data+"}}]\n")
	want := `{"clusters":[],"users":[{"auth":["clientCertificateData"],"certificate":{"notAfter":"2030-01-02T03:04:05Z","subject":"CN=system:node:x"},"name":"a"}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzCertificates(f *testing.F) {
	cert, key, der := makeCert(f, "a")
	f.Add([]byte(key + cert))
	f.Add(der)
	f.Add([]byte(pemCert + pemKey))
	f.Fuzz(func(t *testing.T, b []byte) {
		certs, _, err := parseCertificates(b)
		if (err == nil) != (len(certs) > 0) || len(certs) > maxCerts {
			t.Errorf("%d certificates, %v", len(certs), err)
		}
		if n := derLength(b); n < 0 {
			t.Errorf("length %d", n)
		}
		classOf(b)
	})
}
