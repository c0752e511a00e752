package licensing_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/testkit/postgres"
)

const (
	// mostConnections is what an authority may have open to PostgreSQL.
	mostConnections = 21
	// answerTime bounds an answer, whatever the database does.
	answerTime = 2500 * time.Millisecond
)

// outage is an authority on a PostgreSQL of its own, and something that happens to it.
type outage struct {
	*fixture
	server   *postgres.Server
	database string // its name
	log      *bytes.Buffer
	known    string // a token
	stranger string // a token of another authority
}

func newOutage(t *testing.T, on *postgres.Server) *outage {
	t.Helper()
	o := &outage{server: on, log: new(bytes.Buffer)}
	address := o.server.Database(t)
	o.fixture = newFixture(t, address, server.Options{AccessLog: o.log})
	parsed, err := url.Parse(address)
	o.must(err)
	o.database = strings.TrimPrefix(parsed.Path, "/")
	_, o.known = o.token()
	o.stranger = stranger(t, authority.CI)
	o.works()
	return o
}

// works checks that the authority gives its verdicts.
func (o *outage) works() {
	o.Helper()
	o.document(requestPath, asking(o.known))
	o.refused(o.post(requestPath, asking(o.stranger)), invalidCredentials)
}

// worksAgain waits until an answer is no failure any more.
func (o *outage) worksAgain() {
	o.Helper()
	for until := time.Now().Add(30 * time.Second); o.post(requestPath, asking(o.known)).Code != http.StatusOK; {
		if time.Now().After(until) {
			o.Fatalf("it does not work again: %s", o.log)
		}
	}
	o.works()
}

// ask sends many requests at once, of the known token and of the stranger, and returns their answers.
func (o *outage) ask(many int) (replies []*httptest.ResponseRecorder) {
	o.Helper()
	replies = make([]*httptest.ResponseRecorder, many)
	began := time.Now()
	var clients sync.WaitGroup
	for i := range replies {
		clients.Go(func() {
			token := []string{o.known, o.stranger}[i%2]
			replies[i] = o.post([]string{requestPath, activatePath}[i/2%2], asking(token))
		})
	}
	clients.Wait()
	if took := time.Since(began); took > answerTime {
		o.Errorf("%d answers take %s", many, took)
	}
	return replies
}

// notKnown checks that nobody is told a verdict.
func (o *outage) notKnown() {
	o.Helper()
	for _, reply := range o.ask(40) {
		if reply.Code < http.StatusInternalServerError {
			o.Fatalf("got %d %s", reply.Code, reply.Body)
		}
	}
	if ready := o.send(http.MethodGet, "/readyz", ""); ready.Code != http.StatusServiceUnavailable {
		o.Errorf("/readyz answers %d %s", ready.Code, ready.Body)
	}
	if strings.Contains(o.log.String(), o.password()) {
		o.Error("the password of the database is in the log")
	}
}

func (o *outage) password() string {
	o.Helper()
	parsed, err := url.Parse(o.source.Database)
	o.must(err)
	password, _ := parsed.User.Password()
	if len(password) < 10 {
		o.Fatal("the test has no password to look for")
	}
	return password
}

// checkConnections checks that the server has not too many connections of the authority.
func (o *outage) checkConnections() {
	o.Helper()
	var count int
	o.must(o.elsewhere().QueryRowContext(o.Context(), `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'licenseserver'`).Scan(&count))
	if count == 0 || count > mostConnections {
		o.Errorf("the authority has %d connections", count)
	}
}

// end ends the connections of the authority.
func (o *outage) end() {
	o.Helper()
	o.server.Exec(o, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+o.database+"'")
}
