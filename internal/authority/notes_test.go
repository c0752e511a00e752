package authority

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"localstack-entrypoint/internal/credential"
)

// usedToken makes a token with a license that is used, of a login if it is to end.
func (l *logins) usedToken(ends bool) *Token {
	l.Helper()
	token, _, err := l.store.CreateToken(l.ctx, NewToken{Kind: CI})
	l.must(err)
	if ends {
		_, err := l.store.writes.ExecContext(l.ctx, "UPDATE tokens SET expires_at = $1 WHERE id = $2",
			l.clock.Now().Add(time.Hour).Unix(), token.ID)
		l.must(err)
	}
	return &token
}

// activate notes activations on machines.
func (l *logins) activate(token *Token, machines ...string) {
	l.Helper()
	for _, machine := range machines {
		l.store.NoteActivation(token, machine, func(err error) { l.Errorf("a note is dropped: %v", err) })
	}
}

// activations are those of a token as texts.
func (l *logins) activations(token *Token) string {
	l.Helper()
	all, err := l.store.Activations(l.ctx, token.ID, 1000)
	l.must(err)
	var lines []string
	for _, a := range all {
		lines = append(lines, fmt.Sprintf("%s %s %d", a.Day.Format(time.DateOnly), a.Machine, a.Count))
	}
	return strings.Join(lines, "; ")
}

// tokenByID returns what the store knows of a token.
func (l *logins) tokenByID(id string) Token {
	l.Helper()
	token, err := l.store.byID(l.ctx, l.store.reads, id)
	l.must(err)
	return token
}

func TestActivationsAreNotedByTokenDayAndMachine(t *testing.T) {
	onBoth(t, func(l *logins) {
		one, login := l.usedToken(false), l.usedToken(true)
		l.activate(one, "laptop", "laptop", "runner")
		l.store.Flush()
		l.clock.Advance(time.Minute)
		l.activate(one, "laptop")
		l.activate(login, "")
		l.store.Flush()
		if got := l.activations(one); got != "2026-11-21 laptop 3; 2026-11-21 runner 1" {
			t.Error(got)
		}
		if got := l.activations(login); got != "2026-11-21  1" {
			t.Error(got)
		}
		for _, used := range []*Token{one, login} {
			got := l.tokenByID(used.ID)
			if got.LastUsed == nil || !got.LastUsed.Equal(l.clock.Now()) ||
				got.License.LastActivated == nil || !got.License.LastActivated.Equal(l.clock.Now()) {
				t.Errorf("last used %v, last activated %v, want %v", got.LastUsed, got.License.LastActivated, l.clock.Now())
			}
		}
		if got := l.tokenByID(one.ID).Expires; got != nil {
			t.Errorf("a token that does not end now ends at %v", got)
		}
		if got := l.tokenByID(login.ID).Expires; got == nil || !got.Equal(l.clock.Now().Add(unusedLife)) {
			t.Errorf("the token of a login ends at %v", got)
		}
	})
}

func TestOldActivationsAreForgotten(t *testing.T) {
	onBoth(t, func(l *logins) {
		token := l.usedToken(false)
		l.activate(token, "laptop")
		l.store.Flush()
		l.clock.Advance(keptDays * 24 * time.Hour)
		l.activate(token, "laptop")
		l.store.Flush()
		if got := l.activations(token); got != "2027-02-19 laptop 1; 2026-11-21 laptop 1" {
			t.Error(got)
		}
		l.clock.Advance(24 * time.Hour)
		l.activate(token, "laptop")
		l.store.Flush()
		if got := l.activations(token); got != "2027-02-20 laptop 1; 2027-02-19 laptop 1" {
			t.Error(got)
		}
	})
}

// Clients make up their machines.
func TestMachinesOfATokenAndADayAreBounded(t *testing.T) {
	onBoth(t, func(l *logins) {
		token := l.usedToken(false)
		const asked = 5 * maxMachines
		for i := range asked {
			l.activate(token, fmt.Sprintf("machine-%d", i))
			if i%150 == 0 {
				l.store.Flush()
			}
		}
		l.activate(token, "machine-0")
		l.store.Flush()
		all, err := l.store.Activations(l.ctx, token.ID, asked)
		l.must(err)
		var count, first int64
		for _, a := range all {
			count += a.Count
			if a.Machine == "machine-0" {
				first = a.Count
			}
		}
		// Those of one batch do not know of each other.
		if len(all) > 2*maxMachines || count != asked+1 || first != 2 {
			t.Errorf("%d rows for %d activations, %d of machine-0", len(all), count, first)
		}
	})
}

// A client can send anything as its machine, also a token.
func TestMachinesAreNamesOrHashes(t *testing.T) {
	onBoth(t, func(l *logins) {
		token := l.usedToken(false)
		for _, name := range []string{"", "laptop.example.org", "4f0c9b7e-4bd3-4a86-9d63-0f0f5f4bd1a5", "dkr_0123456789ab"} {
			if got := l.store.machineName(name); got != name {
				t.Errorf("%s is %s", name, got)
			}
		}
		secret := mint(CI).Reveal()
		for _, odd := range []string{secret, mint(APIKey).Reveal(), "two words", "line\nend", "\x00", "\xff", "Rechner-ä"} {
			got := l.store.machineName(odd)
			if len(got) != maxMachineName || !strings.HasPrefix(got, "#") || got != l.store.machineName(odd) {
				t.Errorf("%s is %s", credential.MaskAll(odd), credential.MaskAll(got))
			}
		}
		l.activate(token, secret, "\x00", "\xff\n")
		l.store.Flush()
		if got := l.activations(token); strings.Contains(got, secret[5:]) || strings.Count(got, "#") != 3 {
			t.Error(credential.MaskAll(got))
		}
	})
}

func TestNotesAreCollectedAndThenWritten(t *testing.T) {
	l := &logins{T: t, ctx: context.Background()}
	source := Source{Dir: t.TempDir(), Create: true, Now: l.clock.Now}
	var err error
	l.store, err = Open(l.ctx, source)
	l.must(err)
	token := l.usedToken(false)
	l.activate(token, "laptop")
	for deadline := time.Now().Add(time.Minute); l.activations(token) == ""; time.Sleep(noteInterval / 20) {
		if time.Now().After(deadline) {
			t.Fatal("the note is not written")
		}
	}
	l.activate(token, "laptop")
	l.must(l.store.Close())
	l.store, err = Open(l.ctx, source)
	l.must(err)
	defer l.store.Close()
	if got := l.activations(token); got != "2026-11-21 laptop 2" {
		t.Errorf("after the store was closed: %s", got)
	}
}

func TestTooManyNotesAreDroppedAndSaid(t *testing.T) {
	closed, err := sql.Open("sqlite", filepath.Join(t.TempDir(), DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	var said []string
	n := newNotes(&database{dialect: goose.DialectPostgres, background: closed})
	for i := range maxNotes + 3 {
		n.add(use{session: fmt.Sprint(i)}, time.Now(), func(err error) { said = append(said, err.Error()) })
	}
	n.write()
	if len(said) != 2 || !strings.Contains(said[0], "dropped 3") || !strings.Contains(said[1], "closed") {
		t.Errorf("%q", said)
	}
	if n.write(); len(said) != 2 {
		t.Errorf("what was dropped is written again: %q", said[2:])
	}
}
