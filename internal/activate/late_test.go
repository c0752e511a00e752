package activate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/resolve"
)

// passing are failures that may be over in a moment, and definite those that are not.
var (
	passing = map[string]reply{
		"an error of the server":       page(500, ""),
		"a sidecar that is not ready":  page(503, "no healthy upstream"),
		"a gateway's page":             page(504, html),
		"a request that took too long": page(408, ""),
		"slow down for a moment":       page(429, "", "Retry-After", "1"),
		"a timeout":                    fail(context.DeadlineExceeded),
		"a reset":                      fail(syscall.ECONNRESET),
		"an end before an answer":      fail(io.EOF),
		"a name server that is down":   fail(fault.New(fault.NetworkDNS, "SERVFAIL")),
		"a refused connection":         fail(fault.New(fault.NetworkRefused, "refused")),
		"no route":                     fail(fault.New(fault.NetworkUnreachable, "no route")),
		"a dead proxy":                 fail(fault.New(fault.NetworkProxyUnreachable, "refused")),
		"a proxy that cannot reach it": fail(fault.Wrap(connect.ErrPassing, fault.NetworkProxy, "status 503")),
	}
	definite = map[string]reply{
		"slow down":                  page(429, ""),
		"a name that does not exist": fail(fault.Wrap(resolve.ErrNoSuchName, fault.NetworkDNS, "NXDOMAIN")),
		"a proxy's name that does not exist": fail(fault.Wrap(
			fault.Wrap(resolve.ErrNoSuchName, fault.NetworkDNS, "NXDOMAIN"), fault.NetworkProxyUnreachable, "NXDOMAIN")),
		"an untrusted certificate": fail(fault.New(fault.NetworkUntrusted, "who?")),
		"no TLS":                   fail(fault.New(fault.NetworkTLS, "plain HTTP")),
		"no HTTP":                  fail(errors.New("malformed HTTP response")),
		"a captive portal":         page(200, html),
		"a portal's status":        page(511, html),
		"a redirect":               page(302, "", "Location", "https://login.test/"),
		"a block page":             page(403, html),
		"another server":           page(404, html),
		"a proxy's rule":           fail(fault.New(fault.NetworkProxy, "status 403")),
		"a proxy's password":       page(407, ""),
		"a verdict":                refuse(403, license.MessageExpired),
		"a version not judged":     refuse(400, license.MessageFormat),
		"come back in a minute":    page(503, "", "Retry-After", "60"),
	}
)

func TestPassingFailuresAreTriedAgainUntilTheTimeIsOver(t *testing.T) {
	t.Parallel()
	for name, answer := range passing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, began := newScene(t, answer), time.Now()
				failed := asFault(t, s.Run(t.Context()))
				took := time.Since(began)
				if took < 12*time.Second || took > 15*time.Second {
					t.Errorf("gave up after %s: %v", took, failed)
				}
				if n := len(s.server.requests); n < 6 || n > 25 || failed.Attempts != n || failed.Waited != took {
					t.Errorf("%d requests in %s: %v", n, took, failed)
				}
			})
		})
	}
}

func TestDefiniteFailuresEndAtOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range definite {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, began := newScene(t, answer), time.Now()
				failed := asFault(t, s.Run(t.Context()))
				if len(s.server.requests) != 1 || time.Since(began) > 0 || failed.Waited != 0 {
					t.Errorf("%d requests in %s: %v", len(s.server.requests), time.Since(began), failed)
				}
			})
		})
	}
}

// A network that comes late: what fails now works later.
func TestANetworkThatComesLateIsNotMissed(t *testing.T) {
	t.Parallel()
	for name, answer := range passing {
		for _, after := range []time.Duration{time.Second, 4 * time.Second, 9 * time.Second, 14 * time.Second} {
			if strings.HasPrefix(name, "slow down") && after > 9*time.Second {
				continue // the server may want to be asked after the end
			}
			t.Run(fmt.Sprintf("%s, for %s", name, after), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					s := newScene(t, func(r *http.Request) (*http.Response, error) {
						if time.Since(began) < after {
							return answer(r)
						}
						return grant(nil)(r)
					})
					err, took := s.run(t), time.Since(began)
					if late := 2*time.Second + 1100*time.Millisecond; err != "" || took > after+late {
						t.Errorf("after %s: %s", took, err)
					}
				})
			})
		}
	}
}

// An answer is an answer, also when another attempt follows.
func TestALicenseThatTheServerDoesNotKnowIsAskedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(400, license.MessageNotFound), page(503, ""), page(503, ""), grant(nil))
		s.put(t, ownPath, stored(func(d *license.Document) { d.Offline.Version = "4.13.0" }))
		if err := s.run(t); err != "" || s.server.asked() != "activate request request request" {
			t.Errorf("%s, asked for %s", err, s.server.asked())
		}
	})
}

// Each attempt reads anew what may have come meanwhile, a name server in resolv.conf for one.
func TestEachAttemptHasATransportOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, fail(fault.New(fault.NetworkDNS, "no name server")))
		made, later := 0, &server{replies: []reply{grant(nil)}}
		s.Anew = func() http.RoundTripper {
			if made++; made < 3 {
				return s.server
			}
			return later
		}
		if err := s.run(t); err != "" || made != 3 || len(s.server.requests) != 3 || len(later.requests) != 1 {
			t.Errorf("%s; %d made, %d and %d requests", err, made, len(s.server.requests), len(later.requests))
		}
	})
}

// What is told is what tells most, and not what only the end of the time has made.
func TestTheFailureThatTellsMostIsTold(t *testing.T) {
	t.Parallel()
	refused := fail(fault.New(fault.NetworkRefused, "the connection was refused"))
	nameless, distrusted := fail(fault.New(fault.NetworkDNS, "SERVFAIL")), fail(fault.New(fault.NetworkUntrusted, "who?"))
	broken := page(503, "", "X-Request-Id", "req-00001")
	for name, c := range map[string]struct {
		replies []reply
		id      fault.ID
		says    []string
	}{
		"refused, then cut off": {[]reply{refused, refused, refused, silence}, fault.NetworkRefused, nil},
		"an answer, then refused": {[]reply{broken, refused}, fault.NetworkServerError,
			[]string{"req-00001", "most recently: the connection was refused"}},
		"refused, then an answer":    {[]reply{refused, refused, broken}, fault.NetworkServerError, []string{"req-00001"}},
		"no name, then refused":      {[]reply{nameless, refused}, fault.NetworkRefused, nil},
		"an answer, then a verdict":  {[]reply{broken, refuse(403, license.MessageExpired)}, fault.LicenseExpired, nil},
		"an answer, then distrusted": {[]reply{broken, distrusted}, fault.NetworkUntrusted, nil},
		"nothing but silence":        {[]reply{silence}, fault.NetworkTimeout, []string{"(waited 6s, 2 attempts)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, c.replies...)
				s.Config.ActivationTimeout = config.Seconds(6 * time.Second)
				got := asFault(t, s.Run(t.Context()))
				if got.ID != c.id {
					t.Errorf("got %v, want %s", got, c.id)
				}
				for _, text := range c.says {
					if !strings.Contains(got.Seen(), text) {
						t.Errorf("%q is not in %s", text, got.Seen())
					}
				}
				if strings.Count(got.Seen(), "waited") > 1 || strings.Contains(got.Seen(), "most recently") != (len(c.says) == 2) {
					t.Errorf("%s", got.Seen())
				}
			})
		})
	}
}
