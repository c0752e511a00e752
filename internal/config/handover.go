package config

import (
	"slices"
	"strconv"
	"strings"

	"localstack-entrypoint/internal/credential"
)

// The variables that tell the emulator what was decided.
const (
	activatePro   = "ACTIVATE_PRO"
	proActivated  = "PRO_ACTIVATED"
	supervisorPID = "SUPERVISOR_PID"
)

// credentials are the variables that a credential may be in.
var credentials = [...]string{credential.AuthTokenVariable, credential.APIKeyVariable, credential.OverrideVariable}

// Handover is what was decided, for the emulator's environment.
type Handover struct {
	// Pro is the credential of an activated license; nil without pro features.
	Pro *credential.Credential
	// IsCredential reports whether a value is a credential, which does not reach an emulator without
	// pro features in any variable. It may be nil.
	IsCredential func(value string) bool
	// Supervisor is the ID of the process that restarts the emulator on SIGUSR1; 0 for none.
	Supervisor int
}

// ForEmulator is the environment that the emulator is given. Of the credential's variables it has those of the
// credential that was activated, and no others. What the user calls API_KEY or AUTH_TOKEN is the user's own, unless
// the prefix rule has made it.
func (e Environ) ForEmulator(h Handover) []string {
	child := e.Clone()
	child.Entries = child.Entries[:0]
	for _, entry := range e.Entries {
		if entry, kept := e.keep(entry, h); kept {
			child.Entries = append(child.Entries, entry)
		}
	}
	child.at = positions(child.Entries)
	if h.Pro == nil {
		child.Set(activatePro, "0")
	} else {
		child.Set(proActivated, "1")
		child.hand(e, h.Pro.Variable, h.Pro.Reveal())
		if h.Pro.IsOverride() { // images for offline use read this one
			child.hand(e, h.Pro.Origin, h.Pro.Reveal())
		}
	}
	if h.Supervisor > 0 {
		child.Set(supervisorPID, strconv.Itoa(h.Supervisor))
	}
	return child.Entries
}

// keep returns the entry as the emulator gets it, and whether it gets it at all.
func (e Environ) keep(entry string, h Handover) (kept string, isKept bool) {
	name, value, isVariable := strings.Cut(entry, "=")
	if !isVariable {
		value = entry
	}
	switch plain, times := plainName(name); {
	case plain == proActivated, plain == supervisorPID, plain == activatePro && h.Pro == nil:
		return "", false
	case isOfCredential(plain) && (times > 0 || strings.HasSuffix(name, credential.FileSuffix)):
		return "", false
	case isOfCredential(name) && e.isMade(name):
		own, isOwn := e.given(name)
		if !isOwn || own == value {
			return "", false
		}
		entry, value = name+"="+own, own
	}
	return entry, h.Pro != nil || h.IsCredential == nil || !h.IsCredential(value)
}

// hand sets the variable of a credential, and its copy by the prefix rule unless the user has set that one.
func (e *Environ) hand(before Environ, variable, value string) {
	e.Set(variable, value)
	short := strings.TrimPrefix(variable, prefix)
	if _, isOwn := e.Lookup(short); !isOwn || before.isMade(short) {
		e.Set(short, value)
	}
}

// isMade reports whether the prefix rule has set the variable of this name.
func (e Environ) isMade(name string) bool {
	_, isPrefixed := e.Lookup(prefix + name)
	return isPrefixed && isUnprefixed(name) && !hijacks(name)
}

// given is the value of a variable in the environment that this process was started with.
func (e Environ) given(name string) (value string, found bool) {
	for _, entry := range e.Given {
		if value, found = strings.CutPrefix(entry, name+"="); found {
			return value, true
		}
	}
	return "", false
}

// plainName is name in upper case without its prefixes, and how many it had: whatever the emulator starts may apply
// the prefix rule again.
func plainName(name string) (plain string, times int) {
	plain = strings.ToUpper(strings.TrimSpace(name))
	for strings.HasPrefix(plain, prefix) {
		plain = strings.TrimPrefix(plain, prefix)
		times++
	}
	return plain, times
}

// isOfCredential reports whether the prefix rule makes name of a credential's variable, or of that of its file.
func isOfCredential(name string) bool {
	return slices.Contains(credentials[:], prefix+strings.TrimSuffix(name, credential.FileSuffix))
}
