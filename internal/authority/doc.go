// Package authority is the store and the rules of a self-hosted license authority: workspaces, members, subscriptions,
// licenses, tokens, sessions, and the audit log. The packages below it answer requests.
//
// It does not license LocalStack's own images: their Pro packages are encrypted, and only
// LocalStack's server issues the license_secret that opens them. A document of this
// authority never has one.
//
// The store keeps only the HMAC-SHA256 of a secret, and the key of that in a file
// of its own. No error contains a secret.
package authority
