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

const configIntroduction = `# Configuration

Every setting is an environment variable of the container.
This page is generated from the program's own table: change ` + "`internal/config/config.go`" + `, then run
` + "`go test ./internal/config -update`" + `. ` + "`entrypoint help`" + ` shows the same table.

## Rules for all variables

**A prefix makes no difference.** ` + "`LOCALSTACK_X` also stands for `X`" + `: wherever the tables below say ` + "`DEBUG`" + `,
` + "`LOCALSTACK_DEBUG`" + ` does as well. When both are set, **the prefixed one wins**, even when it is empty.
Values are copied byte for byte; nothing in them is evaluated.
Four kinds of names do not stand for a shorter one:

- names that begin with ` + "`LOCALSTACK_HOST`" + `;
- names with a digit after the prefix, such as ` + "`LOCALSTACK_1`" + `;
- names that a shell would not take, such as ` + "`LOCALSTACK_my-var`" + `;
- names that would change how programs run instead of what LocalStack does. These cause a warning; set the
  short name itself if you mean it: %s.

**Blank means unset.** An empty value, or one of blanks only, is the same as no variable at all.
So ` + "`${LOCALSTACK_AUTH_TOKEN:- }`" + ` in a Compose file is no token when your shell has none.

**Booleans** are ` + "`1`, `true`, `yes`, `on` and `0`, `false`, `no`, `off`" + `, in upper or lower case.

**Times** are seconds, with a fraction if you like (` + "`2.5`" + `), or have a unit (` + "`500ms`, `1m30s`" + `).

**Mistakes are reported all at once.** A value that makes no sense ends the start with exit code 78 and a list of
everything that is wrong. Values that may hold a secret are never repeated.

**An alias** is another name of the same variable. It counts when the variable itself is not set.

## What the emulator is given

The emulator starts with the container's environment and these changes:

- with a license, ` + "`ACTIVATE_PRO=1` and `PRO_ACTIVATED=1`" + `, and the credential as a variable even when it came from a file;
- without pro features, ` + "`ACTIVATE_PRO=0`" + ` and no credential under any name;
- no ` + "`…_FILE`" + ` variable of a credential in either case;
- ` + "`SUPERVISOR_PID`" + `, the process that restarts it on ` + "`SIGUSR1`" + `, when it is supervised;
- where LocalStack's Python environment is installed, ` + "`VIRTUAL_ENV`" + ` and its folder at the beginning of ` + "`PATH`" + `.
`

// configDoc is docs/CONFIG.md.
func configDoc() []byte {
	var refused []string
	for _, name := range hijackers {
		refused = append(refused, "`"+name+"`")
	}
	for _, beginning := range hijackerPrefixes {
		refused = append(refused, "`"+beginning+"…`")
	}
	var doc bytes.Buffer
	fmt.Fprintf(&doc, configIntroduction, strings.Join(refused, ", "))
	section := ""
	for _, v := range Variables() {
		if v.Section != section {
			section = v.Section
			fmt.Fprintf(&doc, "\n## %s\n\n| Variable | Default | Meaning | Alias |\n| --- | --- | --- | --- |\n", section)
		}
		fmt.Fprintf(&doc, "| `%s` | %s | %s | %s |\n", v.Name, code(v.Default), strings.ReplaceAll(v.Meaning, "|", `\|`), code(v.Alias))
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
	want := configDoc()
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
		secret := strings.HasSuffix(v.Name, "TOKEN") || strings.HasSuffix(v.Name, "KEY") || strings.HasSuffix(v.Name, "COMMAND") ||
			strings.HasSuffix(v.Name, "ENDPOINT") || strings.HasSuffix(v.Name, "PROXY") && v.Name != "NO_PROXY"
		if v.Private != secret {
			t.Errorf("%s: private is %t", v.Name, v.Private)
		}
	}
}
