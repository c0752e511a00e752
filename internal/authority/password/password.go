// Package password hashes passwords with argon2id (RFC 9106) and checks them.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"localstack-entrypoint/internal/credential"
)

const (
	// atOnce is how many hashes are computed at the same time. Each takes 19 MiB and a processor.
	atOnce = 2
	// maxWait is how long a hash waits for its turn. Whoever asks for it has other things to do after that, in time.
	maxWait = 3 * time.Second
)

// ErrBusy says that too many passwords are being checked. Try again after [RetryAfter].
var ErrBusy = errors.New("too many passwords are being checked; try again in a few seconds")

// RetryAfter is when to try again after [ErrBusy].
const RetryAfter = 5 * time.Second

// Hasher computes and checks hashes, a few at a time; a process has one. It is safe for concurrent use.
type Hasher struct{ slots chan struct{} }

// New returns a Hasher.
func New() *Hasher { return &Hasher{slots: make(chan struct{}, atOnce)} }

// Hash returns the PHC string of a new hash of the password. It waits for its turn for some seconds, or until ctx
// ends; the error is then [ErrBusy]. The caller has checked the password with [Check].
func (h *Hasher) Hash(ctx context.Context, password credential.Secret) (string, error) {
	made := stored{parameters: current, salt: make([]byte, current.saltLen)}
	_, _ = rand.Read(made.salt) // cannot fail: it ends the program instead
	var err error
	if made.hash, err = h.derive(ctx, password.Reveal(), made); err != nil {
		return "", fmt.Errorf("cannot hash the password: %w", err)
	}
	return made.String(), nil
}

// Verdict is the result of a check.
type Verdict struct {
	// Right reports whether the password is that of the hash.
	Right bool
	// Outdated reports whether the hash has other parameters than a new one would have: hash the password again.
	Outdated bool
}

// Verify checks a password against the PHC string of a hash. Where there is none (phc is "", the account is unknown
// or has no password), it takes as long, and the password is wrong. It waits for its turn as Hash does. An error that
// is not [ErrBusy] says that phc is damaged.
func (h *Hasher) Verify(ctx context.Context, phc string, password credential.Secret) (Verdict, error) {
	against := stored{parameters: current, salt: make([]byte, current.saltLen)}
	if phc != "" {
		var err error
		if against, err = parse(phc); err != nil {
			return Verdict{}, fmt.Errorf("cannot read the stored hash of the password: %w", err)
		}
	}
	text := password.Reveal()
	mayBeRight := phc != "" && len(text) <= MaxBytes && utf8.ValidString(text)
	if !mayBeRight {
		text = ""
	}
	hash, err := h.derive(ctx, text, against)
	if err != nil {
		return Verdict{}, fmt.Errorf("cannot check the password: %w", err)
	}
	same := subtle.ConstantTimeCompare(hash, against.hash) == 1
	return Verdict{Right: mayBeRight && same, Outdated: against.parameters != current}, nil
}

// derive computes the hash of a text with the salt and the parameters of like.
func (h *Hasher) derive(ctx context.Context, text string, like stored) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	if ctx.Err() != nil {
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ErrBusy
	}
	defer func() { <-h.slots }()
	hash := argon2.IDKey([]byte(normal(text)), like.salt, like.passes, like.memory, like.lanes, uint32(like.hashLen))
	// Else the garbage of several hashes stays until the next collection: under many logins, 150 MiB instead of 80.
	runtime.GC()
	return hash, nil
}
