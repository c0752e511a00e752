package licensing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/license"
)

// lateFixture is a server that answers a token late; limit, unless 0, is how long its requests and answers may take.
type lateFixture struct {
	*fixture
	*httptest.Server
	question []byte
}

func newLateFixture(t *testing.T, delay, limit time.Duration) *lateFixture {
	f := &lateFixture{fixture: newFixture(t, "", server.Options{Licensing: licensing.Options{Delay: delay}})}
	_, text := f.testToken(authority.Developer, "slow")
	var err error
	f.question, err = json.Marshal(asking(text))
	f.must(err)
	f.Server = httptest.NewUnstartedServer(f.handler)
	f.Config.ReadTimeout, f.Config.WriteTimeout = limit, limit
	f.Start()
	f.Cleanup(f.Close)
	return f
}

// ask returns the status of the answer.
func (f *lateFixture) ask(ctx context.Context) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL+requestPath, bytes.NewReader(f.question))
	if err != nil {
		return 0, err
	}
	reply, err := f.Client().Do(request)
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	if reply.StatusCode == http.StatusOK {
		var document license.Document
		err = json.NewDecoder(reply.Body).Decode(&document)
	}
	return reply.StatusCode, err
}

// waiting is how many requests wait in the server.
func waiting() int {
	stacks := make([]byte, 4<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "(*lateness).wait")
}

// eventually waits until so many requests wait.
func (f *lateFixture) eventually(count int) {
	f.Helper()
	for until := time.Now().Add(10 * time.Second); waiting() != count; runtime.Gosched() {
		if time.Now().After(until) {
			f.Fatalf("%d requests wait, want %d", waiting(), count)
		}
	}
}

func TestASlowAnswerIsRightAndOutlivesTheLimitsOfTheServer(t *testing.T) {
	f := newLateFixture(t, 900*time.Millisecond, 600*time.Millisecond)
	began := time.Now()
	for range 2 { // on one connection
		if status, err := f.ask(t.Context()); status != http.StatusOK || err != nil {
			t.Fatalf("got %d, %v", status, err)
		}
	}
	if took := time.Since(began); took < 1800*time.Millisecond {
		t.Errorf("two answers take %s", took)
	}
}

func TestSlowRequestsAreFewAndEndWithTheirConnections(t *testing.T) {
	f := newLateFixture(t, time.Hour, 0)
	ctx, hangUp := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			if _, err := f.ask(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	f.eventually(16)
	if status, err := f.ask(t.Context()); status != http.StatusServiceUnavailable || err != nil {
		t.Errorf("one more gets %d, %v", status, err)
	}
	hangUp()
	clients.Wait()
	f.eventually(0)
}

func TestSlowRequestsEndWhenTheServerStops(t *testing.T) {
	f := newLateFixture(t, time.Hour, 0)
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			if status, err := f.ask(t.Context()); status != http.StatusServiceUnavailable || err != nil {
				t.Errorf("got %d, %v", status, err)
			}
		})
	}
	f.eventually(3)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	f.must(f.Config.Shutdown(ctx))
	clients.Wait()
}
