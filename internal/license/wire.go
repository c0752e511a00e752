// Package license knows what a license is: the wire types of the licensing
// protocol, the document with its signature, and the pure rules for judging
// one. It opens no file and no connection. The protocol is the public one of
// LocalStack's licensing API, format "1".
package license

import (
	"fmt"
	"io"
)

// Credential types of a request.
const (
	AuthToken = "licensing-auth-token"
	APIKey    = "licensing-api-key"
)

// ProductName is the product that the image is licensed as.
const ProductName = "localstack-pro"

// Request is the body of POST {base}/license/request and {base}/license/activate.
type Request struct {
	// LicenseID is the id of the license on disk; only for activate.
	LicenseID   string      `json:"license_id,omitempty"`
	Credentials Credentials `json:"credentials"`
	Product     Product     `json:"product"`
	Machine     Machine     `json:"machine"`
}

// Credentials is a token on its way to the server: the one place where a
// token leaves its own type. Printing it shows no secret.
type Credentials struct {
	// Type is AuthToken or APIKey; some clients leave it out.
	Type  string `json:"type,omitempty"`
	Token string `json:"token"`
}

// Format hides the token from every verb and flag.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "****") }

// Product is a product and a version of it: in a request the running one, in
// a document one that the license covers, where Name may be a shell-style
// pattern and Version may be "*".
type Product struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Machine describes the asking machine. The container sends ID, CLI, CI and
// System; the lstk command line sends the other three.
type Machine struct {
	ID     string `json:"id,omitempty"`
	CLI    bool   `json:"cli"`
	CI     bool   `json:"ci"`
	System string `json:"system,omitempty"`

	Hostname        string `json:"hostname,omitempty"`
	Platform        string `json:"platform,omitempty"`
	PlatformRelease string `json:"platform_release,omitempty"`
}

// Message codes of the server's refusals. InvalidStatus is followed by a colon
// and a status, Format by a colon and a detail.
const (
	MessagePrefix             = "licensing."
	MessageCredentialsFormat  = "licensing.credentials.format"
	MessageCredentialsInvalid = "licensing.credentials.invalid"
	MessageNotFound           = "licensing.license.not_found"
	MessageExpired            = "licensing.license.expired"
	MessageInvalidStatus      = "licensing.license.invalid_status"
	MessageFormat             = "licensing.license.format"
	MessageActivation         = "licensing.activation_error"
	MessageRateLimited        = "licensing.rate_limited"
)

// ErrorBody is the JSON body of every answer that is not a document.
type ErrorBody struct {
	Error   bool   `json:"error"`
	Message string `json:"message"`
}
