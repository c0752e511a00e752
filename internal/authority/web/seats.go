package web

import (
	"strings"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/license"
)

// badge is a state in a few words. Class is one of the style sheet.
type badge struct{ Class, Text string }

// licenseBadge says whether a license counts; nil means that there never was one.
func licenseBadge(granted *authority.License) badge {
	switch {
	case !isAssigned(granted):
		return badge{"warn", "no license"}
	case granted.Status != license.StatusActive:
		return badge{"bad", granted.Plan + ", " + strings.ToLower(granted.Status)}
	}
	return badge{"good", granted.Plan}
}

// isAssigned reports whether somebody has a license now; nil means that they never had one.
func isAssigned(granted *authority.License) bool { return granted != nil && granted.Assigned }

// seats are where a license can be taken from.
type seats struct {
	// Free are the subscriptions that have a seat left.
	Free []authority.Subscription
	// Why says why there is none, and what to do.
	Why string
}

// seatsOf are the free seats that a member may assign.
func seatsOf(v *visit) (seats, error) {
	all, err := v.scope.Subscriptions(v.Context())
	if err != nil {
		return seats{}, err
	}
	found := seats{Why: "The workspace has no subscription. Whoever runs this server can create one: " +
		"licenseserver subscription create"}
	for _, one := range all {
		switch {
		case hasSeat(one) && len(found.Free) < maxSubscriptions:
			found.Free = append(found.Free, one)
		case one.Status == license.StatusActive:
			found.Why = "All licenses are used. Unassign one from a member or from another key first."
		case len(all) == 1:
			found.Why = "The subscription is " + strings.ToLower(one.Status) + ". Whoever runs this server can change it: " +
				"licenseserver subscription change"
		}
	}
	return found, nil
}

// hasSeat reports whether a license can be taken from a subscription.
func hasSeat(one authority.Subscription) bool {
	return one.Status == license.StatusActive && one.Used < one.Seats
}

// few are no more subscriptions than a page shows, and first those that a license can be taken from.
func few(all []authority.Subscription) []authority.Subscription {
	if len(all) <= maxSubscriptions {
		return all
	}
	var free, others []authority.Subscription
	for _, one := range all {
		if hasSeat(one) {
			free = append(free, one)
		} else {
			others = append(others, one)
		}
	}
	return append(free, others...)[:maxSubscriptions]
}
