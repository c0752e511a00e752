package main

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite" // registers the database driver "sqlite"
)

const (
	// lockTime is longer than anything in the server waits for a lock.
	lockTime = 8 * time.Second
	// soon is enough for an answer with nothing in its way, on a machine with much else to do.
	soon = time.Second
	// answerTime is enough for an answer that says that the state is not known: 2 s, and some.
	answerTime = 3 * time.Second
)

// unlimited lifts the limit of the one token that all clients of a test have.
var unlimited = []string{"--rate-limit", "0", "--unknown-rate-limit", "0"}

// stranger is a token of no authority.
const stranger = "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"

// Another program that writes, such as a backup, must not delay an activation.
func TestAWriteLockOfAnotherProcessDelaysNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.start(unlimited...)
	db, err := sql.Open("sqlite", "file:"+r.database()+"?mode=rw&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lock, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	all := r.load(4, after(lockTime))
	t.Logf("a write lock of %s: %s", lockTime, all)
	if counts := all.byStatus(); counts[200] != len(all.all) || all.slowest() > soon {
		t.Errorf("the answers are %s", all)
	}
	if got := r.ready(); got.status != 200 {
		t.Errorf("/readyz is %v", got)
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	r.isNoted()
}

// isNoted waits until an activation of now is in the list.
func (r *room) isNoted() {
	r.Helper()
	now := time.Now().Add(-time.Second).UTC()
	eventually(r, "an activation is noted", func() bool {
		r.activate(r.token)
		_, last, _ := strings.Cut(r.run("license", "list", "--json"), `"last_activated": "`)
		at, err := time.Parse(time.RFC3339, strings.Split(last+`"`, `"`)[0])
		return err == nil && !at.Before(now.Truncate(time.Second))
	})
}

// isUnknown checks that nobody gets a verdict, and that /readyz says why.
func (r *room) isUnknown(reason string) {
	r.Helper()
	for _, token := range []string{r.token, stranger} {
		got := r.activate(token)
		r.Logf("%s: %d %s after %s", reason, got.status, got.text, got.took.Round(time.Millisecond))
		if got.status < 500 || got.took > answerTime || strings.Contains(got.text, `"licensing.`) {
			r.Errorf("the answer is %v", got)
		}
	}
	got := r.ready()
	r.Logf("%s: /readyz: %d %s", reason, got.status, got.text)
	if got.status != 503 || !strings.HasPrefix(got.text, "not ready: ") || !strings.Contains(got.text, reason) ||
		got.took > answerTime {
		r.Errorf("/readyz is %v, want 503 with %q", got, reason)
	}
	if alive := exchange(r.url+"/healthz", ""); alive.status != 200 {
		r.Errorf("/healthz is %v", alive)
	}
}

// isWell checks that both tokens get their verdicts.
func (r *room) isWell() {
	r.Helper()
	known, unknown, ready := r.activate(r.token), r.activate(stranger), r.ready()
	if known.status != 200 || unknown.status != 403 || ready.status != 200 {
		r.Errorf("the answers are %v, %v, %v", known, unknown, ready)
	}
}

// A lock that keeps everybody from reading, as a program has it that repairs the database.
func TestALockThatNobodyMayReadUnderIsNoVerdict(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.start(unlimited...)
	r.isWell()
	index, err := os.OpenFile(r.database()+"-shm", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	// The bytes that SQLite's WAL mode locks; see its file format, "WAL-Index Locks".
	whole := unix.Flock_t{Type: unix.F_WRLCK, Start: 120, Len: 8}
	eventually(t, "the note of the activation is written", func() bool {
		return unix.FcntlFlock(index.Fd(), unix.F_OFD_SETLK, &whole) == nil
	})
	r.isUnknown("does not answer")
	index.Close()
	eventually(t, "it is well again", func() bool { return r.ready().status == 200 && r.activate(r.token).status == 200 })
	r.isWell()
}

func TestAFullDiskStopsNoActivation(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("mounting a small disk takes root")
	}
	r := newRoom(t)
	disk := filepath.Join(r.dir, "data")
	if err := os.Rename(disk, disk+".before"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	if err := os.CopyFS(disk, os.DirFS(disk+".before")); err != nil {
		t.Fatal(err)
	}
	r.start(unlimited...)
	r.isWell()
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 4<<20), 0o600); err == nil {
		t.Fatal("the disk is larger than that")
	}
	all := r.load(4, after(2*time.Second))
	t.Logf("a full disk: %s", all)
	if counts := all.byStatus(); counts[200] != len(all.all) || all.slowest() > soon {
		t.Errorf("the answers are %s", all)
	}
	if got := r.ready(); got.status != 200 {
		t.Errorf("/readyz is %v", got)
	}
	if out, err := r.command("token", "create", "--type", "ci").CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "cannot ") || bytes.Contains(out, []byte("lsci-")) {
		t.Errorf("a command that writes says %s, %v", out, err)
	} else {
		t.Logf("a command that writes: %s", out)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	r.isNoted()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	r.start()
	r.isWell()
}

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

func TestAServerOutlivesItsKeyFile(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.start()
	if err := os.Remove(filepath.Join(r.data(), "authority.key")); err != nil {
		t.Fatal(err)
	}
	r.isWell()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	out, err := r.command("serve", "--listen", "127.0.0.1:0").CombinedOutput()
	t.Logf("the next start: %s", out)
	if err == nil || !strings.Contains(string(out), "authority.key is missing") {
		t.Errorf("it says %s, %v", out, err)
	}
}
