package config

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/CONFIG.md anew")

// configDoc is docs/CONFIG.md.
func configDoc(introduction string) []byte {
	var refused []string
	for _, name := range hijackers {
		refused = append(refused, "`"+name+"`")
	}
	for _, beginning := range hijackerPrefixes {
		refused = append(refused, "`"+beginning+"…`")
	}
	var doc bytes.Buffer
	doc.WriteString(strings.Replace(introduction, "{names}", strings.Join(refused, ", "), 1))
	section := ""
	for _, v := range Variables() {
		if v.Section != section {
			section = v.Section
			fmt.Fprintf(&doc, "\n## %s\n\n", section)
			doc.WriteString("| Variable | Default | Meaning | Alias | Shared |\n| --- | --- | --- | --- | --- |\n")
		}
		meaning, shared := strings.ReplaceAll(v.Meaning, "|", `\|`), ""
		if v.Shared {
			shared = "yes"
		}
		fmt.Fprintf(&doc, "| `%s` | %s | %s | %s | %s |\n", v.Name, code(v.Default), meaning, code(v.Alias), shared)
	}
	return doc.Bytes()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func TestTheDocumentationIsThatOfTheTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "CONFIG.md")
	introduction, err := os.ReadFile(filepath.Join("testdata", "introduction.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := configDoc(string(introduction))
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/CONFIG.md is not up to date (%v): run go test ./internal/config -update", err)
	}
}

func TestEveryFieldHasItsRowAndEveryRowItsField(t *testing.T) {
	t.Parallel()
	var fields, rows []string
	for _, v := range Variables() {
		fields = append(fields, v.Name)
	}
	for _, row := range table {
		rows = append(rows, row.Name)
		if row.Section != "" || row.Default != "" {
			t.Errorf("%s: section and default are the field's, not the row's", row.Name)
		}
	}
	if !slices.Equal(fields, rows) {
		t.Errorf("the fields of Config and the rows of table are not the same, in the same order:\n%q\n%q", fields, rows)
	}
}

func TestEveryVariableHasARowThatReadsWell(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range Variables() {
		for _, name := range []string{v.Name, v.Alias} {
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = name != ""
		}
		if v.Name == "" || v.Name != strings.ToUpper(v.Name) || !isShellName(v.Name) {
			t.Errorf("%q is no name for envconfig, which looks in upper case", v.Name)
		}
		if !regexp.MustCompile(`^[A-Z0-9].*\.$`).MatchString(v.Meaning) {
			t.Errorf("%s: %q is no sentence", v.Name, v.Meaning)
		}
	}
}

func TestVariablesThatMayHoldASecretArePrivate(t *testing.T) {
	t.Parallel()
	for _, v := range Variables() {
		mayHoldOne := regexp.MustCompile(`(TOKEN|OVERRIDE|KEY|COMMAND|ENDPOINT|PROXY)$`)
		secret := mayHoldOne.MatchString(v.Name) && v.Name != "NO_PROXY"
		if v.Private != secret {
			t.Errorf("%s: private is %t", v.Name, v.Private)
		}
	}
}
