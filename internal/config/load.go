package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"localstack-entrypoint/internal/fault"
)

// Load reads the process's environment. The Config is usable even when the
// error, a [fault.Error] that lists every problem, is not nil: a variable that
// makes no sense then has its default, so that the failure itself can be
// reported in the form that the user asked for.
func Load() (Config, Environ, error) {
	environ, warnings := Unprefix(os.Environ())
	var cfg Config
	problems := read(&cfg, environ)
	environ.Warnings = warnings
	if len(problems) > 0 {
		return cfg, environ, fault.New(fault.ConfigInvalid, "%s", strings.Join(problems, "; "))
	}
	return cfg, environ, nil
}

// LoadProcess reads only what PID 1 itself needs, and returns the environment
// as it was found. It passes over what makes no sense: the boot stage reports
// that, with everything else.
func LoadProcess() (Process, []string) {
	found := os.Environ()
	environ, _ := Unprefix(found)
	var process struct{ Process }
	read(&process, environ)
	return process.Process, found
}

// read fills spec, a pointer to a struct of sections, and returns what is wrong.
func read(spec any, environ Environ) []string {
	variables := rows(spec)
	for _, v := range variables {
		offer(v, environ)
	}
	var problems []string
	// envconfig stops at the first value that it cannot use. Asking again
	// without that variable finds the next, and leaves the default in place.
	for range variables {
		err := envconfig.Process("", spec)
		var bad *envconfig.ParseError
		if !errors.As(err, &bad) {
			break
		}
		problems = append(problems, describe(variables, bad))
		_ = os.Unsetenv(bad.KeyName)
	}
	slices.Sort(problems)
	return problems
}

// offer puts a variable where envconfig looks for it, under its proper name.
// What is blank counts as not set.
func offer(v Variable, environ Environ) {
	value, _ := environ.Lookup(v.Name)
	if strings.TrimSpace(value) == "" && v.Alias != "" {
		value, _ = environ.Lookup(v.Alias)
	}
	if strings.TrimSpace(value) == "" {
		_ = os.Unsetenv(v.Name)
		return
	}
	_ = os.Setenv(v.Name, value)
}

func describe(variables []Variable, bad *envconfig.ParseError) string {
	i := slices.IndexFunc(variables, func(v Variable) bool { return v.Name == bad.KeyName })
	if i < 0 || variables[i].Private {
		return fmt.Sprintf("%s %s", bad.KeyName, bad.Err)
	}
	return fmt.Sprintf("%s=%.100q %s", bad.KeyName, bad.Value, bad.Err)
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
func Variables() []Variable { return rows(&Config{}) }

func rows(spec any) []Variable {
	var all []Variable
	sections := reflect.TypeOf(spec).Elem()
	for i := range sections.NumField() {
		section := sections.Field(i)
		for j := range section.Type.NumField() {
			tag := section.Type.Field(j).Tag
			all = append(all, Variable{
				Section: section.Name,
				Name:    tag.Get("envconfig"),
				Alias:   tag.Get("alias"),
				Default: tag.Get("default"),
				Meaning: tag.Get("desc"),
				Private: tag.Get("private") != "" || section.Type.Field(j).Type.Name() == "Secret",
			})
		}
	}
	return all
}
