package authority

import (
	"fmt"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
)

func TestAMemberHasOneDeveloperToken(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		bo := one.as(one.bo)
		one.refused(discard2(bo.CreateMemberToken(ctx, one.bo.ID)), Conflict, "has a developer token already: reset it")
		one.refused(discard2(one.ResetMemberToken(ctx, one.guest.ID)), Conflict, "no developer token yet: create one")
		license := one.seat(one.boSecret)
		reset, secret, err := bo.ResetMemberToken(ctx, one.bo.Email)
		one.must(err)
		if one.seat(one.boSecret) != "" || one.seat(secret) != license {
			one.Error("the old token is good, or the new one is not")
		}
		if reset.ID != one.boToken.ID || reset.Rotated == nil || reset.Hint != credential.Mask(secret.Reveal()) {
			one.Errorf("the token is %+v", reset)
		}
		tokens, err := bo.MemberTokens(ctx, one.bo.ID)
		one.must(err)
		if len(tokens) != 1 || tokens[0].ID != reset.ID {
			one.Errorf("the tokens are %+v", tokens)
		}
		one.must(bo.RevokeMemberToken(ctx, reset.ID))
		one.must(bo.RevokeMemberToken(ctx, reset.ID))
		if one.seat(secret) != "" {
			one.Error("the revoked token is good")
		}
		_, secret, err = bo.CreateMemberToken(ctx, one.bo.ID)
		one.must(err)
		if one.seat(secret) != license {
			one.Error("a new token has no license")
		}
		one.refused(bo.RevokeMemberToken(ctx, one.ci.ID), NotAllowed, "ask an Admin")
		one.refused(one.RevokeMemberToken(ctx, one.ci.ID), NotFound, "no such token")
	})
}

// A reset at the same time as others leaves one good token, and the last answer is that one.
func TestResetsAtOnceLeaveOneToken(t *testing.T) {
	onTeam(t, func(one *team) {
		for range 5 {
			secrets := make([]credential.Secret, 8)
			for _, err := range atOnce(len(secrets), func(i int) (err error) {
				_, secrets[i], err = one.ResetMemberToken(one.Context(), one.bo.ID)
				return err
			}) {
				one.must(err)
			}
			good := 0
			for _, secret := range secrets {
				if one.seat(secret) != "" {
					good++
				}
			}
			if good != 1 {
				one.Fatalf("%d tokens are good", good)
			}
		}
		created := atOnce(8, func(int) error { return discard2(one.CreateMemberToken(one.Context(), one.anna.ID)) })
		if well := one.split(created, "has a developer token already"); well != 1 {
			one.Errorf("a member has %d developer tokens", well)
		}
	})
}

func TestTokensOfLoginsAreListedAndRevoked(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		secret := mint(Developer)
		one.must(one.store.change(ctx, func(t *tx) error { return t.insertLoginToken(one.bo.ID, "lstk, laptop", secret) }))
		tokens, err := one.as(one.bo).MemberTokens(ctx, one.bo.ID)
		one.must(err)
		if len(tokens) != 2 || tokens[0].Name != "lstk, laptop" || tokens[0].Expires == nil {
			one.Fatalf("the tokens are %+v", tokens)
		}
		one.must(discard2(one.ResetMemberToken(ctx, one.bo.ID)))
		if one.seat(secret) == "" {
			one.Error("a reset of the developer token ends the one of a login")
		}
		one.must(one.as(one.anna).RevokeMemberToken(ctx, tokens[0].ID))
		if one.seat(secret) != "" {
			one.Error("the revoked token is good")
		}
		if tokens, err := one.MemberTokens(ctx, one.bo.ID); err != nil || len(tokens) != 1 {
			one.Errorf("the tokens are %+v, %v", tokens, err)
		}
	})
}

func TestCITokensHaveNames(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		for _, name := range []string{"", "a\nb", "a\u202eb", hugeText} {
			one.refused(discard2(one.CreateCIToken(ctx, name)), Invalid, "the name of the CI key")
			one.refused(one.RenameCIToken(ctx, one.ci.ID, name), Invalid, "the name of the CI key")
		}
		one.must(one.RenameCIToken(ctx, one.ci.ID, " weekly \U0001f389 "))
		shown, err := one.CIToken(ctx, one.ci.ID)
		one.must(err)
		if shown.Name != "weekly \U0001f389" || shown.License != nil || shown.Kind != CI {
			one.Errorf("the token is %+v", shown)
		}
		one.must(discard(one.AssignLicense(ctx, one.ci.ID, "")))
		license := one.seat(one.ciSecret)
		secret, err := one.RotateCIToken(ctx, one.ci.ID)
		one.must(err)
		if one.seat(one.ciSecret) != "" || one.seat(secret) != license || license == "" {
			one.Error("the old token is good, or the new one is not")
		}
		one.must(one.RevokeCIToken(ctx, one.ci.ID))
		one.must(one.RevokeCIToken(ctx, one.ci.ID))
		one.refused(discard(one.RotateCIToken(ctx, one.ci.ID)), Conflict, "the token is revoked")
		if one.seat(secret) != "" {
			one.Error("the revoked token is good")
		}
		for _, id := range []string{one.boToken.ID, newID(tokenPrefix)} {
			one.refused(discard(one.CIToken(ctx, id)), NotFound, "no such CI key")
		}
	})
}

func TestCITokensAreListedByPages(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		one.newTeam(2) // whose token is not listed
		_, _, err := one.store.CreateToken(ctx, NewToken{Kind: Developer, Workspace: one.workspace})
		one.must(err)
		for i := range PageSize {
			one.must(discard2(one.CreateCIToken(ctx, fmt.Sprint("ci ", i))))
		}
		first, err := one.CITokens(ctx, "")
		one.must(err)
		second, err := one.CITokens(ctx, first.Next)
		one.must(err)
		if len(first.Rows) != PageSize || len(second.Rows) != 1 || second.Rows[0].ID != one.ci.ID || second.Next != "" {
			one.Errorf("the pages have %d and %d tokens; the last is %+v", len(first.Rows), len(second.Rows), second)
		}
		if first.Rows[0].Name != fmt.Sprint("ci ", PageSize-1) {
			one.Errorf("the newest is %+v", first.Rows[0])
		}
	})
}

func TestTheUseOfACITokenIsShown(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		one.must(discard(one.AssignLicense(ctx, one.ci.ID, "")))
		token, err := one.store.Judge(ctx, one.ciSecret)
		one.must(err)
		one.store.NoteActivation(token, "machine-1", func(err error) { one.must(err) })
		one.store.Flush()
		use, err := one.CITokenUse(ctx, one.ci.ID, "")
		one.must(err)
		want := Activation{Day: one.clock.Now().Truncate(24 * time.Hour), Machine: "machine-1", Count: 1}
		if len(use.Rows) != 1 || use.Rows[0] != want || use.Next != "" {
			one.Errorf("the use is %+v", use)
		}
	})
}

// The license of a member who has several tokens names none of them.
func TestALicenseOfSeveralTokensNamesNone(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		license := one.seat(one.boSecret)
		one.must(one.store.change(ctx, func(t *tx) error { return t.insertLoginToken(one.bo.ID, "lstk", mint(Developer)) }))
		one.refused(discard(one.store.RotateToken(ctx, license)), Conflict, "has several tokens")
		one.refused(one.store.RevokeToken(ctx, license), Conflict, "has several tokens")
		if one.seat(one.boSecret) != license {
			one.Error("a token was changed")
		}
		one.must(one.RevokeMemberToken(ctx, one.boToken.ID))
		one.must(one.store.RevokeToken(ctx, license))
		if left, err := one.MemberTokens(ctx, one.bo.ID); err != nil || len(left) != 0 {
			one.Errorf("%d tokens are left, %v", len(left), err)
		}
	})
}

func TestADeveloperTokenAndThoseOfLogins(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx, bo := one.Context(), one.as(one.bo)
		token, err := bo.DeveloperToken(ctx, one.bo.ID)
		one.must(err)
		if token == nil || token.ID != one.boToken.ID {
			one.Errorf("the developer token is %+v", token)
		}
		if token, err := one.DeveloperToken(ctx, one.anna.Email); err != nil || token != nil {
			one.Errorf("a member without a token has %+v, %v", token, err)
		}
		for range PageSize + 1 {
			one.must(one.store.change(ctx, func(t *tx) error { return t.insertLoginToken(one.bo.ID, "lstk", mint(Developer)) }))
		}
		first, err := bo.LoginTokens(ctx, one.bo.ID, "")
		one.must(err)
		second, err := one.as(one.anna).LoginTokens(ctx, one.bo.ID, first.Next)
		one.must(err)
		if len(first.Rows) != PageSize || len(second.Rows) != 1 || second.Next != "" || first.Rows[0].Expires == nil ||
			first.Rows[0].ID <= second.Rows[0].ID {
			one.Errorf("the pages have %d and %d tokens", len(first.Rows), len(second.Rows))
		}
		one.must(bo.RevokeMemberToken(ctx, second.Rows[0].ID))
		if second, err := bo.LoginTokens(ctx, one.bo.ID, first.Next); err != nil || len(second.Rows) != 0 {
			one.Errorf("a token that was revoked is listed: %+v, %v", second, err)
		}
		one.clock.Advance(unusedLife + time.Second)
		if ended, err := bo.LoginTokens(ctx, one.bo.ID, ""); err != nil || len(ended.Rows) != 0 {
			one.Errorf("tokens that have ended are listed: %+v, %v", ended, err)
		}
	})
}

// Whether a container was started with a token that was reset a moment ago is what its owner wants to know.
func TestWhetherATokenHasActivated(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		has := func() bool {
			token, err := one.DeveloperToken(ctx, one.bo.ID)
			one.must(err)
			return token.HasActivated()
		}
		activate := func(secret credential.Secret) {
			token, err := one.store.Judge(ctx, secret)
			one.must(err)
			one.store.NoteActivation(token, "machine", nil)
			one.store.Flush()
		}
		before := has()
		activate(one.boSecret)
		used := has()
		one.clock.Advance(time.Second)
		_, secret, err := one.ResetMemberToken(ctx, one.bo.ID)
		one.must(err)
		reset := has()
		activate(secret)
		if before || !used || reset || !has() {
			one.Errorf("it has activated: %t before, %t after use, %t after a reset, %t after use", before, used, reset, has())
		}
	})
}
