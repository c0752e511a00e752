package authority

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// raceRuns is how often each race is run; openRuns is for those that take long.
const raceRuns, openRuns = 200, 25

var races = slices.Concat(loginRaces, teamRaces, formRaces, identityRaces, signUpRaces)

// race is something that two processes do at once.
type race struct {
	name string
	// opens says that each process opens a Store of its own in each run, which takes long.
	opens bool
	// arrange prepares a run, and returns what the processes are told. The source of a task is the other's, too.
	arrange func(a *arena) [2]task
	// act is what each process does.
	act func(ctx context.Context, s *Store, told task) (string, error)
	// check looks at what they got.
	check func(a *arena, told [2]task, got [2]result)
}

// arena is an authority on PostgreSQL with a member who has a session.
type arena struct {
	*logins
	session Session
	runs    int // of a race that has several forms
	added   int // members
}

func newArena(t *testing.T) *arena {
	t.Helper()
	l := newLogins(t, postgres.Database(t))
	l.member("ada@example.com")
	return &arena{logins: l, session: *l.session(l.enter("ada@example.com"))}
}

// loginRaces are races about tokens, logins and the first start.
var loginRaces = []race{
	{
		name: "rotation of a token",
		arrange: func(a *arena) [2]task {
			token, secret, err := a.store.CreateToken(a.ctx, NewToken{Kind: CI})
			a.must(err)
			return toBoth(token.ID, secret.Reveal())
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			secret, err := s.RotateToken(ctx, told.Args[0])
			return secret.Reveal(), err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			if old := a.valid(told[0].Args[1]); old != 0 || !got[0].won() || !got[1].won() {
				a.Errorf("the old token is valid: %d; %q, %q", old, got[0].Error, got[1].Error)
			}
			if valid := a.valid(got[0].Value, got[1].Value); valid != 1 {
				a.Errorf("%d of two new tokens are valid", valid)
			}
		},
	},
	{
		name: "exchange of a login",
		arrange: func(a *arena) [2]task {
			id, exchange := a.confirmed()
			return toBoth(id, exchange.Reveal())
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			bearer, err := s.ExchangeLogin(ctx, told.Args[0], credential.NewSecret(told.Args[1]))
			return bearer.Reveal(), err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			token, err := a.store.LoginToken(a.ctx, credential.NewSecret(a.winner(got)))
			a.must(err)
			if a.valid(token.Reveal()) != 1 {
				a.Error("the token of the login is not valid")
			}
		},
	},
	{
		name: "bearer of a login",
		arrange: func(a *arena) [2]task {
			id, exchange := a.confirmed()
			bearer, err := a.store.ExchangeLogin(a.ctx, id, exchange)
			a.must(err)
			return toBoth(bearer.Reveal())
		},
		act: func(ctx context.Context, s *Store, told task) (string, error) {
			token, err := s.LoginToken(ctx, credential.NewSecret(told.Args[0]))
			return token.Reveal(), err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			if a.valid(a.winner(got)) != 1 {
				a.Error("the token of the login is not valid")
			}
		},
	},
	{
		name:  "first start",
		opens: true,
		arrange: func(a *arena) (tasks [2]task) {
			database := postgres.Database(a)
			for i := range tasks {
				tasks[i].Dir, tasks[i].Database = a.TempDir(), database
			}
			return tasks
		},
		act: func(ctx context.Context, _ *Store, told task) (string, error) {
			store, err := told.open()
			if err != nil {
				return "", err
			}
			defer store.Close()
			_, secret, err := store.CreateToken(ctx, NewToken{Kind: CI})
			return secret.Reveal(), err
		},
		check: func(a *arena, told [2]task, got [2]result) {
			for i := range told {
				// The other one has made the key.
				if winner := 1 - i; got[winner].won() && strings.Contains(got[i].Error, "copy the key") {
					a.takesPart(told[i], told[winner].Dir, got[winner].Value)
					return
				}
			}
			a.Errorf("one must make the key: %q, %q", got[0].Error, got[1].Error)
		},
	},
}

func toBoth(args ...string) [2]task { return [2]task{{Args: args}, {Args: args}} }

func TestTwoProcessesAtOnce(t *testing.T) {
	for i, race := range races {
		t.Run(race.name, func(t *testing.T) {
			t.Parallel()
			a := newArena(t)
			racers := startRacers(t)
			firsts, runs := 0, raceRuns
			if race.opens {
				runs = openRuns
			}
			for range runs {
				tasks := race.arrange(a)
				for k := range tasks {
					tasks[k].Race, tasks[k].Now = i, a.clock.Now().Unix()
					if !race.opens {
						tasks[k].Dir, tasks[k].Database = a.source.Dir, a.source.Database
					}
				}
				got := racers.run(t, tasks)
				race.check(a, tasks, got)
				if t.Failed() {
					return
				}
				if got[0].won() {
					firsts++
				}
			}
			t.Logf("the first process won %d of %d", firsts, runs)
		})
	}
}

// confirmed is a login that a member has confirmed.
func (a *arena) confirmed() (id string, exchange credential.Secret) {
	a.Helper()
	login, exchange := a.begin()
	a.confirm(login, a.session)
	return login.ID, exchange
}

// takesPart checks that the server of a task opens the authority with the key that is in another directory.
func (a *arena) takesPart(told task, from, token string) {
	a.Helper()
	key, err := os.ReadFile(filepath.Join(from, keyFile))
	a.must(err)
	a.must(os.WriteFile(filepath.Join(told.Dir, keyFile), key, 0o600))
	store, err := told.open()
	a.must(err)
	defer store.Close()
	if found, err := store.Judge(a.ctx, credential.NewSecret(token)); found == nil || err != nil {
		a.Errorf("the token is not known: %v", err)
	}
}

// winner is what one process got, while the other one was refused.
func (a *arena) winner(got [2]result) (value string) {
	a.Helper()
	for i, mine := range got {
		if other := got[1-i]; mine.won() && other.Refused {
			return mine.Value
		}
	}
	a.Fatalf("one must win and the other be refused: %v, %v", got[0].Error, got[1].Error)
	return ""
}

// valid is how many of these tokens are.
func (a *arena) valid(tokens ...string) (count int) {
	a.Helper()
	for _, text := range tokens {
		token, err := a.store.Judge(a.ctx, credential.NewSecret(text))
		a.must(err)
		if token != nil {
			count++
		}
	}
	return count
}
