package licensing_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/license"
)

// FuzzRequestBody sends any body: the answer is a document or a refusal, and
// never the server's fault.
func FuzzRequestBody(f *testing.F) {
	store, err := authority.Open(f.Context(), authority.Source{Dir: f.TempDir(), Create: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = store.Close() })
	_, secret, err := store.CreateToken(f.Context(), authority.NewToken{Kind: authority.Developer})
	if err != nil {
		f.Fatal(err)
	}
	// The corpus must not depend on the token, which is another in each run.
	const placeholder = "TOKEN"
	for _, body := range []string{
		`{"credentials":{"type":"licensing-auth-token","token":"TOKEN"},` +
			`"product":{"name":"localstack-pro","version":"4.14.0"}}`,
		`{"credentials":{"token":"TOKEN"},"product":{"name":"localstack-pro","version":"latest"},"machine":{"hostname":"h"}}`,
		`{"license_id":"x","credentials":{"type":"licensing-api-key","token":"TOKEN"},"product":{"name":"[","version":"."}}`,
		`{"credentials":{"token":"\u0000\ud800"},"product":null,"machine":7}`,
		`{"credentials":null}`, `null`, `[]`, `"`, ``, `{"a":{"a":{"a":[[[[`,
	} {
		f.Add(body, true)
		f.Add(body, false)
	}
	handler := server.New(store, server.Options{})
	f.Fuzz(func(t *testing.T, body string, activate bool) {
		path := requestPath
		if activate {
			path = activatePath
		}
		body = strings.ReplaceAll(body, placeholder, secret.Reveal())
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
		switch {
		case recorder.Code >= 500:
			t.Errorf("%q is answered with %d %s", body, recorder.Code, recorder.Body)
		case strings.Contains(recorder.Body.String(), secret.Reveal()):
			t.Errorf("%q is answered with the token in it", body)
		case recorder.Code == http.StatusOK:
			if document, err := license.Parse(recorder.Body.Bytes()); err != nil || !document.SignedWith(secret.Reveal()) {
				t.Errorf("%q is answered with an unusable document: %v", body, err)
			}
		}
	})
}
