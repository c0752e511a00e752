package survey

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/testkit"
)

func TestSurveyEndsWithItsTime(t *testing.T) {
	t.Parallel()
	port, _ := testkit.Hold(t, "127.0.0.1")
	full := testkit.Swallow(t, "127.0.0.1", 0)
	silent := testkit.Root(t, testkit.DNS(t, testkit.Silent{}))
	for name, c := range map[string]struct{ target, root, want string }{
		"silent name server": {"https://" + host, silent, "names failed (network.dns.unreachable)"},
		"silent address": {fmt.Sprintf("https://%s:%d", host, full), rooted(t, ""),
			"names passed, connection failed (network.timeout)"},
		"silent TLS server": {fmt.Sprintf("https://%s:%d", host, port), rooted(t, ""),
			"names passed, connection passed, proxy skipped, tls failed (network.timeout)"},
		"silent HTTP server": {fmt.Sprintf("http://%s:%d", host, port), rooted(t, ""),
			"names passed, connection passed, proxy skipped, tls skipped, server failed (network.timeout)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			testkit.Within(t, 4*time.Second, func() {
				if got := outline(look(t, ctx, c.target, connect.Settings{}, c.root)); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
			})
		})
	}
}

func TestSurveyGetsPastASilentAddress(t *testing.T) {
	t.Parallel()
	server := newLicensing(t, nil, refusal)
	testkit.Swallow(t, "127.0.0.3", server.port())
	root := t.TempDir()
	testkit.Put(t, root, "etc/hosts", "127.0.0.3 "+host+"\n127.0.0.1 "+host+"\n")
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	got := outline(look(t, ctx, at("http", server.Listener.Addr()), connect.Settings{}, root))
	if want := "names passed, connection passed, proxy skipped, tls skipped, server passed, clock passed"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// It is not parallel: other tests have goroutines of their own.
func TestSurveyLeavesNothingBehind(t *testing.T) {
	port, _ := testkit.Hold(t, "127.0.0.1")
	a := testkit.NewAuthority(t, "System CA")
	server := newLicensing(t, serving(a.Issue(t, host, lasting)), refusal)
	answering := named(t, a.PEM)
	for target, root := range map[string]string{
		at("https", server.Listener.Addr()): answering, fmt.Sprintf("https://%s:%d", host, port): answering,
		"https://absent.test": testkit.Root(t, testkit.DNS(t, testkit.Silent{})),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		look(t, ctx, target, connect.Settings{}, root)
		cancel()
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(testkit.Soon); ; <-tick.C {
		stacks := make([]byte, 1<<20)
		left := string(stacks[:runtime.Stack(stacks, true)])
		if !strings.Contains(left, "resolve.Ask") && !strings.Contains(left, "survey.(*") &&
			!strings.Contains(left, "persistConn") {
			return
		}
		if time.Now().After(end) {
			t.Fatal(left)
		}
	}
}
