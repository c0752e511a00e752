package licensing_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit/postgres"
)

func TestRotationEndsTheOldTokenAtOnceAlsoInAnotherStore(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, old := f.token()
		before := f.document(requestPath, asking(old))

		elsewhere := f.open()
		secret, err := elsewhere.RotateToken(t.Context(), token.ID)
		f.must(err)
		f.refused(f.post(requestPath, asking(old)), invalidCredentials)
		after := f.document(requestPath, asking(secret.Reveal()))
		if after.ID != before.ID {
			t.Errorf("the license was %s and is %s", before.ID, after.ID)
		}
		if !after.SignedWith(secret.Reveal()) {
			t.Error("the signature does not verify with the new token")
		}
	})
}

func TestRotationUnderLoadLosesNoRequest(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, current := f.token()
		elsewhere := f.open()
		var mu sync.RWMutex // held for writing while nobody can know the token

		ctx, stop := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() {
				for ctx.Err() == nil {
					mu.RLock()
					reply := f.post(requestPath, asking(current))
					mu.RUnlock()
					if reply.Code != http.StatusOK {
						t.Errorf("got %d %s", reply.Code, reply.Body)
					}
				}
			})
			clients.Go(func() { // knows nothing of rotations
				mu.RLock()
				mine := current
				mu.RUnlock()
				for ctx.Err() == nil {
					if reply := f.post(requestPath, asking(mine)); reply.Code != http.StatusOK && reply.Code != http.StatusForbidden {
						t.Errorf("got %d %s", reply.Code, reply.Body)
					}
				}
			})
		}
		for range 20 {
			mu.Lock()
			old := current
			secret, err := elsewhere.RotateToken(ctx, token.ID)
			if err != nil {
				t.Error(err)
			}
			current = secret.Reveal()
			mu.Unlock()
			f.refused(f.post(requestPath, asking(old)), invalidCredentials)
		}
		stop()
		clients.Wait()
	})
}

func TestAssigningMakesALicenseGoodAgain(t *testing.T) {
	for name, spoil := range map[string]func(*fixture, string) error{
		"suspended": suspend, "expired": expire, "unassigned": unassign,
	} {
		t.Run(name, func(t *testing.T) {
			postgres.OnBoth(t, func(t *testing.T, database string) {
				f := newFixture(t, database, server.Options{})
				token, text := f.token()
				for _, id := range []string{token.ID, token.License.ID} {
					f.must(spoil(f, id))
					if reply := f.post(requestPath, asking(text)); reply.Code == http.StatusOK {
						t.Fatal("the license is still good")
					}
					again, err := f.store.Assign(t.Context(), id, authority.Terms{})
					f.must(err)
					if again.ID != token.License.ID || !again.Expires.Equal(token.License.Expires) {
						t.Errorf("the license was %+v and is %+v", *token.License, again)
					}
					f.document(requestPath, asking(text))
				}
			})
		})
	}
}

func TestAssigningMakesALicenseWhereThereIsNone(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, text := f.tokenOf(authority.NewToken{Kind: authority.CI, Unassigned: true})
		if token.License != nil {
			t.Fatalf("there is one already: %+v", token.License)
		}
		if err := f.store.Unassign(t.Context(), token.ID); err == nil {
			t.Error("no error for a license that does not exist")
		}
		terms := authority.Terms{Plan: "enterprise", Expires: f.clock.Now().Add(time.Hour)}
		made, err := f.store.Assign(t.Context(), token.ID, terms)
		f.must(err)
		if document := f.document(requestPath, asking(text)); document.ID != made.ID || document.Type != "enterprise" {
			t.Errorf("unexpected document %+v", document)
		}
	})
}

func TestAssigningChangesOnlyTheTermsThatAreGiven(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		soon := f.clock.Now().Add(time.Hour)
		terms := authority.Terms{Plan: "team", Product: "localstack-*", Version: "4.14", Expires: soon}
		token, _ := f.tokenOf(authority.NewToken{Kind: authority.CI, Terms: terms})
		before := *token.License
		same, err := f.store.Assign(t.Context(), token.ID, authority.Terms{})
		f.must(err)
		if same.Plan != before.Plan || same.Products[0] != before.Products[0] || !same.Expires.Equal(before.Expires) {
			t.Errorf("%+v became %+v", before, same)
		}
		other, err := f.store.Assign(t.Context(), token.ID, authority.Terms{Version: "4.15"})
		f.must(err)
		want := license.Product{Name: license.ProductName, Version: "4.15"}
		if other.Products[0] != want || other.Plan != before.Plan {
			t.Errorf("%+v became %+v", same, other)
		}
	})
}

func TestInvalidChangesAreRefused(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		token, _ := f.token()
		revoked, _ := f.token()
		f.must(f.store.RevokeToken(t.Context(), revoked.ID))
		f.must(f.store.RevokeToken(t.Context(), revoked.ID)) // twice is no error
		assign := func(id string, terms authority.Terms) error {
			_, err := f.store.Assign(t.Context(), id, terms)
			return err
		}
		rotate := func(id string) error {
			_, err := f.store.RotateToken(t.Context(), id)
			return err
		}
		revoke := func(id string) error { return f.store.RevokeToken(t.Context(), id) }
		create := func(wanted authority.NewToken) error {
			_, _, err := f.store.CreateToken(t.Context(), wanted)
			return err
		}
		setStatus := func(id, status string) error { return f.store.SetStatus(t.Context(), id, status) }
		year10000 := authority.Terms{Expires: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
		for want, err := range map[string]error{
			"cannot rotate the token: an ID is token_ or license_": rotate("x"),
			"cannot rotate token_00000000":                         rotate("token_" + uuid.Nil.String()),
			"no token or license has this ID":                      revoke("license_" + uuid.Nil.String()),
			"the token is revoked, which cannot be undone":         rotate(revoked.ID),
			"cannot assign a license to " + revoked.ID:             assign(revoked.ID, authority.Terms{}),
			"the plan must":    assign(token.ID, authority.Terms{Plan: "pro plus"}),
			"the product must": assign(token.ID, authority.Terms{Product: "localstack-[a"}),
			"the version must": assign(token.ID, authority.Terms{Version: "latest"}),
			"cannot create a token: the email address has no @": create(authority.NewToken{Kind: authority.CI, Email: "me"}),
			"between the years":                                     create(authority.NewToken{Kind: "ci", Terms: year10000}),
			"cannot create a token: the type is unknown":            create(authority.NewToken{Kind: "other"}),
			`cannot set the status "EXPIRED": use ACTIVE, INACTIVE`: setStatus(token.ID, license.StatusExpired),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v, want %q in it", err, want)
			}
		}
	})
}

func TestTheListSaysWhatHappened(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f := newFixture(t, database, server.Options{})
		first, text := f.tokenOf(authority.NewToken{Kind: authority.Developer, Email: "dev@example.org"})
		second, _ := f.tokenOf(authority.NewToken{Kind: authority.CI, Unassigned: true})
		f.clock.Advance(time.Minute)
		f.document(requestPath, asking(text))
		f.store.Flush()
		_, err := f.store.RotateToken(t.Context(), first.ID)
		f.must(err)
		f.must(f.store.RevokeToken(t.Context(), second.ID))
		f.must(f.store.Expire(t.Context(), first.ID, f.clock.Now()))

		tokens, err := f.store.Tokens(t.Context())
		f.must(err)
		if len(tokens) != 2 || tokens[0].ID != first.ID || tokens[1].ID != second.ID {
			t.Fatalf("unexpected tokens %+v", tokens)
		}
		got := tokens[0]
		if got.Email != "dev@example.org" || got.Revoked || got.Hint == credential.Mask(text) {
			t.Errorf("unexpected token %+v", got)
		}
		if got.Rotated == nil || !got.Rotated.Equal(f.clock.Now()) {
			t.Errorf("rotated at %v", got.Rotated)
		}
		if got.License.Status != license.StatusExpired || !got.License.LastActivated.Equal(f.clock.Now()) {
			t.Errorf("unexpected license %+v", got.License)
		}
		if got := tokens[1]; !got.Revoked || got.License != nil {
			t.Errorf("unexpected token %+v", got)
		}
	})
}
