package authority

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestALinkWorksOnce(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		old, err := one.Invite(ctx, one.guest.ID)
		one.must(err)
		invite, err := one.Invite(ctx, one.guest.Email)
		one.must(err)
		if text := invite.Secret.Reveal(); len(text) != 43 || strings.ContainsAny(text, "+/=") {
			one.Errorf("the secret has %d characters", len(text))
		}
		one.refused(discard(one.store.OpenInvite(ctx, old.Secret)), NotFound, "replaced by another")
		one.refused(discard(one.store.AcceptInvite(ctx, old.Secret, "$hash", "")), NotFound, "replaced by another")
		for range 2 { // opening it changes nothing
			shown, err := one.store.OpenInvite(ctx, invite.Secret)
			one.must(err)
			if shown.Member.ID != one.guest.ID || !shown.Expires.Equal(invite.Expires) || shown.Secret.Reveal() != "" {
				one.Errorf("the link shows %+v", shown)
			}
		}
		one.refused(discard(one.store.AcceptInvite(ctx, invite.Secret, "$hash", "a\nb")), Invalid, "the name of the member")
		member, err := one.store.AcceptInvite(ctx, invite.Secret, "$hash", "Guest")
		one.must(err)
		if member.Name != "Guest" || member.Joined == nil {
			one.Errorf("the member is %+v", member)
		}
		one.refused(discard(one.store.AcceptInvite(ctx, invite.Secret, "$other", "")), NotFound, "was used")
		one.refused(discard(one.store.OpenInvite(ctx, invite.Secret)), NotFound, "was used")
		hash, err := texts(ctx, one.store.reads, "SELECT password_hash FROM members WHERE id = $1", member.ID)
		if err != nil || hash[0] != "$hash" {
			one.Errorf("the password is %q, %v", hash, err)
		}
	})
}

func TestALinkIsUsedOnceAtOnce(t *testing.T) {
	onTeam(t, func(one *team) {
		for range 10 {
			invite, err := one.Invite(one.Context(), one.guest.ID)
			one.must(err)
			used := 0
			for _, err := range atOnce(8, func(i int) error {
				return discard(one.store.AcceptInvite(one.Context(), invite.Secret, fmt.Sprint("$hash", i), ""))
			}) {
				if err == nil {
					used++
					continue
				}
				one.refused(err, NotFound, "was used")
			}
			if used != 1 {
				one.Fatalf("a link was used %d times", used)
			}
		}
	})
}

func TestALinkExpiresAndIsCanceled(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		invite, err := one.Invite(ctx, one.guest.ID)
		one.must(err)
		listed, err := one.Invites(ctx, "")
		one.must(err)
		if len(listed.Rows) != 1 || listed.Rows[0].Member.ID != one.guest.ID {
			one.Errorf("the links are %+v", listed)
		}
		one.clock.Advance(InviteLife - time.Second)
		one.must(discard(one.store.OpenInvite(ctx, invite.Secret)))
		one.clock.Advance(time.Second)
		one.refused(discard(one.store.OpenInvite(ctx, invite.Secret)), NotFound, "has expired")
		one.refused(discard(one.store.AcceptInvite(ctx, invite.Secret, "$hash", "")), NotFound, "has expired")
		if invite, err = one.Invite(ctx, one.guest.ID); err != nil {
			one.Fatal(err)
		}
		one.must(one.RevokeInvite(ctx, one.guest.ID))
		one.refused(discard(one.store.AcceptInvite(ctx, invite.Secret, "$hash", "")), NotFound, "ask for a new one")
		one.refused(one.RevokeInvite(ctx, one.guest.ID), NotFound, "has no link")
		if listed, err := one.Invites(ctx, ""); err != nil || len(listed.Rows) != 0 {
			one.Errorf("the links are %+v, %v", listed, err)
		}
	})
}

// A link is also how a member gets a new password: the sessions of whoever had the old one end.
func TestALinkSetsANewPassword(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		who := account{id: one.bo.ID, workspace: one.workspace, email: one.bo.Email}
		one.must(one.store.change(ctx, func(t *tx) error { return discard(t.startSession(who, "browser")) }))
		invite, err := one.as(one.anna).Invite(ctx, one.bo.ID)
		one.must(err)
		if sessions, _ := one.store.Sessions(ctx, one.bo.ID); len(sessions) != 1 {
			one.Errorf("a link that was not used yet ends sessions: %+v", sessions)
		}
		one.must(discard(one.store.AcceptInvite(ctx, invite.Secret, "$new", "")))
		if sessions, err := one.store.Sessions(ctx, one.bo.ID); err != nil || len(sessions) != 0 {
			one.Errorf("the sessions go on: %+v, %v", sessions, err)
		}
		if one.seat(one.boSecret) == "" {
			one.Error("the token was refused")
		}
	})
}
