package emulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"sync"
	"time"
)

// bothListener serves HTTP and TLS on one port. A connection's first byte tells
// them apart: a TLS client starts with 0x16, an HTTP request with a letter.
// Connections wait for that byte on their own, so a silent client keeps nobody
// out, nor does it delay the stop.
type bothListener struct {
	net.Listener
	config *tls.Config
	sorted chan accepted
	closed chan struct{}
	close  func() error
}

type accepted struct {
	conn net.Conn
	err  error
}

// newBothListener takes over l. The certificate is made for the first client
// that wants TLS.
func newBothListener(l net.Listener) *bothListener {
	certificate := sync.OnceValues(func() (*tls.Certificate, error) { return selfSigned(time.Now()) })
	b := &bothListener{
		Listener: l,
		config: &tls.Config{
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() },
		},
		sorted: make(chan accepted),
		closed: make(chan struct{}),
	}
	b.close = sync.OnceValue(func() error {
		close(b.closed)
		return l.Close()
	})
	go b.run()
	return b
}

// Accept implements net.Listener.
func (b *bothListener) Accept() (net.Conn, error) {
	select {
	case a := <-b.sorted:
		return a.conn, a.err
	case <-b.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (b *bothListener) Close() error { return b.close() }

// run accepts until the listener is closed. Errors go to the server, which
// knows which of them pass and how long to wait.
func (b *bothListener) run() {
	for {
		conn, err := b.Listener.Accept()
		if err == nil {
			go b.sort(conn)
			continue
		}
		b.hand(accepted{err: err})
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

func (b *bothListener) sort(conn net.Conn) {
	first := make([]byte, 1)
	_ = conn.SetReadDeadline(time.Now().Add(headerTimeout))
	if _, err := conn.Read(first); err != nil {
		conn.Close()
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	var whole net.Conn = &replayConn{conn, first}
	if first[0] == 0x16 {
		whole = tls.Server(whole, b.config)
	}
	if !b.hand(accepted{conn: whole}) {
		conn.Close()
	}
}

// hand reports whether somebody took a.
func (b *bothListener) hand(a accepted) bool {
	select {
	case b.sorted <- a:
		return true
	case <-b.closed:
		return false
	}
}

// replayConn is a connection with the bytes already read put back.
type replayConn struct {
	net.Conn
	pending []byte
}

// Read implements net.Conn.
func (c *replayConn) Read(p []byte) (int, error) {
	if len(c.pending) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.pending)
	c.pending = c.pending[n:]
	return n, nil
}

// selfSigned makes a certificate for the names the gateway is known by. No
// client trusts it by itself; it serves those told not to verify.
func selfSigned(now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "localhost.localstack.cloud"},
		NotBefore:    now.Add(-24 * time.Hour), // clients whose clock is behind
		NotAfter:     now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{
			"localhost", "localhost.localstack.cloud",
			"*.localhost.localstack.cloud", "*.s3.localhost.localstack.cloud",
		},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
