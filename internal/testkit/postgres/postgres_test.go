package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit/postgres"
)

const patience = 20 * time.Second

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestEveryTestHasAnEmptyDatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			db := open(t, postgres.Database(t))
			run(t, db, "CREATE TABLE notes (id BIGINT)")
		})
	}
}

func TestTheUserOfATestIsNoSuperuser(t *testing.T) {
	t.Parallel()
	var super string
	db := open(t, postgres.Database(t))
	if err := db.QueryRowContext(t.Context(), "SELECT current_setting('is_superuser')").Scan(&super); err != nil {
		t.Fatal(err)
	}
	if super != "off" {
		t.Error("it is one: it has connections and rights that no other user has")
	}
}

func TestAServerComesBackWhereItWas(t *testing.T) {
	t.Parallel()
	s := postgres.Start(t, "max_connections = 20")
	db := open(t, s.Database(t))
	for _, mode := range []postgres.Mode{postgres.Fast, postgres.Immediate} {
		run(t, db, "CREATE TABLE "+string(mode)+" (id BIGINT)")
		before := s.PID(t)
		s.Stop(t, mode)
		s.Stop(t, mode)
		if err := db.PingContext(t.Context()); err == nil {
			t.Errorf("it still answers after a stop (%s)", mode)
		}
		s.Restart(t, mode)
		if s.PID(t) == before {
			t.Error("it has not restarted")
		}
		run(t, db, "DROP TABLE "+string(mode))
	}
	s.Restart(t, postgres.Fast)
	var limit string
	if err := db.QueryRowContext(t.Context(), "SHOW max_connections").Scan(&limit); err != nil || limit != "20" {
		t.Errorf("the setting is %q: %v", limit, err)
	}
}

// The test binary is killed in a child of this test, while the server starts, works, and is frozen.
func TestNothingStaysBehindAfterAKill(t *testing.T) {
	t.Parallel()
	const lives = "TEST_POSTGRES_LIVES"
	if how := os.Getenv(lives); how != "" {
		s := postgres.Start(t)
		if how == "frozen" {
			s.Freeze(t)
		}
		fmt.Println("PID", s.PID(t))
		<-t.Context().Done()
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, during := range []string{"start", "work", "frozen"} {
		t.Run(during, func(t *testing.T) {
			t.Parallel()
			dir := publicDir(t)
			child := exec.Command(program, "-test.run=^"+t.Name()[:strings.Index(t.Name(), "/")]+"$")
			child.Env = append(os.Environ(), lives+"="+during, "TMPDIR="+dir)
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			pid := 0
			if during != "start" {
				if _, err := fmt.Fscanf(out, "PID %d\n", &pid); err != nil {
					t.Fatal(err)
				}
			} else {
				await(t, "a directory", func() bool { return count(t, dir) > 0 })
			}
			child.Process.Kill()
			child.Wait()
			await(t, "an empty directory", func() bool { return count(t, dir) == 0 })
			await(t, "the server's end", func() bool {
				_, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)) // fails also if nobody has waited for it
				return err != nil
			})
		})
	}
}

// publicDir is a directory in which every user may write.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "test-postgres.")
	if err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func count(t *testing.T, dir string) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("there is not yet %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
