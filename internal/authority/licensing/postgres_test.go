package licensing_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/testkit/postgres"
)

func TestAFailureOfPostgreSQLIsNoVerdict(t *testing.T) {
	t.Parallel()
	common := postgres.Start(t, "max_connections = 300")
	for name, test := range map[string]struct {
		// whole says that the whole server fails, and not only the database.
		whole bool
		// fail lets it fail, and returns what repairs it; nil if nothing does.
		fail func(o *outage) (repair func())
	}{
		"stopped": {true, func(o *outage) func() {
			o.server.Stop(o, postgres.Fast)
			return func() { o.server.Restart(o, postgres.Fast) }
		}},
		"crashed": {true, func(o *outage) func() {
			o.server.Stop(o, postgres.Immediate)
			return func() { o.server.Restart(o, postgres.Fast) }
		}},
		"accepts connections and never answers": {true, func(o *outage) func() { return o.server.Freeze(o) }},
		"dropped, and created empty": {false, func(o *outage) func() {
			o.server.Exec(o, "DROP DATABASE "+o.database+" WITH (FORCE)", "CREATE DATABASE "+o.database)
			return nil
		}},
		"all rows are gone": {false, func(o *outage) func() {
			_, err := o.elsewhere().Exec("TRUNCATE authority, workspaces CASCADE")
			o.must(err)
			return nil
		}},
		"tokens are gone": {false, func(o *outage) func() {
			_, err := o.elsewhere().Exec("TRUNCATE tokens CASCADE")
			o.must(err)
			return nil
		}},
		"licenses are gone": {false, func(o *outage) func() {
			o.store.Flush()
			_, err := o.elsewhere().Exec("TRUNCATE licenses")
			o.must(err)
			return nil
		}},
		"subscriptions are gone": {false, func(o *outage) func() {
			o.store.Flush()
			_, err := o.elsewhere().Exec("TRUNCATE subscriptions CASCADE")
			o.must(err)
			return nil
		}},
		"another authority's": {false, func(o *outage) func() {
			_, err := o.elsewhere().Exec("UPDATE tokens SET hash = id; UPDATE authority SET key_check = 'other'")
			o.must(err)
			return nil
		}},
		"tokens are locked": {false, func(o *outage) func() {
			lock, err := o.elsewhere().Begin()
			o.must(err)
			_, err = lock.Exec("LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE")
			o.must(err)
			return func() {
				o.checkConnections() // of those who wait, and of those who no longer do
				o.must(lock.Rollback())
			}
		}},
		"has no connection left": {false, func(o *outage) func() {
			o.server.Exec(o, "ALTER DATABASE "+o.database+" CONNECTION LIMIT 0")
			o.end()
			return func() { o.server.Exec(o, "ALTER DATABASE "+o.database+" CONNECTION LIMIT -1") }
		}},
		"has another password": {true, func(o *outage) func() {
			o.server.Exec(o, "ALTER ROLE authority PASSWORD 'another'")
			o.end()
			return func() { o.server.Exec(o, "ALTER ROLE authority PASSWORD '"+o.password()+"'") }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := common
			if test.whole {
				on = postgres.Start(t)
			}
			o := newOutage(t, on)
			repair := test.fail(o)
			o.notKnown()
			o.notKnown() // with what the first answers have left behind
			if repair != nil {
				repair()
				o.worksAgain()
				o.checkConnections()
			}
		})
	}
}

// A standby cannot be written. What it knows goes on.
func TestActivationsGoOnWhileNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	o := newOutage(t, postgres.Start(t))
	o.server.Exec(o, "ALTER DATABASE "+o.database+" SET default_transaction_read_only = on")
	o.end()
	o.works() // a broken connection is replaced, and what it prevented is done again
	o.store.Flush()
	if !strings.Contains(o.log.String(), "cannot note activations: ") {
		t.Errorf("the log does not say that a note was dropped: %s", o.log)
	}
	if ready := o.send(http.MethodGet, "/readyz", ""); ready.Code != http.StatusOK {
		t.Error(ready.Body)
	}
	if _, _, err := o.store.CreateToken(t.Context(), authority.NewToken{Kind: authority.CI}); err == nil {
		t.Error("a token was made")
	}
	o.must(o.store.Close())
	o.store = o.open() // a start works, too
	o.handler = o.serve(server.Options{})
	o.works()
}

// A token that was made a moment ago may not be in a standby yet.
func TestAStandbyGivesNoVerdict(t *testing.T) {
	t.Parallel()
	o := newOutage(t, postgres.Start(t, "wal_level = replica"))
	o.server.Exec(o, "COPY (SELECT 1) TO PROGRAM 'cat > standby.signal'") // in the data directory
	o.server.Restart(o, postgres.Fast)
	o.document(requestPath, asking(o.known))
	if reply := o.post(requestPath, asking(o.stranger)); reply.Code != http.StatusInternalServerError {
		t.Errorf("an unknown token gets %d %s", reply.Code, reply.Body)
	}
}

func TestARestartOfPostgreSQLUnderLoad(t *testing.T) {
	t.Parallel()
	o := newOutage(t, postgres.Start(t))
	began, stop := make(chan struct{}), make(chan struct{})
	counts := make([]map[int]int, 16) // of answers, by status
	var clients sync.WaitGroup
	for i := range counts {
		counts[i] = map[int]int{}
		clients.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				counts[i][o.post(requestPath, asking(o.known)).Code]++
				if i == 0 && n == 20 {
					close(began)
				}
			}
		})
	}
	<-began
	for _, mode := range []postgres.Mode{postgres.Fast, postgres.Immediate} {
		o.server.Restart(o, mode)
		o.worksAgain()
	}
	close(stop)
	clients.Wait()
	all := map[int]int{}
	for _, some := range counts {
		for code, count := range some {
			all[code] += count
		}
	}
	o.Logf("answers: %v", all)
	for code := range all {
		if code != http.StatusOK && code < http.StatusInternalServerError {
			t.Errorf("%d requests got %d", all[code], code)
		}
	}
	if all[http.StatusOK] < 100 {
		t.Errorf("only %d requests were answered", all[http.StatusOK])
	}
	o.worksAgain()
	o.checkConnections()
}

func TestAnErrorNamesTheDatabaseAndNoPassword(t *testing.T) {
	t.Parallel()
	o := newOutage(t, postgres.Start(t))
	o.server.Exec(o, "ALTER ROLE authority PASSWORD 'another'")
	for what, address := range map[string]string{
		"wrong password": o.source.Database,
		"no server":      strings.Replace(o.source.Database, "@", "@127.9.9.9:1,", 1),
		"no URL":         strings.Replace(o.source.Database, "?sslmode=disable", "?sslmode=sometimes", 1),
	} {
		source := o.source
		source.Database = address
		_, err := authority.Open(t.Context(), source)
		if err == nil || strings.Contains(err.Error(), o.password()) {
			t.Fatalf("%s: %v", what, err)
		}
	}
	_, err := authority.Open(t.Context(), o.source)
	for _, part := range []string{"127.", "test_1", `user "authority"`, "password authentication failed"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in %v", part, err)
		}
	}
}
