package activate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
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

// granted is what the license server gives.
type granted struct {
	document license.Document
	// path is that of the document on disk that was activated, "" for a new one.
	path string
	// date is the server's clock, zero when it does not say.
	date time.Time
}

// post sends a request of the licensing protocol; licenseID is that of a document on disk, "" for none.
// The error is a [fault.Error] with the server's URL; errVerdict in its chain tells a refusal from a server
// that was not reached.
func (a *Activation) post(ctx context.Context, path, licenseID string) (granted, error) {
	began := time.Now()
	got, err := a.exchange(ctx, path, licenseID)
	if err == nil {
		return got, nil
	}
	facts := fault.Facts{Server: a.Config.Endpoint.String()}
	failed := connect.Fault(a.Config.Endpoint.Hostname(), err)
	if failed.ID == fault.NetworkTimeout {
		facts.Waited = time.Since(began)
	}
	if failed.Detail == "" {
		failed = fault.Wrap(err, failed.ID, "%s from %s", a.Credential, a.Credential.Origin)
	}
	return granted{}, failed.With(facts)
}

// exchange is post without the facts that only we know. It follows no redirect: a license server sends
// none, and a token must not be led elsewhere.
func (a *Activation) exchange(ctx context.Context, path, licenseID string) (granted, error) {
	ctx, cancel := context.WithTimeout(ctx, a.Config.AttemptTimeout.Duration())
	defer cancel()
	request, err := a.request(ctx, path, licenseID)
	if err != nil {
		return granted{}, err
	}
	response, err := a.Transport.RoundTrip(request)
	if err != nil {
		return granted{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return granted{}, cmp.Or(ctx.Err(), err)
	}
	document, failed := readAnswer(response, content, a.Credential.Reveal())
	if failed != nil {
		return granted{}, failed
	}
	date, _ := http.ParseTime(response.Header.Get("Date"))
	return granted{document: document, date: date}, nil
}

func (a *Activation) request(ctx context.Context, path, licenseID string) (*http.Request, error) {
	credentials := license.Credentials{Type: license.APIKey, Token: a.Credential.Reveal()}
	if a.Credential.IsAuthToken() {
		credentials.Type = license.AuthToken
	}
	body, err := json.Marshal(license.Request{
		LicenseID: licenseID, Credentials: credentials, Product: a.Product, Machine: a.Machine,
	})
	if err != nil {
		return nil, err
	}
	url := a.Config.Endpoint.JoinPath(path).String()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "localstack-entrypoint")
	return request, nil
}
