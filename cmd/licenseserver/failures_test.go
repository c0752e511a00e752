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
