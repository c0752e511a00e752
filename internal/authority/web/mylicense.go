package web

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/version"
)

const myLicensePath = "/workspace/my-license"

// myLicense is what the page of one's own license shows.
type myLicense struct {
	form
	// License is the member's, if one is assigned.
	License *authority.License
	// Verdicts are what containers would be told: first one with the product of the image, then those of other products
	// that the license is for.
	Verdicts []verdict
	// Left is how long the license is good, in words; empty if it has ended. EndsSoon is true in its last week.
	Left     string
	EndsSoon bool
	// MayIssue reports whether members may assign a license to themselves, and Subscriptions are where from.
	MayIssue      bool
	Subscriptions []authority.Subscription
}

// verdict is what a container with a product would be told.
type verdict struct {
	Product license.Product
	// ID is the failure's in the failure table, Reason what its banner says; both are empty if the container starts.
	ID     fault.ID
	Reason string
}

// Starts reports whether the container starts.
func (v verdict) Starts() bool { return v.ID == "" }

// Covers are the products that the license is for.
func (m myLicense) Covers() []license.Product {
	if m.License == nil {
		return nil
	}
	return m.License.Products
}

func (s *Site) myLicensePage(v *visit) *reply {
	shown, failure := s.myLicense(v)
	if failure != nil {
		return failure
	}
	return show("mylicense", shown)
}

// myLicense is the page of a member's own license, or the answer that says why there is none.
func (s *Site) myLicense(v *visit) (myLicense, *reply) {
	shown := myLicense{form: formOf(v)}
	token, err := ownToken(v)
	if err != nil {
		return shown, fail(err)
	}
	if shown.MayIssue = mayIssue(v.member); shown.MayIssue {
		all, err := v.scope.Subscriptions(v.Context())
		if err != nil {
			return shown, fail(err)
		}
		shown.Subscriptions = few(all)
	}
	if granted := v.member.License; isAssigned(granted) {
		left := granted.Expires.Sub(s.now())
		shown.License, shown.Left, shown.EndsSoon = granted, daysLeft(left), left < lastDays
	}
	shown.Verdicts = s.verdicts(v, token)
	return shown, nil
}

// lastDays is when it is time to think of the end of a license.
const lastDays = 7 * 24 * time.Hour

// daysLeft is a time in words, rounded up; empty for one that is over.
func daysLeft(left time.Duration) string {
	count, unit := int(math.Ceil(left.Hours()/24)), "day"
	switch {
	case left <= 0:
		return ""
	case left < 48*time.Hour:
		count, unit = int(math.Ceil(left.Hours())), "hour"
	}
	if count != 1 {
		unit += "s"
	}
	return strconv.Itoa(count) + " " + unit
}

// verdicts are what containers with the member's token would be told now.
func (s *Site) verdicts(v *visit, token *authority.Token) []verdict {
	own := license.Product{Name: license.ProductName, Version: version.Number}
	all := []verdict{s.verdict(v, token, own)}
	if all[0].ID != fault.LicenseRefused {
		return all
	}
	for _, product := range v.member.License.Products {
		if product.Version == "*" {
			product.Version = version.Number
		}
		all = append(all, s.verdict(v, token, product))
	}
	return all
}

// verdict is what a container with a product would be told now: by the decision of the licensing API, in the words of
// the failure table.
func (s *Site) verdict(v *visit, token *authority.Token, product license.Product) verdict {
	failed := licensing.Verdict(v.member.License, product, s.now())
	if token == nil {
		_, err := credential.Sources{}.Find()
		failed, _ = fault.Find(err)
	}
	if failed == nil {
		return verdict{Product: product}
	}
	failed = failed.With(fault.Facts{Server: v.base + "/v1"})
	if failed.Detail == "" {
		failed.Detail = token.Hint + " from " + credential.AuthTokenVariable
	}
	return verdict{Product: product, ID: failed.ID, Reason: report.Plain(report.Reason(failed))}
}

// ownToken is the token that a visitor passes to containers: their developer token, or else the newest of lstk; nil if
// there is none.
func ownToken(v *visit) (*authority.Token, error) {
	token, err := v.scope.DeveloperToken(v.Context(), v.member.ID)
	if err != nil || token != nil {
		return token, err
	}
	logins, err := v.scope.LoginTokens(v.Context(), v.member.ID, "")
	if err != nil || len(logins.Rows) == 0 {
		return nil, err
	}
	return &logins.Rows[0], nil
}

// issueLicense assigns a license to the member themselves.
func (s *Site) issueLicense(v *visit) *reply {
	_, err := v.scope.AssignLicense(v.Context(), v.member.ID, v.PostFormValue("subscription"))
	what := "license-issued"
	if token, unknown := ownToken(v); token == nil && unknown == nil {
		what = "license-issued-first"
	}
	return s.afterChange(v, err, what)
}

// returnLicense gives the license of the member back.
func (s *Site) returnLicense(v *visit) *reply {
	if !isAssigned(v.member.License) {
		return refuse(http.StatusConflict, "license.none", notice{
			Title: "You have no license", Text: "There is nothing to give back.",
			Link: myLicensePath, LinkText: "Back to My License",
		})
	}
	return s.afterChange(v, v.scope.UnassignLicense(v.Context(), v.member.ID), "license-returned")
}

func (s *Site) afterChange(v *visit, err error, what string) *reply {
	if err == nil {
		return redirectDone(myLicensePath, what)
	}
	shown, failure := s.myLicense(v)
	switch {
	case failure != nil:
		return failure
	case shown.refused(err, "subscription"):
		return unacceptable("mylicense", shown, "license.refused")
	}
	return fail(err)
}
