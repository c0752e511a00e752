package web

import (
	"slices"
	"strings"

	"localstack-entrypoint/internal/authority"
)

// access is who may use a route: anyone, any member, or a member with one of some permissions.
type access struct {
	// always is for what depends on nobody: it is answered over any way, and without a look at who asks.
	always  bool
	members bool
	needs   []authority.Permission
}

var (
	anyone = access{}
	always = access{always: true}
	// members are sent to the login if they are not logged in, and come back.
	members = access{members: true}
)

// may is access for members with one of the permissions.
func may(needs ...authority.Permission) access { return access{members: true, needs: needs} }

// lets reports whether a member may use the route.
func (a access) lets(member authority.Member) bool {
	isAllowed := func(one authority.Permission) bool { return authority.Allowed(member, one) }
	return len(a.needs) == 0 || slices.ContainsFunc(a.needs, isAllowed)
}

// String returns who may use the route, in words.
func (a access) String() string {
	switch {
	case !a.members:
		return "anyone"
	case len(a.needs) == 0:
		return "members"
	}
	var words []string
	for _, known := range authority.Permissions() {
		if slices.Contains(a.needs, known.Permission) {
			words = append(words, known.Text)
		}
	}
	return strings.Join(words, ", or ")
}
