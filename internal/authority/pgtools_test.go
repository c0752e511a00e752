package authority

import (
	"strings"
	"testing"
)

func TestCommandsOfPostgresHaveTheDatabaseAndNoPassword(t *testing.T) {
	t.Parallel()
	for database, want := range map[string]string{
		"postgres://anna:s3cret@db.test:5433/licenses?sslmode=verify-full": `'postgres://anna@db.test:5433/` +
			`licenses?sslmode=verify-full'`,
		"postgres://anna:s3cret@[2001:db8::1]/licenses?application_name=s3cret": `'postgres://anna@[2001:db8::1]:5432/` +
			`licenses'`,
		"postgres://db.test/it's?user=anna&password=s3cret": `'postgres://anna@db.test:5432/it%27s'`,
		"postgres:///licenses?host=/run/postgresql&user=anna&password=s3cret": `'postgres://anna@/` +
			`licenses?host=%2Frun%2Fpostgresql&port=5432'`,
		"host=db.test user=anna password=s3cret dbname=licenses": `'postgres://anna@db.test:5432/licenses'`,
		"postgres://anna:s3cret@db.test/licenses?search_path=team": `--schema='team' ` +
			`'postgres://anna@db.test:5432/licenses'`,
		"postgres://anna:s3cret@db.test:port/": `'postgres://USER@HOST:PORT/DATABASE'`,
	} {
		dump, restore := DumpCommand(database, "to here"), RestoreCommand(database, "to here")
		if !strings.HasSuffix(dump, "--file='to here/authority.dump' "+want) {
			t.Errorf("%s: %s, want %s", database, dump, want)
		}
		if strings.Contains(dump+restore, "s3cret") {
			t.Errorf("it shows the password: %s; %s", dump, restore)
		}
	}
}
