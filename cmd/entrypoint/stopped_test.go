package main

import (
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/miekg/dns"
)

// TestASubcommandAsPID1EndsBySignalsAsAnyProcess has each wait for a server that never answers.
func TestASubcommandAsPID1EndsBySignalsAsAnyProcess(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		for _, args := range [][]string{{"doctor", "--timeout", "20", "--", "true"}, {"dns", "api.localstack.test"}} {
			t.Run(args[0]+" "+sig.String(), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				asked := w.neverAnswers()
				if args[0] == "dns" {
					w.names(dns.HandlerFunc(func(dns.ResponseWriter, *dns.Msg) { asked <- struct{}{} }))
				}
				p := w.asPID1(args...)
				p.begin(t)
				receive(t, "a question", asked)
				_ = p.Process.Signal(sig)
				if code := p.end(); code != 128+int(sig) {
					t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
				}
			})
		}
	}
}

// neverAnswers puts a server there that only listens, and returns what tells of each question.
func (w *world) neverAnswers() (asked chan struct{}) {
	asked = make(chan struct{}, 64)
	w.serve(func(_ http.ResponseWriter, request *http.Request) {
		asked <- struct{}{}
		<-request.Context().Done()
	})
	return asked
}

// neverShakesHands makes the license server one that accepts connections for TLS and says nothing.
func (w *world) neverShakesHands() (connected chan struct{}) {
	w.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { listener.Close() })
	w.set("API_ENDPOINT", "https://"+listener.Addr().String()+"/v1")
	connected = make(chan struct{}, 64)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			defer connection.Close() // when the test is over
			connected <- struct{}{}
		}
	}()
	return connected
}
