package main

import (
	"bytes"
	"database/sql"
	"os"
	"strings"
	"testing"
	"time"
)

// What happens to the database while the server runs, and how it comes back. Where restore is nil, nothing does.
func TestADatabaseThatIsGoneIsNoVerdict(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lose    func(r *room) error
		reason  string
		restore func(r *room) error
	}{
		"moved away": {
			func(r *room) error { return os.Rename(r.database(), r.database()+".away") },
			"authority.db: no such file",
			func(r *room) error { return os.Rename(r.database()+".away", r.database()) },
		},
		"the whole directory": {
			func(r *room) error { return os.Rename(r.data(), r.data()+".away") },
			"authority.db: no such file",
			func(r *room) error { return os.Rename(r.data()+".away", r.data()) },
		},
		"removed": {func(r *room) error { return os.Remove(r.database()) }, "authority.db: no such file", nil},
		"emptied": {func(r *room) error { return os.Truncate(r.database(), 0) }, "authority.db is empty", nil},
		"replaced by another": {
			func(r *room) error {
				other := newRoom(r.TB)
				return os.Rename(other.database(), r.database())
			},
			"is not the file that was opened at the start: restart the server", nil,
		},
		"without tables": {
			func(r *room) error {
				return r.change("DROP TABLE activations", "DROP TABLE licenses", "DROP TABLE authority")
			},
			"no such table: authority", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			r.start(unlimited...)
			r.isWell()
			if err := test.lose(r); err != nil {
				t.Fatal(err)
			}
			r.isUnknown(test.reason)
			if test.restore != nil {
				if err := test.restore(r); err != nil {
					t.Fatal(err)
				}
				r.isWell()
			}
		})
	}
}

// change changes the database as another program would.
func (r *room) change(statements ...string) error {
	db, err := sql.Open("sqlite", "file:"+r.database()+"?mode=rw&_busy_timeout=5000&_foreign_keys=off")
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// A damaged database answers right, as far as it is still in memory, or not at all.
func TestADamagedDatabaseIsNoVerdict(t *testing.T) {
	t.Parallel()
	another, err := os.ReadFile(newRoom(t).database())
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(content []byte) []byte{
		"another's": func([]byte) []byte { return another },
		"zeros":     func(content []byte) []byte { clear(content[100:]); return content },
		"noise": func(content []byte) []byte {
			return append(content[:100], bytes.Repeat([]byte("noise"), len(content)/5)...)
		},
		"half of it":  func(content []byte) []byte { return content[:len(content)/2] },
		"no database": func([]byte) []byte { return []byte("404 page not found\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			r.start(unlimited...)
			r.isWell()
			content, err := os.ReadFile(r.database())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(r.database(), damage(content), 0o600); err != nil {
				t.Fatal(err)
			}
			all := r.load(20, after(time.Second))
			ready, last := r.ready(), r.activate(r.token)
			t.Logf("%s while it runs: %s; /readyz: %v", name, all, ready)
			if ready.status == 200 && last.status != 200 {
				t.Errorf("/readyz is %v, and the answer is %v", ready, last)
			}
			for _, one := range all.all {
				if one.status != 200 && (one.status < 500 || one.took > answerTime) {
					t.Fatalf("the answers are %s", all)
				}
			}
			_ = r.stop()
			out, err := r.command("serve", "--listen", "127.0.0.1:0").CombinedOutput()
			t.Logf("%s, and started again: %s", name, out)
			if err == nil || !strings.Contains(string(out), "licenseserver restore DIR") {
				t.Errorf("it says %s, %v", out, err)
			}
		})
	}
}
