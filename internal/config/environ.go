package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"localstack-entrypoint/internal/proxy"
)

// Environ is an environment as a process is given it, after the prefix rule.
type Environ struct {
	// Given are the entries as the process was given them.
	Given []string
	// Entries are NAME=VALUE.
	Entries []string
	// Warnings are what is odd, but no reason not to start, a sentence each; NetworkWarnings those about
	// the way to the licensing server.
	Warnings, NetworkWarnings []string
	// at is the entry of each variable.
	at map[string]int
	// proxies are the variables that decide about proxies.
	proxies []proxy.Variable
}

const prefix = "LOCALSTACK_"

// hijackers are names that change how programs run rather than what LocalStack
// does. LOCALSTACK_PATH must not replace PATH.
var hijackers = []string{
	"PATH", "HOME", "IFS", "ENV", "PS4", "CDPATH", "SHELL", "PWD",
	"UID", "EUID", "PPID", "SHELLOPTS", "BASHOPTS",
	"GCONV_PATH", "GLIBC_TUNABLES", "NODE_OPTIONS", "PERL5LIB", "PERL5OPT", "RUBYOPT", "RUBYLIB",
}

var hijackerPrefixes = []string{"LD_", "PYTHON", "BASH_"}

// unprefix applies the image's prefix rule: LOCALSTACK_X also sets X and
// wins over it, even when it is empty. Excepted are LOCALSTACK_HOST…, names
// with a digit after the prefix, and what is no variable name in a shell. No
// name and no value can break the start: a name that would hijack programs is
// left as it is, with a warning. Values pass byte for byte.
func unprefix(environ []string) Environ {
	out := Environ{Given: environ, Entries: slices.Clone(environ), at: positions(environ)}
	for _, entry := range environ {
		name, value, isVariable := strings.Cut(entry, "=")
		short, prefixed := strings.CutPrefix(name, prefix)
		switch {
		case !isVariable || !prefixed || !isUnprefixed(short):
		case hijacks(short):
			out.warn(
				"%.60s does not set %.60s, because %.60[2]s changes how programs run; set %.60[2]s itself if you want that",
				name, short)
		default:
			out.Set(short, value)
		}
	}
	out.proxies = out.proxyVariables()
	return out
}

func (e *Environ) warn(format string, args ...any) {
	e.Warnings = append(e.Warnings, fmt.Sprintf(format, args...))
}

func (e *Environ) warnOfNetwork(format string, args ...any) {
	e.NetworkWarnings = append(e.NetworkWarnings, fmt.Sprintf(format, args...))
}

// positions are the entries of the variables. As for the C library, the first one of a name counts.
func positions(entries []string) map[string]int {
	at := make(map[string]int, len(entries))
	for i, entry := range slices.Backward(entries) {
		if name, _, isVariable := strings.Cut(entry, "="); isVariable && name != "" {
			at[name] = i
		}
	}
	return at
}

func hijacks(name string) bool {
	return slices.Contains(hijackers, name) ||
		slices.ContainsFunc(hijackerPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// isUnprefixed reports whether the image's prefix rule sets a variable of this name.
func isUnprefixed(name string) bool { return !strings.HasPrefix(name, "HOST") && isShellName(name) }

func isShellName(name string) bool {
	const characters = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	return name != "" && (name[0] < '0' || name[0] > '9') && strings.Trim(name, characters) == ""
}

// Clone returns a copy that can be changed.
func (e Environ) Clone() Environ {
	e.Entries, e.at = slices.Clone(e.Entries), maps.Clone(e.at)
	return e
}

// Lookup returns the value of name, and whether there is one.
func (e Environ) Lookup(name string) (string, bool) {
	i, found := e.at[name]
	if !found {
		return "", false
	}
	return e.Entries[i][len(name)+1:], true
}

// Set gives name a value.
func (e *Environ) Set(name, value string) {
	i, found := e.at[name]
	if !found {
		i = len(e.Entries)
		e.Entries, e.at[name] = append(e.Entries, ""), i
	}
	e.Entries[i] = name + "=" + value
}
