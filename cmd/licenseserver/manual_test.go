package main

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"localstack-entrypoint/internal/authority"
)

const manual = "../../docs/AUTHORITY.md"

// everyCommand calls do with each command and its command line.
func everyCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		everyCommand(sub, do)
	}
}

func TestTheManualHasEveryCommandAndSetting(t *testing.T) {
	t.Parallel()
	text := readManual(t)
	root := newTool().rootCommand()
	for _, parent := range root.Commands() {
		if parent.Name() == "help" {
			continue
		}
		if !strings.Contains(text, "| `"+parent.Name()) && !strings.Contains(text, `\|`+parent.Name()) {
			t.Errorf("no row has %q", parent.Name())
		}
		for _, cmd := range parent.Commands() {
			if row := rowOf(text, "| `"+parent.Name()+" "); !strings.Contains(row, cmd.Name()) {
				t.Errorf("the row %q does not have %q", row, cmd.Name())
			}
		}
	}
	everyCommand(root, func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if _, isSetting := flag.Annotations[settingKey]; !isSetting {
				return
			}
			if !strings.Contains(text, "`--"+flag.Name+"`") || !strings.Contains(text, "`"+variableOf(flag)+"`") {
				t.Errorf("the setting --%s of %q is missing", flag.Name, cmd.Name())
			}
		})
	})
}

func TestTheManualHasEveryFieldOfJSON(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(readManual(t), "### For programs")
	for command, row := range map[string]any{
		"workspace list": authority.Workspace{}, "member list": authority.Member{}, "invite list": authority.Invite{},
		"subscription list": authority.Subscription{}, "license list": ownedLicense{}, "token list": authority.Token{},
		"ci-key use": authority.Activation{}, "session list": authority.Session{}, "audit list": authority.Entry{},
	} {
		line := rowOf(text, "| `"+command)
		for _, name := range fieldNames(reflect.TypeOf(row)) {
			if !strings.Contains(line, "`"+name+"`") {
				t.Errorf("the row of %q does not have %q: %s", command, name, line)
			}
		}
	}
}

func TestEveryHelpSaysWhatIsNotLicensed(t *testing.T) {
	t.Parallel()
	root := newTool().rootCommand()
	for _, cmd := range append(root.Commands(), root) {
		if !strings.Contains(cmd.Long, disclaimer) {
			t.Errorf("the help of %q does not say it", cmd.Name())
		}
	}
}

func readManual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rowOf is the first line with a text.
func rowOf(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}

// fieldNames are the names that a struct has in JSON.
func fieldNames(of reflect.Type) (names []string) {
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous:
			names = append(names, fieldNames(field.Type)...)
		case name != "-" && field.IsExported():
			names = append(names, name)
		}
	}
	return names
}
