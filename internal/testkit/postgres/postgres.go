// Package postgres starts a real PostgreSQL, Debian's, for tests: in a temporary directory, on a free loopback port,
// and not as root, which it refuses.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the database driver "pgx"
)

const (
	// superuser may do everything, and has a database of its name; owner has the databases and schemas of tests, and no
	// other rights.
	superuser, owner = "postgres", "authority"
	// patience bounds a statement of this package, and a start or a stop.
	patience = 30 * time.Second
)

// Server is a PostgreSQL. It ends, and its directory is removed, with the test binary, also if that is killed.
type Server struct {
	address  string // host:port
	password string // of both users
	shell    *shell
	last     atomic.Uint32 // number of the last database or schema
	admin    *sql.DB       // as superuser
}

// shared is the server of the test binary. It saves time: nothing is synced to the disk, and no password is checked.
var shared = sync.OnceValues(func() (*Server, error) { return start("trust", "fsync = off") })

// OnBoth runs a test on SQLite and on PostgreSQL, at the same time. For SQLite, database is empty; otherwise it is that
// of [Database].
func OnBoth(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Database(t))
	})
}

// Database returns the URL of a database that is empty for a test: all tests of a binary share one, with a schema for
// each. A database takes a hundred times longer to make than a schema.
func Database(t testing.TB) string {
	t.Helper()
	needs(t)
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	schema := s.nextName()
	s.Exec(t, "CREATE SCHEMA "+schema+" AUTHORIZATION "+owner)
	t.Cleanup(func() { s.Exec(t, "DROP SCHEMA "+schema+" CASCADE") })
	return s.url(owner, superuser) + "&search_path=" + schema
}

// Start starts a server for one test, which may stop it. Settings are lines of postgresql.conf, such as
// "max_connections = 10". What a transaction commits is on the disk.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	needs(t)
	s, err := start("password", settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Run is Start for a program that is no test. The caller closes the server.
func Run(settings ...string) (*Server, error) {
	if programs() == "" {
		return nil, errors.New("postgresql is not installed")
	}
	return start("password", settings...)
}

// Close ends the server, and removes its directory.
func (s *Server) Close() {
	_ = s.admin.Close()
	s.shell.end()
}

// Database makes an empty database, and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	made, err := s.Make()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Make is Database for a program that is no test.
func (s *Server) Make() (string, error) {
	name := s.nextName()
	return s.url(owner, name), s.exec("CREATE DATABASE " + name + " OWNER " + owner + " TEMPLATE template0")
}

func (s *Server) nextName() string { return fmt.Sprintf("test_%d", s.last.Add(1)) }

// Exec runs statements as superuser, one by one.
func (s *Server) Exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if err := s.exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func (s *Server) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := s.admin.ExecContext(ctx, statement)
	return err
}

// Mode is how a server stops. See "man pg_ctl".
type Mode string

const (
	// Fast ends the clients, and writes all to the disk.
	Fast Mode = "fast"
	// Immediate is a crash: the next start recovers.
	Immediate Mode = "immediate"
)

// Stop stops the server, and returns when it has ended.
func (s *Server) Stop(t testing.TB, mode Mode) {
	t.Helper()
	if err := s.shell.run("stop " + string(mode)); err != nil {
		t.Fatal(err)
	}
}

// Restart stops the server if it runs, and starts it on the same address. It returns when the server answers.
func (s *Server) Restart(t testing.TB, mode Mode) {
	t.Helper()
	if err := s.shell.run("stop " + string(mode) + "; start"); err != nil {
		t.Fatal(err)
	}
}

// Freeze lets no process of the server go on until thaw: clients can connect, and get no answer.
func (s *Server) Freeze(t testing.TB) (thaw func()) {
	t.Helper()
	thaw = sync.OnceFunc(func() { s.signal(t, syscall.SIGCONT) })
	t.Cleanup(thaw)
	s.signal(t, syscall.SIGSTOP)
	return thaw
}

// signal sends a signal to all processes of the server, its first one first: it starts the others.
func (s *Server) signal(t testing.TB, which syscall.Signal) {
	t.Helper()
	first := s.PID(t)
	if err := syscall.Kill(first, which); err != nil {
		t.Fatal(err)
	}
	others, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", first))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Fields(string(others)) {
		if pid, err := strconv.Atoi(field); err == nil {
			_ = syscall.Kill(pid, which) // it may have ended
		}
	}
}

// PID is the server's first process.
func (s *Server) PID(t testing.TB) int {
	t.Helper()
	var pid int
	text, err := s.shell.ask("head -n 1 data/postmaster.pid")
	if err == nil {
		_, err = fmt.Sscan(text, &pid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func (s *Server) url(user, database string) string {
	made := url.URL{Scheme: "postgres", User: url.UserPassword(user, s.password), Host: s.address, Path: database,
		RawQuery: "sslmode=disable"}
	return made.String()
}

// needs skips a test where PostgreSQL is not installed.
func needs(t testing.TB) {
	t.Helper()
	if programs() == "" {
		t.Skip("postgresql is not installed: run .ci/packages")
	}
}

// programs returns the folder of the server's programs; "" if there is none. Debian has them in no PATH, but tests
// that .ci/test runs find them there.
func programs() string {
	if found, err := exec.LookPath("pg_ctl"); err == nil {
		if found, err = filepath.EvalSymlinks(found); err == nil {
			return filepath.Dir(found)
		}
	}
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if len(versions) == 0 {
		return ""
	}
	return filepath.Dir(slices.Max(versions))
}
