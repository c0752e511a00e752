package licensing_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/postgres"
)

// database is the path of the fixture's SQLite database.
func (f *fixture) database() string { return filepath.Join(f.dir, authority.DatabaseFile) }

// elsewhere opens the fixture's database as another program would.
func (f *fixture) elsewhere() *sql.DB {
	f.Helper()
	driver, source := "sqlite", "file:"+f.database()+"?mode=rw&_busy_timeout=1000&_txlock=immediate"
	if f.source.Database != "" {
		driver, source = "pgx", f.source.Database
	}
	db, err := sql.Open(driver, source)
	f.must(err)
	db.SetMaxOpenConns(1)
	f.Cleanup(func() { _ = db.Close() })
	return db
}

// Clients delete their stored document on a verdict: an authority that has lost its
// database must not give one, whoever asks.
func TestAStateThatIsNotKnownIsNoVerdict(t *testing.T) {
	for name, lose := range map[string]func(*fixture) error{
		"closed":       func(f *fixture) error { return f.store.Close() },
		"deleted":      func(f *fixture) error { return os.Remove(f.database()) },
		"whole folder": func(f *fixture) error { return os.RemoveAll(f.dir) },
		"replaced": func(f *fixture) error {
			other := newFixture(f.T, "", server.Options{})
			other.token()
			return os.Rename(other.database(), f.database())
		},
		"without its log": func(f *fixture) error {
			return errors.Join(os.Remove(f.database()+"-wal"), os.Remove(f.database()+"-shm"))
		},
		"truncated": func(f *fixture) error { return os.Truncate(f.database(), 0) },
		"no tokens": func(f *fixture) error {
			_, err := f.elsewhere().Exec("DELETE FROM licenses; DELETE FROM activations; DELETE FROM tokens")
			return err
		},
		"no rows of licenses": func(f *fixture) error {
			_, err := f.elsewhere().Exec("DELETE FROM licenses")
			return err
		},
		"no rows of subscriptions": func(f *fixture) error {
			_, err := f.elsewhere().Exec("PRAGMA foreign_keys = OFF; DELETE FROM subscriptions")
			return err
		},
		"no tables": func(f *fixture) error {
			_, err := f.elsewhere().Exec("PRAGMA foreign_keys = OFF; DROP TABLE licenses; DROP TABLE tokens")
			return err
		},
		"no licenses": func(f *fixture) error { _, err := f.elsewhere().Exec("DROP TABLE licenses"); return err },
		"locked":      lockWhole,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := new(bytes.Buffer)
			f := newFixture(t, "", server.Options{AccessLog: log})
			token, text := f.token()
			f.document(requestPath, asking(text))
			f.store.Flush()
			f.must(lose(f))
			known := askingWith(text, func(r *license.Request) { r.LicenseID = token.License.ID })
			stranger := asking(stranger(f.T, authority.CI))
			var clients sync.WaitGroup
			replies := make(chan *httptest.ResponseRecorder, 4)
			for _, path := range []string{requestPath, activatePath} {
				clients.Go(func() { replies <- f.post(path, known) })
				clients.Go(func() { replies <- f.post(path, stranger) })
			}
			clients.Wait()
			for range cap(replies) {
				f.refused(<-replies, refusal{http.StatusInternalServerError, api.MessageInternal})
			}
			if lines := strings.Count(log.String(), `"error":"`); lines != 4 {
				t.Errorf("the log names %d of 4 causes:\n%s", lines, log)
			}
		})
	}
}

// lockWhole keeps everybody from reading the database until the test ends.
func lockWhole(f *fixture) error {
	index, err := os.OpenFile(f.database()+"-shm", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	f.Cleanup(func() { _ = index.Close() })
	// The bytes that SQLite's WAL mode locks; see its file format, "WAL-Index Locks".
	whole := unix.Flock_t{Type: syscall.F_WRLCK, Start: 120, Len: 8}
	return unix.FcntlFlock(index.Fd(), unix.F_OFD_SETLK, &whole)
}

func TestAnAnswerDoesNotWaitForTheNoteOfTheActivation(t *testing.T) {
	t.Parallel()
	log := new(bytes.Buffer)
	f := newFixture(t, "", server.Options{AccessLog: log})
	token, text := f.token()
	writer, err := f.elsewhere().BeginTx(t.Context(), nil) // takes the lock for writing
	f.must(err)
	began := time.Now()
	for range 20 {
		f.document(requestPath, asking(text))
	}
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("20 answers take %s while another program writes", took)
	}
	f.store.Flush()
	if !strings.Contains(log.String(), "cannot note activations: ") {
		t.Errorf("the log does not say that a note was dropped:\n%s", log)
	}
	f.must(writer.Rollback())
	f.clock.Advance(time.Minute)
	f.document(requestPath, asking(text))
	f.store.Flush()
	tokens, err := f.store.Tokens(t.Context())
	f.must(err)
	if at := tokens[0].License.LastActivated; at == nil || !at.Equal(f.clock.Now()) {
		t.Errorf("%s was last activated at %v", token.ID, at)
	}
}

func TestClosingWaitsForTheLastNote(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		_, text := f.token()
		f.document(requestPath, asking(text))
		f.must(f.store.Close())
		tokens, err := f.open().Tokens(t.Context())
		f.must(err)
		if tokens[0].License.LastActivated == nil {
			t.Error("the activation is not noted")
		}
	})
}

// LocalStack's own client fails with a TypeError on a field that it does not know.
func TestADocumentHasTheFieldsThatLocalStacksClientKnows(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		_, text := f.token()
		var fields map[string]any
		f.must(json.Unmarshal(f.post(requestPath, asking(text)).Body.Bytes(), &fields))
		want := []string{"expiry_date", "id", "issue_date", "last_activated", "license_format", "license_secret",
			"license_status", "license_type", "offline_data", "products", "reactivate_after", "signature"}
		if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
			t.Errorf("the document has %q, want %q", got, want)
		}
		if fields["license_secret"] != nil {
			t.Error("the document has a license_secret, which only LocalStack may issue")
		}
	})
}

func TestTheDocumentIsForTheVersionThatAsks(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		_, text := f.token()
		for _, version := range []string{"4.14.0", "2026.8.2", "2026.07.1", "v4.14.1.dev12+abc"} {
			document := f.document(requestPath, askingWith(text, func(r *license.Request) { r.Product.Version = version }))
			if document.Offline.Version != version {
				t.Errorf("%s gets a document for %q", version, document.Offline.Version)
			}
		}
	})
}

func TestTheProductThatAsksComesFirst(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, text := f.token()
		const products = `[{"name":"localstack-pro","version":"4.13"}, {"name":"other","version":"*"},
			{"name":"localstack-*","version":"4.14"}]`
		const change = "UPDATE subscriptions SET products = $1 WHERE id = $2"
		_, err := f.elsewhere().Exec(change, products, token.License.SubscriptionID)
		f.must(err)
		for version, want := range map[string]string{"4.13.9": "localstack-pro", "4.14.0": "localstack-*"} {
			document := f.document(requestPath, askingWith(text, func(r *license.Request) { r.Product.Version = version }))
			if len(document.Products) != 3 || document.Products[0].Name != want || !document.SignedWith(text) {
				t.Errorf("%s gets a document for %v", version, document.Products)
			}
		}
	})
}

func TestALicensedVersionIsWrittenAsClientsCompareIt(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, _ := f.tokenOf(authority.NewToken{Kind: authority.CI, Terms: authority.Terms{Version: "v2026.07"}})
		if got := token.License.Products[0].Version; got != "2026.7" {
			t.Errorf("the version is %q", got)
		}
	})
}
