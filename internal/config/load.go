package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"localstack-entrypoint/internal/fault"
)

// Load reads the process's environment. The Config is usable even when the
// error, a [fault.Error] that lists every problem, is not nil: a variable with an
// invalid value then has its default, so that the failure itself can be reported
// in the format that the user asked for.
func Load() (Config, Environ, error) {
	environ := unprefix(os.Environ())
	var cfg Config
	problems := read(environ, &cfg.Licensing, &cfg.Network, &cfg.Logging, &cfg.Process, &cfg.System)
	if len(problems) > 0 {
		return cfg, environ, fault.New(fault.ConfigInvalid, "%s", strings.Join(problems, "; "))
	}
	return cfg, environ, nil
}

// read fills sections of a Config from environ and returns what is wrong. The sections are passed on one by one: of a
// whole Config, envconfig would copy each to see whether it decodes itself.
func read(environ Environ, sections ...any) (problems []string) {
	// envconfig reads the process's own variables. Nobody else does: to the rest of the program, and
	// to all that it starts, Environ is the environment.
	for i := range table {
		if _, value := environ.source(&table[i]); value == "" {
			_ = os.Unsetenv(table[i].Name)
		} else if os.Getenv(table[i].Name) != value {
			_ = os.Setenv(table[i].Name, value)
		}
	}
	for _, bad := range Fill(sections...) {
		problems = append(problems, describe(bad.KeyName, environ, bad.Err))
	}
	slices.Sort(problems)
	return problems
}

// Fill sets the fields of sections, pointers to structs, that have tags of envconfig, and returns
// the values that a field cannot take. Those variables have their defaults, and are unset.
func Fill(sections ...any) (refused []*envconfig.ParseError) {
	for _, section := range sections {
		// envconfig stops at the first value that it cannot use. Asked again without that variable it
		// finds the next one.
		for {
			bad, found := errors.AsType[*envconfig.ParseError](envconfig.Process("", section))
			if !found {
				break
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

// source is the name under which v is set, and its value. What is blank
// counts as not set.
func (e Environ) source(v *Variable) (name, value string) {
	for _, name := range [...]string{v.Name, v.Alias} {
		if value, _ := e.Lookup(name); strings.TrimSpace(value) != "" {
			return name, value
		}
	}
	return "", ""
}

// maxShown bounds the values that a message repeats. Valid ones are shorter, and
// a longer one may be a secret in the wrong place.
const maxShown = 20

// describe is what is wrong with the variable called name.
func describe(name string, environ Environ, err error) string {
	v := rowOf(name)
	name, value := environ.source(v)
	if v.Private || len(value) > maxShown {
		return fmt.Sprintf("%s %s", name, err)
	}
	return fmt.Sprintf("%s=%q %s", name, value, err)
}
