package web

import "localstack-entrypoint/internal/credential"

// madeToken is the one answer that shows a token: the one to the form that made it.
type madeToken struct {
	// Title says what it is, and Done what has happened.
	Title, Done string
	Secret      credential.Secret
	// IsCI says that it is for a pipeline, not for a terminal.
	IsCI bool
	// Lines are what to do with it, to copy.
	Lines string
	// Missing says what the token lacks to activate, and leads to it; nil for nothing.
	Missing *notice
	// Page is where the token is listed.
	Page notice
}

// endsOld is what happens with a token that is replaced or revoked.
const endsOld = "is refused from now on; containers that run go on until their next activation."
