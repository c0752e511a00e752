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

// runsOn says what becomes of containers with a token that is no longer good. A renewal that is refused does not stop
// what runs.
func runsOn(token string) string {
	return "Containers that run go on; the next start with " + token + " is refused."
}

// runsOnCI says the same of a CI key. A start with one sends no request while a good license is stored in its volume.
func runsOnCI(key string) string {
	return "Containers that run go on; the next start with " + key + " is refused, unless a good license is stored " +
		"in its volume."
}
