package licensing

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// versionDetail completes [license.MessageFormat]. It does not repeat the version:
// no refusal contains what a client sent.
const versionDetail = "the version must be MAJOR.MINOR.PATCH"

// maxVersion bounds the version that a document repeats; real ones have up to 30 characters.
const maxVersion = 64

// decide returns what a client that asks for a product gets for a license, which may be nil: the document, not yet
// signed, or the reason why there is none.
func decide(
	granted *authority.License, asking license.Product, now time.Time, reactivateAfter time.Duration,
) (license.Document, *api.Answer) {
	if granted == nil || !granted.Assigned {
		return license.Document{}, api.Refuse(http.StatusBadRequest, license.MessageNotFound)
	}
	if refusal := refusal(granted, asking); refusal != nil {
		return license.Document{}, refusal
	}
	return documentOf(granted, asking, now, reactivateAfter), nil
}

// Verdict is why a container with a product does not start now if its token has a license, which may be nil: what the
// client makes of the answer that the routes give it. It is nil if the container starts.
func Verdict(granted *authority.License, asking license.Product, now time.Time) *fault.Error {
	document, refused := decide(granted, asking, now, DefaultReactivateAfter)
	if refused != nil {
		return license.Refusal(refused.Message())
	}
	return document.Check(now, asking)
}

// refusal is the reason why an assigned license cannot be used for product; nil
// when it can. The license is checked before the version, so that a client with
// a version such as "latest" learns that its license has expired.
func refusal(l *authority.License, product license.Product) *api.Answer {
	switch {
	case l.Status == license.StatusExpired:
		return api.Refuse(http.StatusForbidden, license.MessageExpired)
	case l.Status != license.StatusActive:
		return api.Refuse(http.StatusForbidden, license.MessageInvalidStatus+":"+l.Status)
	case !isRunning(product.Version):
		return api.Refuse(http.StatusBadRequest, license.MessageFormat+":"+versionDetail)
	case !license.Document{Products: l.Products}.Covers(product):
		return api.Refuse(http.StatusBadRequest, license.MessageActivation)
	}
	return nil
}

// isRunning reports whether version can be that of a running product, which its document repeats.
func isRunning(version string) bool {
	major, minor, both := strings.Cut(license.MajorMinor(version), ".")
	return both && isNumber(major) && isNumber(minor) &&
		len(version) <= maxVersion && !strings.ContainsFunc(version, isStrange)
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// isStrange reports whether a rune is in no version.
func isStrange(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-+", r)
}

// documentOf is the license as a document for the product of the request, not yet signed. It is made for LocalStack's
// own client, which fails on an unknown top-level field and on a null in reactivate_after, and which sends another
// request if its version is not that of offline_data or of the first product.
func documentOf(
	l *authority.License, asking license.Product, now time.Time, reactivateAfter time.Duration,
) license.Document {
	issued := license.Time{Time: now.UTC()}
	return license.Document{
		ID:              l.ID,
		Format:          license.Format,
		Type:            l.Plan,
		Status:          l.Status,
		Issued:          issued,
		Expires:         license.Time{Time: l.Expires},
		LastActivated:   &license.Time{Time: issued.Time},
		ReactivateAfter: &license.Time{Time: issued.Add(reactivateAfter)},
		Products:        coveringFirst(l.Products, asking),
		Offline:         license.Offline{Version: asking.Version},
	}
}

// coveringFirst returns products with those first that cover the product of the request. The signature does not depend
// on the order.
func coveringFirst(products []license.Product, asking license.Product) []license.Product {
	covers := func(p license.Product) bool {
		return license.Document{Products: []license.Product{p}}.Covers(asking)
	}
	rest := slices.DeleteFunc(slices.Clone(products), covers)
	return append(slices.DeleteFunc(slices.Clone(products), func(p license.Product) bool { return !covers(p) }), rest...)
}
