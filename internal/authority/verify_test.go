package authority

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// A damaged index hides a token that is in its table. A server does not start with it; one that has begun to read a
// large database tells nobody that a token is unknown.
func TestADamagedIndexHidesNoToken(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "")
	var known []credential.Secret
	for range 50 {
		_, secret := f.token()
		known = append(known, secret)
	}
	hash := f.store.hash(known[0].Reveal())
	f.must(f.store.Close())
	path := filepath.Join(f.source.Dir, DatabaseFile)
	content, err := os.ReadFile(path)
	f.must(err)
	found := 0
	for at := range content { // in the index, in the table, and where a page has free space again
		if !bytes.HasPrefix(content[at:], []byte(hash)) {
			continue
		}
		damaged := bytes.Clone(content)
		damaged[at] = 'x'
		f.must(os.WriteFile(path, damaged, 0o600))
		if findings, err := Check(t.Context(), f.source); err != nil {
			t.Fatal(err)
		} else if len(findings) > 0 {
			found++
			checkDamage(t, f.source, known[0])
		}
	}
	if found < 2 {
		t.Errorf("the check found damage %d times, want it in the index and in the table", found)
	}
}

func checkDamage(t *testing.T, source Source, known credential.Secret) {
	t.Helper()
	server := source
	server.Verify = true
	begun, err := Open(t.Context(), server)
	if err == nil { // the machine is slow
		err = begun.verification.wait(t.Context())
		_ = begun.Close()
	}
	if err == nil || !strings.Contains(err.Error(), restoreBoth) {
		t.Errorf("a server starts with %v", err)
	}
	store, err := Open(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	store.verification = &verification{cancel: func() {}, ended: make(chan struct{})} // of a large database
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if token, err := store.Judge(ctx, known); token == nil && err == nil {
		t.Error("the token is unknown")
	}
	if err := store.Ready(t.Context()); err != nil {
		t.Errorf("before the end, it is not ready: %v", err)
	}
	store.verification.flaw = store.findFlaw(t.Context())
	close(store.verification.ended)
	if token, err := store.Judge(t.Context(), known); token == nil && err == nil {
		t.Error("at the end, the token is unknown")
	}
	if err := store.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("at the end, it is ready: %v", err)
	}
}

// killed is a copy of a data directory in the midst of its use, as a killed process leaves it.
func killed(t *testing.T, f *fixture) Source {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	f.must(os.CopyFS(to, os.DirFS(f.source.Dir)))
	return Source{Dir: to, Create: true, Verify: true}
}

func TestALostLogIsNoticed(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(log string) error{
		"removed": os.Remove,
		"emptied": func(log string) error { return os.Truncate(log, 0) },
	} {
		f := newFixture(t, "")
		f.token()
		source := killed(t, f)
		log := filepath.Join(source.Dir, DatabaseFile+"-wal")
		f.must(lose(log))
		store, err := Open(t.Context(), source)
		if err == nil {
			_ = store.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "-wal is missing, and the last changes with it") {
			t.Errorf("%s: the error is %v", name, err)
		}
		findings, err := Check(t.Context(), source)
		isIt := func(f Finding) bool { return strings.Contains(f.What, "-wal is missing") }
		if err != nil || !slices.ContainsFunc(findings, isIt) {
			t.Errorf("%s: the check finds %v, %v", name, findings, err)
		}
	}
}

// A process that is killed when it closes the database may have removed the log, and not yet its index.
func TestALogThatWasCopiedIsNotLost(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "")
	_, secret := f.token()
	_, err := f.store.writes.Exec("PRAGMA wal_checkpoint(FULL)")
	f.must(err)
	source := killed(t, f)
	f.must(os.Remove(filepath.Join(source.Dir, DatabaseFile+"-wal")))
	store, err := Open(t.Context(), source)
	f.must(err)
	defer store.Close()
	if known, err := store.Knows(t.Context(), secret); !known || err != nil {
		t.Errorf("the token is known: %t, %v", known, err)
	}
}

func TestTheCheckFindsBrokenRules(t *testing.T) {
	t.Parallel()
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database)
		check := func() []string {
			var all []string
			for _, found := range f.findings() {
				all = append(all, found.What)
			}
			return all
		}
		workspace, err := f.store.FirstWorkspace(t.Context())
		f.must(err)
		in := f.store.In(workspace.ID)
		member, _, err := in.AddMember(t.Context(), NewMember{Email: "anna@example.com"})
		f.must(err)
		subscription, err := in.CreateSubscription(t.Context(), Terms{}, 1)
		f.must(err)
		_, err = in.AssignLicense(t.Context(), member.ID, "")
		f.must(err)
		_, _, err = in.CreateMemberToken(t.Context(), member.ID)
		f.must(err)
		if all := check(); len(all) > 0 {
			t.Errorf("before, it finds %q", all)
		}
		_, err = f.store.writes.Exec("UPDATE members SET removed_at = 1")
		f.must(err)
		_, err = f.store.writes.Exec("UPDATE subscriptions SET seats = 0")
		f.must(err)
		all := strings.Join(check(), "\n")
		for _, want := range []string{
			"is valid, and its member anna@example.com was removed",
			"is assigned, and its member anna@example.com was removed", subscription.ID + " has more licenses than seats",
		} {
			if !strings.Contains(all, want) {
				t.Errorf("it does not find %q: %s", want, all)
			}
		}
	})
}
