package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// strangerToken is well formed, and of no authority.
const strangerToken = "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEE" + "dc30"

// visitor is a member at an address, because each of both may only do so much.
type visitor struct {
	visits        *visits
	http          *http.Client
	email         string
	authorization string
	cookies       []*http.Cookie
}

func (v *visits) client(i int) *visitor {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+i/250), byte(1+i%250))}}
	return &visitor{visits: v, email: fmt.Sprintf("user-%d@example.org", i+1), http: &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext},
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (c *visitor) get(kind, path string, into any) error {
	return c.send(kind, http.MethodGet, path, "", nil, into)
}

func (c *visitor) post(kind, path string, form url.Values) error {
	return c.send(kind, http.MethodPost, path, "application/x-www-form-urlencoded", []byte(form.Encode()), nil)
}

func (c *visitor) json(kind, path, body string, into any) error {
	return c.send(kind, http.MethodPost, path, "application/json", []byte(body), into)
}

// activate asks for a license; the status is 200 unless another one is wanted.
func (c *visitor) activate(kind, token string, want ...int) error {
	body, err := activation(token, "bench")
	if err != nil {
		return err
	}
	return c.send(kind, http.MethodPost, "/v1/license/request", "application/json", body, nil, want...)
}

// send sends a request, notes how long the answer took, and reads that. A good status is 200 or that of a redirect.
func (c *visitor) send(kind, method, path, content string, body []byte, into any, want ...int) error {
	request, err := http.NewRequest(method, "http://"+c.visits.server.address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if content != "" {
		request.Header.Set("Content-Type", content)
	}
	if c.authorization != "" {
		request.Header.Set("Authorization", c.authorization)
	}
	for _, cookie := range c.cookies {
		request.AddCookie(cookie)
	}
	began := time.Now()
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	c.visits.note(kind, time.Since(began))
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	if !slices.Contains(append(want, http.StatusOK, http.StatusCreated, http.StatusSeeOther), response.StatusCode) {
		return fmt.Errorf("%s: status %d: %.300s", kind, response.StatusCode, answer)
	}
	c.cookies = append(c.cookies, response.Cookies()...)
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

func (v *visits) note(kind string, took time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.took[kind] == nil {
		v.kinds = append(v.kinds, kind)
	}
	v.took[kind] = append(v.took[kind], milliseconds(took))
}
