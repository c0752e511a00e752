package web

import (
	"context"
	"flag"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit/crowd"
	"localstack-entrypoint/internal/testkit/postgres"
)

// maxWait is how long a page may take with 100,000 members.
const maxWait = 100 * time.Millisecond

var crowdSize = flag.Int("crowd", 1000, "how many members BenchmarkEveryPage makes")

// BenchmarkEveryPage measures every page and some forms with many members, on both databases. Its unit max-ms is the
// slowest answer. It runs as:
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
		_, err := db.ExecContext(context.Background(), "ANALYZE") // as it does by itself after a while
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
	for _, one := range views {
		measure(b, one.name, func() page { return visitor.get(one.path) })
	}
	for name, form := range map[string]url.Values{
		"":         {"role": {"admin"}, "name": {"Ada"}},
		"/license": {"action": {"assign"}, "subscription": {f.subscriptions()[1].ID}},
	} {
		path := membersPath + "/" + crowd.Somebody + name
		measure(b, "POST "+path, func() page { return visitor.send(http.MethodPost, path, form.Encode()) })
	}
}

func measure(b *testing.B, name string, ask func() page) {
	b.Run(name, func(b *testing.B) {
		var got page
		var slowest time.Duration
		for b.Loop() {
			began := time.Now()
			got = ask()
			slowest = max(slowest, time.Since(began))
		}
		b.ReportMetric(float64(slowest.Microseconds())/1000, "max-ms")
		b.ReportMetric(float64(len(got.text)), "bytes")
		if got.status >= http.StatusBadRequest {
			b.Logf("status %d", got.status)
		}
		if slowest > maxWait {
			b.Errorf("the slowest answer took %s, more than %s", slowest, maxWait)
		}
	})
}
