package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/testkit"
)

// certificates writes a new pair to cert.pem and key.pem, and returns its serial number.
func (r *room) certificates(authority *testkit.Authority, serial int64) {
	r.Helper()
	t, _ := r.TB.(*testing.T)
	pair := authority.Issue(t, "localhost", func(c *x509.Certificate) { c.SerialNumber.SetInt64(serial) })
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		r.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(r.dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			r.Fatal(err)
		}
	}
}

// serial is the number of the certificate that the server presents now.
func (r *room) serial(authority *testkit.Authority, versions ...uint16) (int64, error) {
	pool := x509.NewCertPool()
	pool.AddCert(authority.Certificate)
	conf := &tls.Config{RootCAs: pool, ServerName: "localhost"}
	if len(versions) > 0 {
		conf.MinVersion, conf.MaxVersion = versions[0], versions[0]
	}
	conn := tls.Client(r.dial(), conf)
	if err := conn.Handshake(); err != nil {
		return 0, err
	}
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

func TestSIGHUPReadsTheCertificateAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	authority := testkit.NewAuthority(t, "authority")
	r.certificates(authority, 11)
	r.start("--tls-cert", "cert.pem", "--tls-key", "key.pem")
	is := func(want int64) bool {
		got, err := r.serial(authority)
		if err != nil {
			t.Fatal(err)
		}
		return got == want
	}
	if !is(11) {
		t.Error("it has another certificate")
	}
	hangUp := func() {
		t.Helper()
		if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	r.certificates(authority, 12)
	if !is(11) {
		t.Error("it reads the certificate before the signal")
	}
	hangUp()
	eventually(t, "the new certificate", func() bool { return is(12) })

	// A pair that does not fit, half a file, none: the one before stays.
	good, err := os.ReadFile(filepath.Join(r.dir, "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{good[:len(good)/2], {}, []byte(authority.PEM), nil} {
		path := filepath.Join(r.dir, "cert.pem")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if bad != nil {
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before := r.said("so the one before stays: ")
		hangUp()
		eventually(t, "the log says why", func() bool { return r.said("so the one before stays: ") > before })
		if !is(12) {
			t.Error("the certificate is another one")
		}
	}
	r.certificates(authority, 13)
	hangUp()
	eventually(t, "the next certificate", func() bool { return is(13) })
	if log := r.stderr.String(); strings.Contains(log, "PRIVATE KEY") {
		t.Errorf("the log is %s", log)
	}
}

func TestSIGHUPEndsNoServerWithoutTLS(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.start()
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log says so", func() bool { return r.said("there is none") == 1 })
	r.isWell()
}

func TestTLSIsNewAndPlainHTTPIsTold(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	authority := testkit.NewAuthority(t, "authority")
	r.certificates(authority, 11)
	r.start("--tls-cert", "cert.pem", "--tls-key", "key.pem")
	for version, works := range map[uint16]bool{
		tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true,
	} {
		if _, err := r.serial(authority, version); (err == nil) != works {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	plain := exchange("http"+strings.TrimPrefix(r.url, "https")+"/v1/license/request", body(r.token))
	if plain.status != 400 || plain.text != "Client sent an HTTP request to an HTTPS server.\n" {
		t.Errorf("plain HTTP is answered with %v", plain)
	}
	eventually(t, "the log says so", func() bool { return r.said("TLS handshake error") >= 1 })
}
