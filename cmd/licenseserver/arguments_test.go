package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestEveryCommandNamesTheArgumentThatIsWrong(t *testing.T) {
	t.Parallel()
	everyCommand(newTool().rootCommand(), func(cmd *cobra.Command) {
		if cmd.HasSubCommands() {
			return
		}
		if cmd.Args == nil {
			t.Errorf("%s takes any arguments", cmd.CommandPath())
			return
		}
		missing, extra := cmd.Args(cmd, nil), cmd.Args(cmd, []string{"one", "two", "three"})
		for err, want := range map[error]string{missing: " is missing: ", extra: " is one too many: "} {
			if err != nil && (!strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), cmd.UseLine())) {
				t.Errorf("%s says %v", cmd.CommandPath(), err)
			}
		}
		if takesMore := strings.Contains(cmd.Use, "…"); (extra == nil) != takesMore {
			t.Errorf("%s with three arguments says %v", cmd.CommandPath(), extra)
		}
	})
}
