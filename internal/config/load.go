package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/proxy"
)

// Load reads the process's environment. The Config is usable even when the
// error, a [fault.Error] that lists every problem, is not nil: a variable with an
// invalid value then has its default, so that the failure itself can be reported
// in the format that the user asked for.
func Load() (Config, Environ, error) {
	environ := unprefix(os.Environ())
	var cfg Config
	refused := read(&environ, &cfg.Licensing, &cfg.Network, &cfg.Logging, &cfg.Process, &cfg.System)
	environ.nameProxies(&cfg.Network)
	problems := environ.problems(&cfg, refused)
	environ.warnAboutProxies(&cfg.Network)
	environ.fit(slices.Concat(os.Args, cfg.Command))
	if cfg.AttemptTimeout > cfg.ActivationTimeout && environ.has("ACTIVATION_ATTEMPT_TIMEOUT") {
		environ.warnOfNetwork("ACTIVATION_ATTEMPT_TIMEOUT is longer than ACTIVATION_TIMEOUT (%s), which ends the activation",
			cfg.ActivationTimeout.Duration())
	}
	if len(problems) > 0 {
		return cfg, environ, fault.New(fault.ConfigInvalid, "%s", strings.Join(problems, "; "))
	}
	return cfg, environ, nil
}

// refusal is what is wrong with the variable of a row.
type refusal struct {
	row     *Variable
	problem string
}

// read fills sections of a Config from environ and returns what is wrong. The sections are passed on one by one: of a
// whole Config, envconfig would copy each to see whether it decodes itself.
func read(environ *Environ, sections ...any) (refused []refusal) {
	refused = environ.lend()
	for _, bad := range Fill(sections...) {
		row := rowOf(bad.KeyName)
		if row.Shared {
			environ.warn("%s; the default is used: %s", environ.describe(row, bad.Err), row.Unset)
			continue
		}
		refused = append(refused, refusal{row, environ.describe(row, bad.Err)})
	}
	return refused
}

// lend gives the process's own environment, which envconfig reads, the values of the table's variables. Nobody else
// reads it: to the rest of the program, and to all that it starts, Environ is the environment. A value that is out of
// its bounds is returned as a problem, and not lent.
func (e *Environ) lend() (refused []refusal) {
	var quoted []string
	for i := range table {
		row := &table[i]
		name, value := e.source(row)
		if whole, _ := e.Lookup(name); value != "" && !isCredential(name) && isQuoted(whole) {
			quoted = append(quoted, name)
		}
		if err := row.bounds.check(value); err != nil {
			refused, value = append(refused, refusal{row, e.describe(row, err)}), ""
		}
		if value == "" {
			_ = os.Unsetenv(row.Name)
		} else if os.Getenv(row.Name) != value {
			_ = os.Setenv(row.Name, value)
		}
	}
	if len(quoted) > 0 {
		e.warn("quotes around a value are ignored here, but other programs see them (docker run --env-file keeps them): %s",
			strings.Join(quoted, ", "))
	}
	return refused
}

// Fill sets the fields of sections, pointers to structs, that have tags of envconfig, and returns
// the values that a field cannot take. Those variables have their defaults, and are unset. What a field
// can take without the quotes around it, it is given without.
func Fill(sections ...any) (refused []*envconfig.ParseError) {
	for _, section := range sections {
		// envconfig stops at the first value that it cannot use. Asked again without that variable it
		// finds the next one.
		for {
			bad, found := errors.AsType[*envconfig.ParseError](envconfig.Process("", section))
			if !found {
				break
			}
			if value := os.Getenv(bad.KeyName); isQuoted(value) {
				_ = os.Setenv(bad.KeyName, unquote(value))
				continue
			}
			refused = append(refused, bad)
			if _, set := os.LookupEnv(bad.KeyName); !set {
				break // the default is invalid
			}
			_ = os.Unsetenv(bad.KeyName)
		}
	}
	return refused
}

// source is the name under which v is set, and its value without a pair of quotes around it. What is blank
// counts as not set. Which variable of a proxy counts is as in Python.
func (e Environ) source(v *Variable) (name, value string) {
	if kind, isProxy := proxyKind(v); isProxy {
		found, _ := proxy.Find(e.proxies, kind)
		if value = unquote(found.Value); strings.TrimSpace(value) == "" {
			return "", ""
		}
		return found.Name, value
	}
	for _, name := range [...]string{v.Name, v.Alias} {
		if value, _ := e.Lookup(name); value != "" {
			if value = unquote(value); strings.TrimSpace(value) != "" {
				return name, value
			}
		}
	}
	return "", ""
}

// has reports whether the row called name has a value.
func (e Environ) has(name string) bool {
	_, value := e.source(rowOf(name))
	return value != ""
}

// isCredential reports whether the emulator is given the variable's value anew, without what was around it.
func isCredential(name string) bool {
	return strings.HasPrefix(name, credential.AuthTokenVariable) || strings.HasPrefix(name, credential.APIKeyVariable)
}

// unquote is value without the pair of quotes around it, as docker run --env-file leaves it, and without blanks outside
// the quotes. Quotes with others of their kind between them are part of the value, as in a list of words.
func unquote(value string) string {
	if !isQuoted(value) {
		return value
	}
	value = strings.TrimSpace(value)
	return value[1 : len(value)-1]
}

func isQuoted(value string) bool {
	value = strings.TrimSpace(value)
	if len(value) < 2 || value[0] != '"' && value[0] != '\'' {
		return false
	}
	return strings.IndexByte(value[1:], value[0]) == len(value)-2
}

// maxShown bounds the values that a message repeats. Valid ones are shorter, and
// a longer one may be a secret in the wrong place.
const maxShown = 20

// describe is what is wrong with the variable of a row.
func (e Environ) describe(row *Variable, err error) string {
	name, value := e.source(row)
	if row.Private || len(value) > maxShown && !row.Shared {
		return fmt.Sprintf("%s %s", name, err)
	}
	return fmt.Sprintf("%s=%.60q %s", name, credential.MaskAll(value), err)
}
