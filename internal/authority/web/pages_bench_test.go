package web

import (
	"context"
	"flag"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit/crowd"
	"localstack-entrypoint/internal/testkit/postgres"
)

// maxWait is how long a page may take with 100,000 members.
const maxWait = 100 * time.Millisecond

var crowdSize = flag.Int("crowd", 1000, "how many members BenchmarkEveryPage makes")

// BenchmarkEveryPage measures every page and some forms with many members, on both databases. Its unit max-ms is the
// slowest answer, and cpu-ms the CPU time of this process for each, with SQLite but without PostgreSQL: unlike the
// others, it hardly depends on what else the machine does. It runs as:
//
//	go test -run '^$' -bench EveryPage -benchtime 20x ./internal/authority/web -crowd 100000
func BenchmarkEveryPage(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkPages(b, "", *crowdSize) })
	b.Run("postgres", func(b *testing.B) { benchmarkPages(b, postgres.Database(b), *crowdSize) })
}

func benchmarkPages(b *testing.B, database string, members int) {
	f := newFixture(b, database)
	db := f.fill(database, members)
	if database != "" {
		_, err := db.ExecContext(context.Background(), "VACUUM ANALYZE") // as it does by itself after a while
		f.must(err)
	}
	visitor := f.browser()
	visitor.post("/login", "email", "user-1@example.org", "password", crowd.Password).is(http.StatusSeeOther)
	somebody := "user-" + strconv.Itoa(members/2)
	views := append(f.views(),
		view{"members: a page in the middle", membersPath + "?after=" + somebody + "%40example.org"},
		view{"members: a search", membersPath + "?search=" + somebody},
		view{"members: a search with many results", membersPath + "?search=example"},
		view{"members: a search in vain", membersPath + "?search=nobody"},
		view{"style sheet", stylePath},
	)
	slow := make(map[string]time.Duration)
	for _, one := range views {
		slow[one.name] = measure(b, one.name, func() page { return visitor.get(one.path) })
	}
	for name, form := range map[string]url.Values{
		"":         {"role": {"admin"}, "name": {"Ada"}},
		"/license": {"action": {"assign"}, "subscription": {f.subscriptions()[1].ID}},
	} {
		path := membersPath + "/" + crowd.Somebody + name
		one := "POST " + membersPath + "/{id}" + name
		slow[one] = measure(b, one, func() page { return visitor.send(http.MethodPost, path, form.Encode()) })
	}
	for name, took := range slow {
		if took > maxWait {
			b.Errorf("%s: the slowest answer took %s, more than %s", name, took, maxWait)
		}
	}
}

// measure returns how long the slowest answer took.
func measure(b *testing.B, name string, ask func() page) (slowest time.Duration) {
	b.Run(name, func(b *testing.B) {
		var got page
		slowest = 0
		before := cpu()
		for b.Loop() {
			began := time.Now()
			got = ask()
			slowest = max(slowest, time.Since(began))
		}
		b.ReportMetric(float64((cpu()-before).Microseconds())/1000/float64(b.N), "cpu-ms")
		b.ReportMetric(float64(slowest.Microseconds())/1000, "max-ms")
		b.ReportMetric(float64(len(got.text)), "bytes")
		if got.status >= http.StatusBadRequest {
			b.Logf("status %d", got.status)
		}
	})
	return slowest
}

// cpu is the CPU time of this process.
func cpu() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // cannot fail
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
