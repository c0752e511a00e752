package conformance

import (
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

// Lines that both clients share.
const (
	cached     = "Successfully activated cached license <id>:pro from /var/lib/localstack/cache/license.json"
	activated  = "Successfully activated license <id>:pro"
	unreached  = cached + " offline, until <time>"
	newLicense = "Successfully requested and activated new license <id>:pro"

	unreachable = "Could not reach the LocalStack licensing server at <server>/v1. " +
		"Please make sure outbound HTTPS traffic is allowed"
)

// What stands in the server's place.
const (
	page    = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome to this network</body></html>"
	tooMany = `{"error":true,"message":"` + license.MessageRateLimited + `"}`
)

// stale lets 25 hours go by.
func stale(r *licenseRoom) { r.rewrite(aged) }

// aged makes a document 25 hours older.
func aged(d *license.Document) {
	d.Issued.Time, d.ReactivateAfter.Time = d.Issued.Add(-25*time.Hour), d.ReactivateAfter.Add(-25*time.Hour)
}

func both(changes ...func(*licenseRoom)) func(*licenseRoom) {
	return func(r *licenseRoom) {
		for _, change := range changes {
			change(r)
		}
	}
}

func suspended(r *licenseRoom) { r.must(r.SetStatus(r.Context(), r.id, license.StatusSuspended)) }

func unassigned(r *licenseRoom) { r.must(r.Unassign(r.Context(), r.id)) }

func revoked(r *licenseRoom) { r.must(r.RevokeToken(r.Context(), r.id)) }

func expired(r *licenseRoom) {
	yesterday := time.Now().Add(-24 * time.Hour)
	r.must(r.Expire(r.Context(), r.id, yesterday))
	stale(r)
	r.rewrite(func(d *license.Document) { d.Expires.Time = yesterday })
}

func withAnotherToken(r *licenseRoom) {
	other, _ := r.Token(authority.NewToken{Kind: authority.Developer})
	r.set(credential.AuthTokenVariable, other)
}

func removed(r *licenseRoom) { r.must(os.Remove(r.document())) }

// offline stops whatever listens at API_ENDPOINT.
func offline(r *licenseRoom) {
	r.URL = "http://127.0.0.1:1/v1"
	r.set("API_ENDPOINT", r.URL)
}

// lost takes the database from the running authority.
func lost(r *licenseRoom) { r.must(r.Close()) }

// answering is another server, or a middlebox, in the authority's place.
func answering(status int, kind, body string) func(*licenseRoom) {
	return func(r *licenseRoom) {
		r.Answer(r.noting(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})))
	}
}

func licenseCases() []licenseCase {
	return []licenseCase{{
		name:        "valid",
		ours:        activation{activated, 0, "activate 200", "written"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "valid, CI token", kind: authority.CI,
		ours:        activation{cached, 0, "", "kept"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "valid, override", since: func(r *licenseRoom) {
			r.set(credential.OverrideVariable, r.secret)
			withAnotherToken(r)
		},
		ours: activation{cached, 0, "", "kept"},
		// This client does not know the variable, which is one of offline images.
		localstacks: activation{newLicense, 0, "request 200", "written"},
	}, {
		name: "valid, API key", kind: authority.APIKey,
		ours:        activation{activated, 0, "activate 200", "written"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "stale", since: stale,
		ours:        activation{activated, 0, "activate 200", "written"},
		localstacks: activation{activated, 0, "activate 200", "written"},
	}, {
		name: "stale, CI token", kind: authority.CI, since: stale,
		ours:        activation{activated, 0, "activate 200", "written"},
		localstacks: activation{activated, 0, "activate 200", "written"},
	}, {
		name: "expired", since: expired,
		ours:        activation{"Your license has expired", 55, "activate 403 license.expired", "removed"},
		localstacks: activation{"The license has expired.", 0, "request 403 license.expired", "kept"},
	}, {
		name: "valid, suspended since", since: suspended,
		ours: activation{"Your license is not active: the licensing server reports the status SUSPENDED.", 55,
			"activate 403 license.invalid_status:SUSPENDED", "removed"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "stale, suspended since", since: both(stale, suspended),
		ours: activation{"Your license is not active: the licensing server reports the status SUSPENDED.", 55,
			"activate 403 license.invalid_status:SUSPENDED", "removed"},
		localstacks: activation{"Expected license to be ACTIVE, was SUSPENDED", 0,
			"activate 403 license.invalid_status:SUSPENDED, request 403 license.invalid_status:SUSPENDED", "kept"},
	}, {
		name: "valid, unassigned since", since: unassigned,
		ours: activation{"The licensing server accepted your credentials", 55,
			"activate 400 license.not_found, request 400 license.not_found", "removed"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "stale, unassigned since", since: both(stale, unassigned),
		ours: activation{"The licensing server accepted your credentials", 55,
			"activate 400 license.not_found, request 400 license.not_found", "removed"},
		localstacks: activation{"The license with the given ID was not found.", 0,
			"activate 400 license.not_found, request 400 license.not_found", "kept"},
	}, {
		name: "stale, token revoked since", since: both(stale, revoked),
		ours: activation{"The credentials defined in your environment are invalid.", 55,
			"activate 403 credentials.invalid", "removed"},
		localstacks: activation{"The credentials defined in your environment are invalid.", 0,
			"activate 403 credentials.invalid, request 403 credentials.invalid", "kept"},
	}, {
		name: "of another version", since: func(r *licenseRoom) {
			r.rewrite(func(d *license.Document) { d.Offline.Version = "2026.7.9" })
		},
		ours:        activation{activated, 0, "activate 200", "written"},
		localstacks: activation{newLicense, 0, "request 200", "written"},
	}, {
		name: "of this version's other patch", since: func(r *licenseRoom) {
			r.rewrite(func(d *license.Document) { d.Offline.Version = "2026.8.9" })
		},
		ours:        activation{activated, 0, "activate 200", "written"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "of another credential", since: withAnotherToken,
		ours:        activation{newLicense, 0, "activate 400 license.not_found, request 200", "written"},
		localstacks: activation{newLicense, 0, "request 200", "written"},
	}, {
		name: "altered", since: func(r *licenseRoom) {
			altered := strings.Replace(r.stored(), `"pro"`, `"enterprise"`, 1)
			r.must(os.WriteFile(r.document(), []byte(altered), 0o644))
		},
		ours:        activation{activated, 0, "activate 200", "written"},
		localstacks: activation{newLicense, 0, "request 200", "written"},
	}, {
		name: "cut off", since: func(r *licenseRoom) { r.must(os.Truncate(r.document(), 100)) },
		ours:        activation{newLicense, 0, "request 200", "written"},
		localstacks: activation{newLicense, 0, "request 200", "written"},
	}, {
		name: "valid, offline", since: offline,
		ours:        activation{unreached, 0, "", "kept"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "stale, offline", since: both(stale, offline),
		ours:        activation{"Could not reach the LocalStack licensing server at <server>/v1", 55, "", "kept"},
		localstacks: activation{unreachable, 0, "", "kept"},
	}, {
		name: "valid, the server has lost its data", since: lost,
		ours:        activation{unreached, 0, "activate 500 server.internal: internal error", "kept"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "stale, the server has lost its data", since: both(stale, lost),
		ours: activation{"The LocalStack licensing server at <server>/v1 failed: it answered with status 500, request <n>.",
			55, "activate 500 server.internal: internal error", "kept"},
		localstacks: activation{"Unexpected license server error", 0,
			"activate 500 server.internal: internal error, request 500 server.internal: internal error", "kept"},
	}, {
		name: "valid, a page instead of the server", since: answering(200, "text/html", page),
		ours:        activation{unreached, 0, "activate 200", "kept"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "stale, a page instead of the server", since: both(stale, answering(200, "text/html", page)),
		ours: activation{"Could not reach the LocalStack licensing server at <server>/v1", 55,
			"activate 200", "kept"},
		localstacks: activation{"could not de-serialize json license", 0, "activate 200, request 200", "kept"},
	}, {
		name: "valid, an empty 403", since: answering(403, "text/plain", ""),
		ours:        activation{unreached, 0, "activate 403", "kept"},
		localstacks: activation{cached, 0, "", "kept"},
	}, {
		name: "stale, too many requests", since: both(stale, answering(429, "application/json", tooMany)),
		ours: activation{"The LocalStack licensing server at <server>/v1 limited the requests", 55,
			"activate 429 rate_limited", "kept"},
		localstacks: activation{"Unexpected license server error", 0,
			"activate 429 rate_limited, request 429 rate_limited", "kept"},
	}, {
		name: "none, offline", since: both(removed, offline),
		ours:        activation{"Could not reach the LocalStack licensing server at <server>/v1", 55, "", "none"},
		localstacks: activation{unreachable, 0, "", "none"},
	}, {
		name: "none", since: removed,
		ours:        activation{newLicense, 0, "request 200", "written"},
		localstacks: activation{newLicense, 0, "request 200", "written"},
	}}
}
