package authority

import (
	"fmt"
	"slices"
	"testing"
)

func TestAMemberHasOneEmailAddress(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		other := one.newTeam(2)
		added, _, err := one.AddMember(ctx, NewMember{Email: " Dan@BÜCHER.example ", Name: " Dan\u200f "})
		one.must(err)
		if added.Email != "dan@xn--bcher-kva.example" || added.Role != PlainMember || added.Joined != nil {
			one.Errorf("the member is %+v", added)
		}
		for _, address := range []string{"dan@bücher.example", "DAN@xn--bcher-kva.example"} {
			for _, scope := range []Scope{one.Scope, other.Scope} {
				one.refused(discard2(scope.AddMember(ctx, NewMember{Email: address})), Conflict, "is a member already")
			}
			found, err := one.Member(ctx, address)
			if err != nil || found.ID != added.ID {
				one.Errorf("%s is %+v, %v", address, found, err)
			}
		}
		for _, address := range []string{"", "dan", "a@b\nc", `"dan"@example.com`, hugeText + "@example.com"} {
			one.refused(discard2(one.AddMember(ctx, NewMember{Email: address})), Invalid, "the email address")
		}
		one.refused(discard2(one.AddMember(ctx, NewMember{Email: "e@example.com", Name: "a\nb"})), Invalid, "the name of the")
		one.refused(discard2(one.AddMember(ctx, NewMember{Email: "e@example.com", Role: "root"})), Invalid, "use admin or")
		one.must(one.RemoveMember(ctx, added.ID))
		again, _, err := other.AddMember(ctx, NewMember{Email: "dan@bücher.example"})
		one.must(err)
		if again.ID == added.ID {
			one.Error("a member who is added again is the one who was removed")
		}
	})
}

func TestAnAddressIsTakenOnce(t *testing.T) {
	onTeam(t, func(one *team) {
		other := one.newTeam(2)
		results := atOnce(8, func(i int) error {
			scope := []Scope{one.Scope, other.Scope}[i%2]
			return discard2(scope.AddMember(one.Context(), NewMember{Email: "dan@example.com"}))
		})
		if well := one.split(results, "is a member already"); well != 1 {
			one.Errorf("%d members have one address", well)
		}
	})
}

func TestMembersAreListedByPages(t *testing.T) {
	onTeam(t, func(one *team) {
		ctx := one.Context()
		other := one.newTeam(2)
		for i := range 2*PageSize - 3 { // with anna, bo and guest exactly two pages
			one.must(discard2(one.AddMember(ctx, NewMember{Email: fmt.Sprintf("m_%03d@example.com", i)})))
		}
		var seen []string
		pages, after := 0, ""
		for more := true; more && pages < 9; pages++ {
			page, err := one.Members(ctx, "", after)
			one.must(err)
			for _, member := range page.Rows {
				seen = append(seen, member.Email)
			}
			after, more = page.Next, page.Next != ""
		}
		count, err := one.CountMembers(ctx)
		one.must(err)
		slices.Sort(seen)
		if len(slices.Compact(seen)) != 2*PageSize || pages != 2 || count != 2*PageSize {
			one.Errorf("%d pages have %d members of %d", pages, len(seen), count)
		}
		for search, want := range map[string]int{
			"M_00":             10,
			"_00":              10, // no wildcard
			"m%":               0,
			"!":                0,
			" anna.1@Example ": 1,
			".2@":              0, // of another workspace
			"@":                PageSize,
			"'":                0,
			"\\":               0,
		} {
			page, err := one.Members(ctx, search, "")
			if err != nil || len(page.Rows) != want {
				one.Errorf("%q finds %d members, %v", search, len(page.Rows), err)
			}
		}
		for _, search := range []string{hugeText, "\x00", "\xff"} {
			one.refused(discard(one.Members(ctx, search, "")), Invalid, "no email address")
			one.refused(discard(one.Members(ctx, "", search+"\x00")), Invalid, "no email address")
		}
		one.must(one.RemoveMember(ctx, one.bo.ID))
		if page, err := one.Members(ctx, "bo.1", ""); err != nil || len(page.Rows) != 0 || page.Rows == nil {
			one.Errorf("a removed member is still listed: %+v, %v", page, err)
		}
		if page, err := other.Members(ctx, "", ""); err != nil || len(page.Rows) != 3 {
			one.Errorf("the other workspace has %+v, %v", page, err)
		}
	})
}

func TestAMemberShowsTheirLicense(t *testing.T) {
	onTeam(t, func(one *team) {
		page, err := one.Members(one.Context(), "", "")
		one.must(err)
		bo := page.Rows[1]
		isRight := bo.ID == one.bo.ID && bo.Joined != nil && bo.License != nil && bo.License.Assigned &&
			bo.License.Plan == "team" && bo.License.SubscriptionID == one.subscription.ID
		if !isRight || page.Rows[0].License != nil || page.Rows[2].Joined != nil {
			one.Errorf("the members are %+v", page.Rows)
		}
		for _, who := range []string{one.bo.ID, "BO.1@example.com"} {
			if shown, err := one.as(one.bo).Member(one.Context(), who); err != nil || shown.ID != one.bo.ID {
				one.Errorf("a member does not see themselves: %+v, %v", shown, err)
			}
		}
	})
}
