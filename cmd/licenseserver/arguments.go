package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// checkArguments has all commands below parent take the arguments that their usage names.
func checkArguments(parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		if cmd.HasSubCommands() {
			checkArguments(cmd)
		} else {
			cmd.Args = namedArguments
		}
	}
}

// namedArguments returns an error if a command has fewer or more arguments than its usage names: [WHO] may be left out,
// and [PERMISSION…] may be any number.
func namedArguments(cmd *cobra.Command, args []string) error {
	usage, _, _ := strings.Cut(cmd.Use, " --") // flags that are required
	names := strings.Fields(usage)[1:]
	for i, name := range names {
		if i >= len(args) && !strings.HasPrefix(name, "[") {
			return fmt.Errorf("the argument %s is missing: %s", name, cmd.UseLine())
		}
		if strings.HasSuffix(name, "…]") {
			return nil
		}
	}
	if len(args) > len(names) {
		return fmt.Errorf("the argument %q is one too many: %s", args[len(names)], cmd.UseLine())
	}
	return nil
}
