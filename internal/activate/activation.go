// Package activate obtains the license: online where the licensing server can be
// reached, otherwise by a document that an earlier start has stored. The rules
// are those of the licensing protocol, format "1".
package activate

import (
	"context"
	"net/http"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// Activation is one attempt to obtain the license.
type Activation struct {
	Config     config.Licensing
	Credential credential.Credential
	Product    license.Product
	Machine    license.Machine
	Transport  http.RoundTripper
	// Again is true for a restart in place.
	Again bool
	// Prepare, unless nil, sets Transport and Machine before the first request. A start without a request needs neither.
	Prepare func(context.Context, *Activation)
	// Anew, unless nil, makes the transport of each further attempt, which reads anew what may have come meanwhile:
	// resolv.conf, the hosts file, authorities.
	Anew func() http.RoundTripper
	// Begun, unless nil, is called when an attempt begins whose failure may end the start. It returns what is called
	// when the attempt has ended.
	Begun func() (ended func())
	Store *Store
	Log   *zap.Logger

	// dry keeps the activation from changing anything on disk, and free from
	// asking for a license, which may cost a credit.
	dry, free bool
	// insists is true to ask the server even if a stored license is enough.
	insists bool
	// isUnknown is whether the server does not know the document on disk.
	isUnknown bool
	// refusal is to be remembered.
	refusal *RefusalNote
	// answer is the last that a rehearsal got.
	answer *connect.Page
}

// Result is how a license was obtained.
type Result struct {
	// Document is the license; it has no ID when none was asked for.
	Document license.Document
	// Unasked is true when a stored license is enough and no request was sent.
	Unasked bool
	// Unreached is why the server was not reached, when a stored document is used instead; else nil.
	Unreached *fault.Error
	// Answer is the last answer to a rehearsal; nil when there was none.
	Answer *connect.Page
}
