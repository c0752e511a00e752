package activate

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// The requests of the licensing protocol.
const (
	pathActivate = "license/activate"
	pathRequest  = "license/request"
)

// granted is what the licensing server gives.
type granted struct {
	document license.Document
	// path is that of the document on disk that was activated, "" for a new one.
	path string
	// date is the server's clock, zero when it does not say.
	date time.Time
}

// post sends a request of the licensing protocol; licenseID is that of a document on disk, "" for none.
// The error is a [fault.Error] with the server's URL; license.ErrVerdict in its chain means that the server
// has refused; without it, the server was not reached.
func (a *Activation) post(ctx context.Context, path, licenseID string) (granted, error) {
	got, err := a.exchange(ctx, path, licenseID)
	if err == nil {
		return got, nil
	}
	facts := fault.Facts{Server: a.Config.Endpoint.String(), Host: a.Config.Endpoint.Hostname()}
	failed := connect.Fault(a.Config.Endpoint.Hostname(), err)
	if failed.Detail == "" {
		failed = fault.Wrap(err, failed.ID, "%s from %s", a.Credential, a.Credential.Origin)
	}
	return granted{}, failed.With(facts)
}

// exchange is post without the facts that only we know.
func (a *Activation) exchange(ctx context.Context, path, licenseID string) (granted, error) {
	ctx, cancel := context.WithTimeout(ctx, a.Config.AttemptTimeout.Duration())
	defer cancel()
	credentials := license.Credentials{Type: license.APIKey, Token: a.Credential.Reveal()}
	if a.Credential.IsAuthToken() {
		credentials.Type = license.AuthToken
	}
	body, err := json.Marshal(license.Request{
		LicenseID: licenseID, Credentials: credentials, Product: a.Product, Machine: a.Machine,
	})
	if err != nil {
		return granted{}, err
	}
	url := a.Config.Endpoint.JoinPath(path).String()
	//nolint:bodyclose // Post has closed it.
	response, content, err := connect.Post(ctx, a.Transport, url, body, maxAnswer+1)
	if a.dry && response != nil && (err == nil || saysAll(response.StatusCode)) {
		page := connect.ReadPage(response, content, a.Credential.Reveal())
		a.answer = &page
	}
	switch {
	case err == nil:
	case response != nil && saysAll(response.StatusCode): // the rest of it does not matter
	default:
		return granted{}, connect.Fault(a.Config.Endpoint.Hostname(), err).With(fault.Facts{Answered: response != nil})
	}
	document, failed := readAnswer(response, content, a.Credential.Reveal())
	if failed != nil {
		return granted{}, failed
	}
	date, _ := http.ParseTime(response.Header.Get("Date"))
	return granted{document: document, date: date}, nil
}
