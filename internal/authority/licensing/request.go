package licensing

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"

	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

// request asks for a license. Its credential is well formed.
type request struct {
	LicenseID  string
	Product    license.Product
	credential credential.Credential
	machine    string // a name for the list of uses; may be empty
}

// readRequest reads the body of a request, in the container's shape or in lstk's.
// The answer is nil unless the body is refused.
func readRequest(r *http.Request) (request, *api.Answer) {
	var body struct {
		license.Request
		// Hides the field of license.Request: a machine of any shape is accepted.
		Machine json.RawMessage `json:"machine"`
	}
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(raw, &body)
	}
	if err != nil {
		// err may quote the body, which holds a token. lstk would take a 400 for a verdict.
		return request{}, api.Refuse(http.StatusUnprocessableEntity, api.MessageBody)
	}
	read, ok := readCredential(body.Credentials)
	if !ok {
		refusal := api.Refuse(http.StatusBadRequest, license.MessageCredentialsFormat)
		return request{}, refusal.To(credential.Mask(body.Credentials.Token))
	}
	return request{
		LicenseID: body.LicenseID, Product: body.Product, credential: read, machine: machineName(body.Machine),
	}, nil
}

// machineName is the ID of a container's machine, or the name of lstk's; empty where there is neither.
func machineName(raw json.RawMessage) string {
	var machine license.Machine
	_ = json.Unmarshal(raw, &machine) // what cannot be read has no name
	return cmp.Or(machine.ID, machine.Hostname)
}

// readCredential checks the form of a credential. lstk sends auth tokens only, and
// no type.
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
	// The document is signed with the trimmed credential: a client that sent blanks
	// around it could not verify the signature.
	return read, err == nil && read.IsSet() && read.Reveal() == sent.Token
}
