package facts

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"time"
)

// observeCertificates reads the certificates of a PEM file. Private keys in it are
// stepped over.
func observeCertificates(f Files, k Key, o *Observation) error {
	b, file, err := f.Read(k.Root, k.Path, maxPEM)
	if file.Type != "" {
		o.File = &file
	}
	if err != nil {
		return err
	}
	certs, more, err := parseCertificates(b)
	if err != nil {
		return err
	}
	o.Certs = certs
	if more {
		o.Truncated = fmt.Sprintf("more than %d certificates", maxCerts)
	}
	return nil
}

// parseCertificates reads every certificate of PEM text, at most 200.
func parseCertificates(b []byte) (certs []Cert, more bool, err error) {
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			break
		}
		if !isCertificateLabel(block.Type) {
			continue
		}
		if len(certs) == maxCerts {
			return certs, true, nil
		}
		der := block.Bytes
		c, err := x509.ParseCertificate(der)
		if err != nil && block.Type == "TRUSTED CERTIFICATE" {
			// OpenSSL appends its trust settings to the certificate.
			if n := derLength(der); n > 0 && n < len(der) {
				c, err = x509.ParseCertificate(der[:n])
			}
		}
		if err != nil {
			return nil, false, &Trouble{Malformed, fmt.Sprintf("certificate %d does not parse: %v", len(certs)+1, err)}
		}
		certs = append(certs, certOf(c))
	}
	if len(certs) == 0 {
		return nil, false, &Trouble{Malformed, "holds no certificate"}
	}
	return certs, false, nil
}

// derLength is the length of the first DER element, header included; 0 where there
// is none.
func derLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	n := int(b[1])
	if n < 0x80 {
		return 2 + n
	}
	digits := n & 0x7f
	if digits == 0 || digits > 3 || len(b) < 2+digits {
		return 0
	}
	n = 0
	for _, c := range b[2 : 2+digits] {
		n = n<<8 | int(c)
	}
	return 2 + digits + n
}

func certOf(c *x509.Certificate) Cert {
	sum, key := sha256.Sum256(c.Raw), sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return Cert{
		SHA256: hex.EncodeToString(sum[:]), KeySHA256: hex.EncodeToString(key[:]),
		Subject: textOf(c.Subject.String()), Issuer: textOf(c.Issuer.String()), CA: c.IsCA,
		NotAfter:    c.NotAfter.UTC().Format(time.RFC3339),
		IssuerKeyID: hex.EncodeToString(c.AuthorityKeyId), SubjectKeyID: hex.EncodeToString(c.SubjectKeyId),
	}
}
