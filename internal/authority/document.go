package authority

import (
	"net/http"
	"time"

	"localstack-entrypoint/internal/license"
)

// versionDetail completes [license.MessageFormat]. It does not repeat the version:
// no answer contains what a client sent.
const versionDetail = "the version must be MAJOR.MINOR.PATCH"

// refusal is the reason why an assigned license cannot be used for product; nil
// when it can. The license is checked before the version, so that a client with
// a version such as "latest" learns that its license has expired.
func (l *License) refusal(product license.Product) *answer {
	switch {
	case l.Status == license.StatusExpired:
		return refuse(http.StatusForbidden, license.MessageExpired)
	case l.Status != license.StatusActive:
		return refuse(http.StatusForbidden, license.MessageInvalidStatus+":"+l.Status)
	case !isVersion(product.Version):
		return refuse(http.StatusBadRequest, license.MessageFormat+":"+versionDetail)
	case !license.Document{Products: l.Products}.Covers(product):
		return refuse(http.StatusBadRequest, license.MessageActivation)
	}
	return nil
}

// document is the license as a document, not yet signed.
func (l *License) document(now time.Time, reactivateAfter time.Duration) license.Document {
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
		Products:        l.Products,
	}
}
