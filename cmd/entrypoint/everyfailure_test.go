package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// Situations in the laboratory and here lead to every failure that ends a start.
func TestASituationLeadsToEveryFailure(t *testing.T) {
	t.Parallel()
	elsewhere := map[fault.ID]string{
		fault.NetworkOldAuthorities: "it takes a public authority's signature, which a unit test replaces",
		fault.CommandEnvironment:    "it takes a limit of the stack, see TestAnEnvironmentThatIsTooLargeIsNamed",
		fault.InternalPanic:         "it takes an error of ours, see TestAPanicIsAFailureOfItsOwn",
	}
	constant := regexp.MustCompile(`(?m)^\t(\w+) +ID = "(.+)"$`)
	constants := constant.FindAllStringSubmatch(read(t, "../../internal/fault/id.go"), -1)
	if len(constants) == 0 {
		t.Fatal("found no failure")
	}
	situations := read(t, "situations_test.go") + read(t, "../../internal/lab/*_test.go")
	for _, found := range constants {
		name, id := found[1], fault.ID(found[2])
		if row, _ := fault.Lookup(id); row.Exit == fault.ExitNone || elsewhere[id] != "" {
			continue
		}
		if !regexp.MustCompile(`(id|stored|warns): fault\.` + name + `\b`).MatchString(situations) {
			t.Errorf("no situation leads to %s", id)
		}
	}
}

// read is the text of all files that a pattern matches.
func read(t *testing.T, pattern string) (text string) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text += string(content)
	}
	return text
}
