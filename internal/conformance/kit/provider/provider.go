// Package provider is an OIDC provider made of the library of zitadel/oidc and its example of a storage and a login
// page. ID tokens have no email address: its userinfo endpoint says that.
package provider

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Version is that of the library.
const Version = "3.52.0"

// What the provider calls its only client, and the password of everybody.
const (
	ClientID = "license-authority"
	Secret   = "the secret of a client"
	Password = "the password at the provider"
)

// Provider is a provider at http://localhost:PORT. To a browser, this is another site than http://127.0.0.1.
type Provider struct {
	Issuer string

	mu     sync.Mutex
	people map[string]storage.User
	keys   []*key // the last one signs; all are published
}

// Start starts a provider that leads back to one URL only. It ends with the test.
func Start(t testing.TB, listener net.Listener, redirectURL string) *Provider {
	t.Helper()
	port := listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // the caller listens on TCP
	p := &Provider{Issuer: "http://localhost:" + strconv.Itoa(port), people: make(map[string]storage.User)}
	p.Rotate(t, false)
	clients := storage.NewStorageWithClients(people{p}, map[string]*storage.Client{
		ClientID: storage.WebClient(ClientID, Secret, redirectURL),
	})
	handler := exampleop.SetupServer(p.Issuer, withKeys{clients, p}, slog.New(slog.DiscardHandler), false)
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	return p
}

// Person adds a person, or changes one: the subject stays, and is also the name at the login.
func (p *Provider) Person(subject, email string, isVerified bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.people[subject] = storage.User{
		ID: subject, Username: subject, Password: Password, Email: email, EmailVerified: isVerified,
	}
}

// Rotate has another key sign from now on. The ones before are published on, or not.
func (p *Provider) Rotate(t testing.TB, keep bool) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !keep {
		p.keys = nil
	}
	p.keys = append(p.keys, &key{rand.Text(), private})
}

// people is what the storage asks for people.
type people struct{ *Provider }

// GetUserByID returns the person with a subject.
func (p people) GetUserByID(subject string) *storage.User {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.people[subject]
	if !ok {
		return nil
	}
	return &found
}

// GetUserByUsername returns the person with a name.
func (p people) GetUserByUsername(name string) *storage.User { return p.GetUserByID(name) }

// ExampleClientID is of no use here.
func (people) ExampleClientID() string { return storage.ServiceUserID }

// withKeys is the storage, with keys that change.
type withKeys struct {
	*storage.Storage

	provider *Provider
}

// SigningKey returns the key that signs.
func (w withKeys) SigningKey(context.Context) (op.SigningKey, error) {
	w.provider.mu.Lock()
	defer w.provider.mu.Unlock()
	return w.provider.keys[len(w.provider.keys)-1], nil
}

// KeySet returns the keys that are published.
func (w withKeys) KeySet(context.Context) (set []op.Key, err error) {
	w.provider.mu.Lock()
	defer w.provider.mu.Unlock()
	for _, one := range w.provider.keys {
		set = append(set, published{one})
	}
	return set, nil
}

type key struct {
	id      string
	private *rsa.PrivateKey
}

// ID is the name of the key in tokens.
func (k *key) ID() string { return k.id }

// SignatureAlgorithm is how it signs.
func (*key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

// Key is the private key.
func (k *key) Key() any { return k.private }

type published struct{ *key }

// Algorithm is how the key signs.
func (published) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }

// Use says that the key signs.
func (published) Use() string { return "sig" }

// Key is the public key.
func (p published) Key() any { return &p.private.PublicKey }
