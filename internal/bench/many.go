package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"localstack-entrypoint/internal/testkit/crowd"
)

// perRequest is what a request may take with many members.
var perRequest = goal{budget: 100, unit: "ms"}

// visits are the requests of clients to an authority with many members, one after the other.
type visits struct {
	server *authorityServer
	tokens []string

	mu    sync.Mutex
	kinds []string // of requests, in the order of their first
	took  map[string]series
}

// many measures each kind of request, and what pages and commands need of the store, with many members, whose rows SQL
// makes.
func (s *stage) many(set settings) ([]*table, error) {
	t := &table{
		title:  fmt.Sprintf("Requests with %d members and tokens (visits: %d)", set.members, set.visits),
		header: []string{""},
	}
	var all []*visits
	for i, database := range s.databases {
		url, err := database()
		if err != nil {
			return nil, err
		}
		data := &authorityData{label: authorityProgram, program: s.program(authorityProgram), database: url,
			dir: filepath.Join(s.dir, fmt.Sprintf("many-%d", i))}
		v, err := data.visited(set)
		if err != nil {
			return nil, fmt.Errorf("visit %s: %w", data.name(), err)
		}
		all = append(all, v)
		name := strings.TrimPrefix(data.name(), authorityProgram+", ")
		t.header = append(t.header, name+" median ms", "slowest", "budget")
	}
	for _, kind := range all[0].kinds {
		row := []string{kind}
		for _, v := range all {
			took := v.took[kind]
			row = append(row, number(took.median(), 1), number(took.quantile(1), 1), perRequest.mustBe(took.quantile(1)))
		}
		t.add(row...)
	}
	return []*table{t}, nil
}

// visited fills an authority, and lets clients visit it.
func (d *authorityData) visited(set settings) (_ *visits, err error) {
	if err := d.createTokens(1); err != nil {
		return nil, err
	}
	if err := d.populate(set.members); err != nil {
		return nil, err
	}
	server, err := d.serve()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	v := &visits{server: server, tokens: d.tokens, took: make(map[string]series)}
	if err := v.awaitVerdicts(); err != nil {
		return nil, err
	}
	for i := range set.visits {
		if err := v.visit(i); err != nil {
			return nil, err
		}
	}
	return v, v.readLists(d, set)
}

// awaitVerdicts returns when the server has read its database as a whole. Before, it does not say of a token that it is
// unknown.
func (v *visits) awaitVerdicts() error {
	c := v.client(0)
	defer c.http.CloseIdleConnections()
	const kind = "the server reads its database"
	defer v.forget(kind)
	err := errors.New("it never does")
	for deadline := time.Now().Add(patience); err != nil && time.Now().Before(deadline); {
		err = c.activate(kind, strangerToken, http.StatusForbidden)
	}
	return err
}

// forget removes the times of a kind that is only waited for.
func (v *visits) forget(kind string) {
	delete(v.took, kind)
	v.kinds = slices.DeleteFunc(v.kinds, func(k string) bool { return k == kind })
}

// visit is a login with the browser and with lstk, and what clients ask besides.
func (v *visits) visit(i int) error {
	c := v.client(i)
	defer c.http.CloseIdleConnections()
	var begun struct {
		ID       string `json:"id"`
		Code     string `json:"code"`
		Exchange string `json:"exchange_token"`
	}
	var bearer struct {
		Token string `json:"auth_token"`
	}
	var made struct {
		Token string `json:"token"`
	}
	steps := []func() error{
		func() error { return c.get("GET /healthz", "/healthz", nil) },
		func() error { return c.get("GET /readyz", "/readyz", nil) },
		func() error { return c.get("GET /metrics", "/metrics", nil) },
		func() error { return c.get("GET /v1/license/activate", "/v1/license/activate", nil) },
		func() error { return c.activate("POST /v1/license/request", v.tokens[0]) },
		func() error {
			return c.activate("POST /v1/license/request, unknown token", strangerToken, http.StatusForbidden)
		},
		func() error { return c.get("GET /login", "/login", nil) },
		func() error {
			return c.post("POST /login", "/login", url.Values{"email": {c.email}, "password": {crowd.Password}})
		},
		func() error { return c.get("GET /sessions", "/sessions", nil) },
		func() error {
			return c.json("POST /v1/auth/request", "/v1/auth/request", `{"actor":"lstk","version":"1"}`, &begun)
		},
		func() error {
			return c.get("GET /auth/request/{id}", "/auth/request/"+begun.ID+"?code="+begun.Code, nil)
		},
		func() error {
			return c.post("POST /auth/request/{id}", "/auth/request/"+begun.ID,
				url.Values{"code": {begun.Code}, "decision": {"confirm"}})
		},
		func() error {
			return c.get("GET /v1/auth/request/{id}", "/v1/auth/request/"+begun.ID+"?exchange_token="+begun.Exchange, nil)
		},
		func() error {
			return c.json("POST /v1/auth/request/{id}/exchange", "/v1/auth/request/"+begun.ID+"/exchange",
				`{"exchange_token":"`+begun.Exchange+`"}`, &bearer)
		},
		func() error {
			c.authorization = bearer.Token
			return c.get("GET /v1/license/credentials", "/v1/license/credentials", &made)
		},
		func() error { return c.activate("POST /v1/license/request, token of a member", made.Token) },
		func() error { return c.post("POST /sessions", "/sessions", url.Values{"session": {"others"}}) },
		func() error { return c.post("POST /logout", "/logout", nil) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
