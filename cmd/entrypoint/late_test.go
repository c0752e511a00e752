package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// tries is a server's answers to a start without a limit of attempts.
type tries struct {
	name, status string // in words
	answer       http.HandlerFunc
	id           fault.ID
	// least and most are how many requests it gets when the start has fewTries' time.
	least, most int64
}

const fewTries = 6 * time.Second

// waitingAtOnce is how many starts wait side by side.
const waitingAtOnce = 16

func gives(status int, headers ...string) http.HandlerFunc {
	return func(out http.ResponseWriter, _ *http.Request) {
		for pair := range slices.Chunk(headers, 2) {
			out.Header().Set(pair[0], pair[1])
		}
		out.WriteHeader(status)
		_, _ = io.WriteString(out, "<html><title>Something</title>")
	}
}

func saysNothing(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// triesOfAServer are the failures of a server that takes connections.
var triesOfAServer = []tries{
	{"server error", "500", gives(500), fault.NetworkServerError, 3, 12},
	{"sidecar without a server", "503", gives(503), fault.NetworkServerError, 3, 12},
	{"the same, knows how long", "503, Retry-After: 1", gives(503, "Retry-After", "1"), fault.NetworkServerError, 2, 5},
	{"the same, for too long", "503, Retry-After: 60", gives(503, "Retry-After", "60"), fault.NetworkServerError, 1, 1},
	{"rate limit", "429", gives(429), fault.NetworkRateLimited, 1, 1},
	{"rate limit, for a moment", "429, Retry-After: 1", gives(429, "Retry-After", "1"), fault.NetworkRateLimited, 2, 5},
	{"rate limit, for too long", "429, Retry-After: 60", gives(429, "Retry-After", "60"), fault.NetworkRateLimited, 1, 1},
	{"hangs up", "reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		fault.NetworkReset, 3, 12},
	{"silent", "none", saysNothing, fault.NetworkTimeout, 1, 2},
	{"byte by byte", "200, endless", drip, fault.NetworkTimeout, 1, 2},
	{"block page", "403", gives(403), fault.NetworkBlockPage, 1, 1},
	{"portal", "302", gives(302, "Location", "https://login.test/"), fault.NetworkCaptivePortal, 1, 1},
	{"web site", "200", gives(200), fault.NetworkWrongServer, 1, 1},
	{"verdict", "403 in JSON", func(out http.ResponseWriter, _ *http.Request) {
		out.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(out, `{"error": true, "message": "licensing.license.expired"}`)
	}, fault.LicenseExpired, 1, 1},
}

// How often a server is asked is bounded, and so is the time that it takes. With -reasons the numbers are printed,
// those of a start with the default time.
func TestHowOftenAServerIsAsked(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	rows := map[string]string{}
	t.Run("servers", func(t *testing.T) {
		all := newPool(t, waitingAtOnce)
		defer all.all.Wait()
		for _, c := range triesOfAServer {
			all.run(c.name, func(t *testing.T) {
				w, asked, most := newWorld(t), new(atomic.Int64), 15*time.Second
				w.serve(func(out http.ResponseWriter, r *http.Request) { asked.Add(1); c.answer(out, r) })
				w.set("ACTIVATION_ATTEMPTS", "")
				if !*printReasons {
					most = fewTries
					w.set("ACTIVATION_TIMEOUT", fmt.Sprint(most.Seconds()))
				}
				began := time.Now()
				_, line, _ := w.start("LOG_FORMAT=json")
				took, n := time.Since(began), asked.Load()
				if said := readOutcome(t, line); said.ID != c.id || strings.Count(said.Reason, "(waited") > 1 {
					t.Errorf("want %s: %s", c.id, line)
				}
				if took > most+noise {
					t.Errorf("it took %s", took)
				}
				if !*printReasons && (n < c.least || n > c.most) {
					t.Errorf("the server got %d requests, want %d to %d", n, c.least, c.most)
				}
				mu.Lock()
				defer mu.Unlock()
				rows[c.name] = fmt.Sprintf("%s\t%s\t%s\t%d\t%.1f", c.name, c.status, c.id, n, took.Seconds())
			})
		}
	})
	if *printReasons {
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "SERVER\tANSWER\tFAILURE\tREQUESTS\tSECONDS")
		for _, c := range triesOfAServer {
			fmt.Fprintln(table, rows[c.name])
		}
		table.Flush()
	}
}

// A start waits for a network that comes late, by default for 15 s.
func TestANetworkThatComesLate(t *testing.T) {
	t.Parallel()
	const late = 2500 * time.Millisecond
	all := newPool(t, waitingAtOnce)
	defer all.all.Wait()
	for name, arrange := range map[string]func(w *world, came <-chan struct{}){
		"the server listens": func(w *world, came <-chan struct{}) {
			server, _ := w.authority()
			w.comesLate(came, strings.TrimSuffix(strings.TrimPrefix(server.URL, "http://"), "/v1"), "API_ENDPOINT")
			w.set("API_ENDPOINT", w.env["API_ENDPOINT"]+"/v1")
		},
		"the proxy listens": func(w *world, came <-chan struct{}) {
			// As a proxy, the server is asked for the whole URL; the authority does not care for the host.
			server, _ := w.authority()
			w.comesLate(came, strings.TrimSuffix(strings.TrimPrefix(server.URL, "http://"), "/v1"), "HTTP_PROXY")
			w.set("API_ENDPOINT", "http://licenses.test/v1")
		},
		"a sidecar is ready": func(w *world, came <-chan struct{}) {
			server, _ := w.authority()
			target, err := url.Parse(strings.TrimSuffix(server.URL, "/v1"))
			if err != nil {
				w.Fatal(err)
			}
			sidecar := w.server(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				select {
				case <-came:
					httputil.NewSingleHostReverseProxy(target).ServeHTTP(out, r)
				default:
					out.WriteHeader(http.StatusServiceUnavailable)
				}
			}))
			sidecar.Start()
			w.set("API_ENDPOINT", sidecar.URL+"/v1")
		},
		"resolv.conf is written": func(w *world, came <-chan struct{}) {
			server, _ := w.authority()
			_, port, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(server.URL, "http://"), "/v1"))
			names := testkit.DNS(w.T, testkit.Zone{"*": {IP: []string{"127.0.0.1"}}})
			w.set("API_ENDPOINT", "http://licenses.test:"+port+"/v1")
			go func() {
				<-came
				testkit.Put(w.T, w.root, "etc/resolv.conf", testkit.ResolvConf(names.Addr()))
			}()
		},
		"the hosts file is written": func(w *world, came <-chan struct{}) {
			server, _ := w.authority()
			_, port, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(server.URL, "http://"), "/v1"))
			w.set("API_ENDPOINT", "http://licenses.test:"+port+"/v1")
			go func() {
				<-came
				testkit.Put(w.T, w.root, "etc/hosts", "127.0.0.1 licenses.test\n")
			}()
		},
	} {
		all.run(name, func(t *testing.T) {
			w, came := newWorld(t), make(chan struct{})
			arrange(w, came)
			w.set("ACTIVATION_ATTEMPTS", "")
			timer := time.AfterFunc(late, func() { close(came) })
			defer timer.Stop()
			began := time.Now()
			_, stderr, code := w.start("LOG_FORMAT=text")
			took := time.Since(began)
			if code != 0 {
				t.Errorf("exit code %d: %s", code, stderr)
			}
			if took < late || took > late+5*time.Second {
				t.Errorf("it took %s: %s", took, stderr)
			}
		})
	}
}

// comesLate passes connections on to target once it has come, and refuses them before. The address is a variable's.
func (w *world) comesLate(came <-chan struct{}, target, variable string) {
	w.Helper()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	address := port.Addr().String()
	port.Close()
	w.set(variable, "http://"+address)
	go func() {
		<-came
		listener, err := net.Listen("tcp", address)
		if err != nil {
			w.Error(err)
			return
		}
		w.Cleanup(func() { listener.Close() })
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer in.Close()
				if out, err := net.Dial("tcp", target); err == nil {
					go func() { _, _ = io.Copy(out, in) }()
					_, _ = io.Copy(in, out)
					out.Close()
				}
			}()
		}
	}()
}

// A start ends in its time, also when the look at the network has to wait for somebody as well.
func TestAFailingStartEndsInItsTime(t *testing.T) {
	t.Parallel()
	all := newPool(t, waitingAtOnce)
	defer all.all.Wait()
	for name, arrange := range map[string]func(*world){
		"silent name server": func(w *world) { w.names(testkit.Silent{}) },
		"silent server":      func(w *world) { w.serve(saysNothing) },
		"silent TLS": func(w *world) {
			port, _ := testkit.Hold(w.T, "127.0.0.1")
			w.set("API_ENDPOINT", fmt.Sprintf("https://127.0.0.1:%d/v1", port))
		},
		"silent address": func(w *world) {
			w.set("API_ENDPOINT", fmt.Sprintf("http://127.0.0.1:%d/v1", testkit.Swallow(w.T, "127.0.0.1", 0)))
		},
		"refused": func(*world) {},
	} {
		for _, limit := range []string{"1", "3", "6"} {
			all.run(name+", "+limit+" s", func(t *testing.T) {
				w := newWorld(t)
				arrange(w)
				w.set("ACTIVATION_ATTEMPTS", "")
				w.set("ACTIVATION_TIMEOUT", limit)
				began := time.Now()
				_, stderr, code := w.start("LOG_FORMAT=text")
				most, _ := time.ParseDuration(limit + "s")
				if took := time.Since(began); took > most+300*time.Millisecond+noise || code != fault.ExitLicense {
					t.Errorf("exit code %d after %s: %s", code, took, stderr)
				}
			})
		}
	}
}
