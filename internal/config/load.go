package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
)

// Load reads the process's environment. The Config is usable even when the
// error, a [fault.Error] that lists every problem, is not nil: a variable that
// makes no sense then has its default, so that the failure itself can be
// reported in the form that the user asked for.
func Load() (Config, Environ, error) {
	environ, at := unprefix(os.Environ())
	var cfg Config
	problems := read(environ, at, &cfg.Licensing, &cfg.Network, &cfg.Logging, &cfg.Process, &cfg.System)
	if len(problems) > 0 {
		return cfg, environ, fault.New(fault.ConfigInvalid, "%s", strings.Join(problems, "; "))
	}
	return cfg, environ, nil
}

// read fills sections of a Config from environ, where at says which name is
// where, and returns what is wrong. The sections are passed on one by one: of a
// whole Config, envconfig would copy each to see whether it decodes itself.
func read(environ Environ, at index, sections ...any) []string {
	lookup := func(name string) (string, bool) { return at.value(environ.Entries, name) }
	var lent loan
	defer lent.giveBack()
	for i := range table {
		_, value := source(&table[i], lookup)
		lent.offer(table[i].Name, value)
	}
	var problems []string
	for _, section := range sections {
		// envconfig stops at the first value that it cannot use. Asking again
		// without that variable finds the next, and leaves the default in place.
		for range table {
			bad, found := errors.AsType[*envconfig.ParseError](envconfig.Process("", section))
			if !found {
				break
			}
			problems = append(problems, describe(bad.KeyName, environ, bad.Err))
			lent.offer(bad.KeyName, "")
		}
	}
	slices.Sort(problems)
	return problems
}

// setting is a variable of the process's own environment, set or not.
type setting struct {
	name, value string
	set         bool
}

func (s setting) apply() {
	if s.set {
		_ = os.Setenv(s.name, s.value)
		return
	}
	_ = os.Unsetenv(s.name)
}

// loan is what the process's own environment, the only one that envconfig
// reads, said before other values were lent to it. Most variables need none.
type loan []setting

// offer puts a value where envconfig looks for it; "" unsets the variable.
func (l *loan) offer(name, value string) {
	now, found := os.LookupEnv(name)
	before, wanted := setting{name, now, found}, setting{name, value, value != ""}
	if wanted != before {
		*l = append(*l, before)
		wanted.apply()
	}
}

// giveBack leaves the process's own environment as it was found.
func (l *loan) giveBack() {
	for _, before := range slices.Backward(*l) {
		before.apply()
	}
}

// source is the name under which v is set, and its value. What is blank
// counts as not set.
func source(v *Variable, lookup func(name string) (string, bool)) (name, value string) {
	for _, name := range [...]string{v.Name, v.Alias} {
		if value, _ := lookup(name); strings.TrimSpace(value) != "" {
			return name, value
		}
	}
	return "", ""
}

// Sets tells whether the environment gives v a value.
func (e Environ) Sets(v Variable) bool {
	name, _ := source(&v, e.Lookup)
	return name != ""
}

// maxShown bounds the values that a message repeats. What makes sense is
// shorter, and what is longer may be a secret in the wrong place.
const maxShown = 20

// describe is what is wrong with the variable called name.
func describe(name string, environ Environ, err error) string {
	variables := Variables()
	v := variables[slices.IndexFunc(variables, func(v Variable) bool { return v.Name == name })]
	name, value := source(&v, environ.Lookup)
	if v.Private || len(value) > maxShown {
		return fmt.Sprintf("%s %s", name, err)
	}
	return fmt.Sprintf("%s=%q %s", name, value, err)
}

// Variable is one row of the configuration.
type Variable struct {
	// Section is the group that the variable belongs to.
	Section string
	// Name is how it is set; Alias another name that it is known by.
	Name, Alias string
	// Default is the text that stands for an unset variable.
	Default string
	// Meaning is a line for the user.
	Meaning string
	// Private values are never shown: they are secrets, or may contain one.
	Private bool
}

// Variables are all rows, in the order of Config.
func Variables() []Variable {
	var all []Variable
	for section := range reflect.TypeFor[Config]().Fields() {
		for field := range section.Type.Fields() {
			all = append(all, documented(section.Name, field))
		}
	}
	return all
}

// documented is the row of a field.
func documented(section string, field reflect.StructField) Variable {
	v := Variable{Name: field.Tag.Get("envconfig")}
	for _, row := range table {
		if row.Name == v.Name {
			v = row
		}
	}
	v.Section, v.Default = section, field.Tag.Get("default")
	v.Private = v.Private || field.Type == reflect.TypeFor[credential.Secret]()
	return v
}
