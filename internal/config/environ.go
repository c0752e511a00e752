package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"localstack-entrypoint/internal/credential"
)

// Environ is an environment as a process is given it, after the prefix rule.
type Environ struct {
	// Given are the entries as the process was given them.
	Given []string
	// Entries are NAME=VALUE.
	Entries []string
	// Warnings are what the prefix rule refused, a sentence each.
	Warnings []string
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

// Unprefix applies the image's prefix rule: LOCALSTACK_X also stands for X and
// wins over it, even when it is empty. Excepted are LOCALSTACK_HOST…, names
// with a digit after the prefix, and what is no variable name in a shell. No
// name and no value can break the start: a name that would hijack programs is
// left as it is, with a warning. Values pass byte for byte.
func Unprefix(environ []string) Environ {
	out, _ := unprefix(environ)
	return out
}

// unprefix also says where everything is in what Unprefix returns.
func unprefix(environ []string) (Environ, index) {
	out := Environ{Given: environ, Entries: slices.Clone(environ)}
	at := indexOf(environ)
	for _, entry := range environ {
		name, value, isVariable := strings.Cut(entry, "=")
		short, prefixed := strings.CutPrefix(name, prefix)
		if !isVariable || !prefixed || strings.HasPrefix(short, "HOST") || !isShellName(short) {
			continue
		}
		if hijacks(short) {
			out.Warnings = append(out.Warnings, fmt.Sprintf("%.60s does not stand for %.60s, which would change how programs run; set %.60s itself if you mean it", name, short, short))
			continue
		}
		if i, found := at[short]; found {
			out.Entries[i] = short + "=" + value
			continue
		}
		at[short] = len(out.Entries)
		out.Entries = append(out.Entries, short+"="+value)
	}
	return out, at
}

// index says at which entry of an environment a name is found. As for the C
// library, the first one counts.
type index map[string]int

func indexOf(entries []string) index {
	at := make(index, len(entries))
	for i, entry := range slices.Backward(entries) {
		if name, _, isVariable := strings.Cut(entry, "="); isVariable && name != "" {
			at[name] = i
		}
	}
	return at
}

// value is Lookup for those who ask often.
func (at index) value(entries []string, name string) (string, bool) {
	i, found := at[name]
	if !found {
		return "", false
	}
	return entries[i][len(name)+1:], true
}

func hijacks(name string) bool {
	return slices.Contains(hijackers, name) ||
		slices.ContainsFunc(hijackerPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

func isShellName(name string) bool {
	for i, r := range name {
		letter := r == '_' || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// Clone returns a copy that can be changed.
func (e Environ) Clone() Environ {
	e.Entries = slices.Clone(e.Entries)
	return e
}

// Lookup returns the value of name, and whether there is one.
func (e Environ) Lookup(name string) (string, bool) {
	i := e.index(name)
	if i < 0 {
		return "", false
	}
	return e.Entries[i][len(name)+1:], true
}

// Set gives name a value.
func (e *Environ) Set(name, value string) {
	entry := name + "=" + value
	if i := e.index(name); i >= 0 {
		e.Entries[i] = entry
		return
	}
	e.Entries = append(e.Entries, entry)
}

// forget removes the variables of these names, in upper or lower case and
// however often they are prefixed: whatever the emulator starts may apply the
// prefix rule again.
func (e *Environ) forget(names ...string) {
	e.Entries = slices.DeleteFunc(e.Entries, func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		name = strings.ToUpper(strings.TrimSpace(name))
		for strings.HasPrefix(name, prefix) {
			name = strings.TrimPrefix(name, prefix)
		}
		return slices.Contains(names, name)
	})
}

func (e Environ) index(name string) int {
	return slices.IndexFunc(e.Entries, func(entry string) bool {
		rest, found := strings.CutPrefix(entry, name)
		return found && name != "" && strings.HasPrefix(rest, "=")
	})
}

// The variables that tell the emulator what was decided.
const (
	activatePro   = "ACTIVATE_PRO"
	proActivated  = "PRO_ACTIVATED"
	supervisorPID = "SUPERVISOR_PID"
)

// HandOver is the environment that the emulator is given. With pro holding a
// credential, pro features are on and it is passed under its proper name; with
// pro nil they are off and no credential remains in any spelling. supervisor
// is the process to ask for a restart, 0 when nobody supervises.
func (e Environ) HandOver(pro *credential.Credential, supervisor int) []string {
	child := e.Clone()
	child.forget(activatePro, proActivated, supervisorPID)
	for _, variable := range []string{credential.AuthTokenVariable, credential.APIKeyVariable} {
		short := strings.TrimPrefix(variable, prefix)
		child.forget(short, short+credential.FileSuffix)
	}
	child.Set(activatePro, "0")
	if pro != nil {
		child.Set(activatePro, "1")
		child.Set(proActivated, "1")
		child.Set(pro.Variable, pro.Reveal())
		child.Set(strings.TrimPrefix(pro.Variable, prefix), pro.Reveal())
	}
	if supervisor > 0 {
		child.Set(supervisorPID, strconv.Itoa(supervisor))
	}
	return child.Entries
}
