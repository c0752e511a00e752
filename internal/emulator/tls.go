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

// sharedListener accepts HTTP and TLS on one port. The first byte decides: a TLS
// client begins with 0x16, an HTTP request with a letter. Each connection waits for
// it in its own goroutine, so that a silent client delays neither others nor the stop.
type sharedListener struct {
	net.Listener
	config *tls.Config
	ready  chan accepted
	closed chan struct{}
	close  func() error
}

type accepted struct {
	conn net.Conn
	err  error
}

// newSharedListener takes over listener. It creates the certificate for the first TLS
// client.
func newSharedListener(listener net.Listener) *sharedListener {
	certificate := sync.OnceValues(func() (*tls.Certificate, error) { return selfSigned(time.Now()) })
	l := &sharedListener{
		Listener: listener,
		config: &tls.Config{
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() },
		},
		ready:  make(chan accepted),
		closed: make(chan struct{}),
	}
	l.close = sync.OnceValue(func() error {
		close(l.closed)
		return listener.Close()
	})
	go l.run()
	return l
}

// Accept implements net.Listener.
func (l *sharedListener) Accept() (net.Conn, error) {
	select {
	case a := <-l.ready:
		return a.conn, a.err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *sharedListener) Close() error { return l.close() }

// run accepts until the listener is closed. The server decides about errors.
func (l *sharedListener) run() {
	for {
		conn, err := l.Listener.Accept()
		if err == nil {
			go l.detect(conn)
			continue
		}
		l.pass(accepted{err: err})
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

func (l *sharedListener) detect(conn net.Conn) {
	first := make([]byte, 1)
	_ = conn.SetReadDeadline(time.Now().Add(headerTimeout))
	if _, err := conn.Read(first); err != nil {
		conn.Close()
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	var whole net.Conn = &replayConn{conn, first}
	if first[0] == 0x16 {
		whole = tls.Server(whole, l.config)
	}
	if !l.pass(accepted{conn: whole}) {
		conn.Close()
	}
}

// pass hands a to Accept. It reports whether the listener is still open.
func (l *sharedListener) pass(a accepted) bool {
	select {
	case l.ready <- a:
		return true
	case <-l.closed:
		return false
	}
}

// replayConn is a connection whose first bytes are read again.
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

// selfSigned creates a certificate for the names of the gateway. It is for clients
// that do not verify certificates.
func selfSigned(now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "localhost.localstack.cloud"},
		NotBefore:    now.Add(-24 * time.Hour), // for clients whose clock is behind
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
