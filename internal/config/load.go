package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	environ := Unprefix(os.Environ())
	var cfg Config
	problems := read(&cfg, environ)
	if cfg.Root != "" {
		cfg.Root, _ = filepath.Abs(cfg.Root)
	}
	if len(problems) > 0 {
		return cfg, environ, fault.New(fault.ConfigInvalid, "%s", strings.Join(problems, "; "))
	}
	return cfg, environ, nil
}

// read fills spec, a pointer to a struct of sections, and returns what is wrong.
func read(spec any, environ Environ) []string {
	variables := Variables()
	for _, v := range variables {
		// envconfig reads the process's own environment, which is only lent to it.
		defer restore(v.Name)()
		offer(v, environ)
	}
	var problems []string
	// envconfig stops at the first value that it cannot use. Asking again
	// without that variable finds the next, and leaves the default in place.
	for range variables {
		err := envconfig.Process("", spec)
		bad, ok := errors.AsType[*envconfig.ParseError](err)
		if !ok {
			break
		}
		i := slices.IndexFunc(variables, func(v Variable) bool { return v.Name == bad.KeyName })
		problems = append(problems, describe(variables[i], environ, bad.Err))
		_ = os.Unsetenv(bad.KeyName)
	}
	slices.Sort(problems)
	return problems
}

// restore remembers a variable and returns what puts it back.
func restore(name string) func() {
	value, found := os.LookupEnv(name)
	return func() {
		if found {
			_ = os.Setenv(name, value)
			return
		}
		_ = os.Unsetenv(name)
	}
}

// offer puts a variable where envconfig looks for it, under its proper name.
func offer(v Variable, environ Environ) {
	if _, value := source(v, environ); value != "" {
		_ = os.Setenv(v.Name, value)
		return
	}
	_ = os.Unsetenv(v.Name)
}

// source is the name under which v is set, and its value. What is blank
// counts as not set.
func source(v Variable, environ Environ) (name, value string) {
	for _, name := range []string{v.Name, v.Alias} {
		if value, _ := environ.Lookup(name); strings.TrimSpace(value) != "" {
			return name, value
		}
	}
	return "", ""
}

// Sets tells whether the environment gives v a value.
func (e Environ) Sets(v Variable) bool {
	name, _ := source(v, e)
	return name != ""
}

// maxShown bounds the values that a message repeats. What makes sense is
// shorter, and what is longer may be a secret in the wrong place.
const maxShown = 20

func describe(v Variable, environ Environ, err error) string {
	name, value := source(v, environ)
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
