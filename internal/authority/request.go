package authority

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

// maxBody is the longest request body in bytes; real ones have about 400.
const maxBody = 64 << 10

// ask is a request for a license whose credential is well formed.
type ask struct {
	LicenseID  string
	Product    license.Product
	credential credential.Credential
}

// readAsk reads the body of a request, in the container's shape or in lstk's.
// The answer is nil unless the body is refused.
func readAsk(r *http.Request) (ask, *answer) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return ask{}, refuse(http.StatusRequestEntityTooLarge, messageTooLarge)
		}
		return ask{}, refuse(http.StatusBadRequest, messageBody)
	}
	var body struct {
		license.Request
		// The machine is not judged, so nothing in it can be wrong: this
		// field hides the one of license.Request, whose shape it ignores.
		Machine json.RawMessage `json:"machine"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		// err may quote the body, which holds a token.
		return ask{}, refuse(http.StatusBadRequest, messageBody)
	}
	read, ok := readCredential(body.Credentials)
	if !ok {
		return ask{}, refuse(http.StatusBadRequest, license.MessageCredentialsFormat).to(credential.Mask(body.Credentials.Token))
	}
	return ask{LicenseID: body.LicenseID, Product: body.Product, credential: read}, nil
}

// readCredential checks the form of a credential. lstk sends none but auth
// tokens and names no type.
func readCredential(sent license.Credentials) (credential.Credential, bool) {
	var from credential.Sources
	switch sent.Type {
	case license.AuthToken, "":
		from.AuthToken = credential.NewSecret(sent.Token)
	case license.APIKey:
		from.APIKey = credential.NewSecret(sent.Token)
	default:
		return credential.Credential{}, false
	}
	read, err := credential.Read(from)
	// The document is signed with the credential, so a client that sent it
	// with blanks around it could not verify what it gets.
	return read, err == nil && read.IsSet() && read.Reveal() == sent.Token
}
