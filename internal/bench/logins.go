package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"localstack-entrypoint/internal/testkit/crowd"
)

const (
	// loginClients log in at once, beside activatingClients, each time as another member from another address.
	loginClients, activatingClients = 20, 100
	// loginMembers are more than can log in while this is measured.
	loginMembers = 2000

	loginKind = "POST /login"
)

var memoryWithLogins = goal{budget: 120, unit: "MiB"}

// logins measures the memory of a server that hashes passwords under load.
func (s *stage) logins(set settings) ([]*table, error) {
	t := &table{
		title: fmt.Sprintf("%d clients that log in, beside %d that activate (%g s)",
			loginClients, activatingClients, set.load.Seconds()),
		header: []string{"", "logins per s", "p50 ms", "p99 ms", "activations per s", "p99 ms", "peak RSS MiB", "budget"},
	}
	for i, database := range s.databases {
		address, err := database()
		if err != nil {
			return nil, err
		}
		d := &authorityData{label: authorityProgram, program: s.program(authorityProgram), database: address,
			dir: filepath.Join(s.dir, fmt.Sprintf("logins-%d", i))}
		if err := errors.Join(d.createTokens(set.tokens), d.populate(loginMembers)); err != nil {
			return nil, fmt.Errorf("fill %s: %w", d.name(), err)
		}
		row, err := d.loggedIn(set.load)
		if err != nil {
			return nil, fmt.Errorf("log in to %s: %w", d.name(), err)
		}
		t.add(row...)
	}
	return []*table{t}, nil
}

// loggedIn is the row of a server.
func (d *authorityData) loggedIn(during time.Duration) (row []string, err error) {
	server, err := d.serve()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	v := &visits{server: server, took: make(map[string]series)}
	var running sync.WaitGroup
	var last atomic.Int32
	failed := make([]error, loginClients)
	end := time.Now().Add(during)
	for i := range failed {
		running.Go(func() {
			for time.Now().Before(end) && failed[i] == nil {
				failed[i] = v.logIn(int(last.Add(1)))
			}
		})
	}
	took, _, err := d.load(server.address, activatingClients, during)
	running.Wait()
	if err := errors.Join(append(failed, err)...); err != nil {
		return nil, err
	}
	peak, err := server.peak()
	hashed := v.took[loginKind]
	return []string{strings.TrimPrefix(d.name(), authorityProgram+", "),
		number(float64(len(hashed))/during.Seconds(), 0), number(hashed.median(), 0), number(hashed.quantile(0.99), 0),
		number(float64(len(took))/during.Seconds(), 0), number(took.quantile(0.99), 0),
		number(peak, 1), memoryWithLogins.mustBe(peak)}, err
}

// logIn logs a member in. An answer that the server is busy is one, too.
func (v *visits) logIn(i int) error {
	c := v.client(i % loginMembers)
	defer c.http.CloseIdleConnections()
	form := url.Values{"email": {c.email}, "password": {crowd.Password}}
	return c.send(loginKind, http.MethodPost, "/login", "application/x-www-form-urlencoded", []byte(form.Encode()), nil,
		http.StatusServiceUnavailable)
}
