package main

import (
	"fmt"
	"io"
	"slices"
)

// subcommand is one of ours.
type subcommand struct {
	names []string
	usage string
	run   func(stdout io.Writer, args []string) int
}

func subcommands() []subcommand {
	return []subcommand{
		{[]string{"healthcheck"}, healthcheckUsage, runHealthcheck},
		{[]string{"doctor"}, doctorUsage, runDoctor},
		{[]string{"dns"}, dnsUsage, runDNS},
		{[]string{digName}, digUsage, runDig},
		{[]string{"explain"}, explainUsage, runExplain},
		{[]string{"license"}, licenseUsage, runLicense},
		{[]string{"version", "--version"}, "usage: entrypoint version", runVersion},
		{[]string{"help", "--help", "-h"}, "usage: entrypoint help", runHelp},
	}
}

// findSubcommand returns the subcommand of ours that args begin with, and its
// arguments. A command to run that has such a name is given after "--".
func findSubcommand(args []string) (run func(io.Writer, []string) int, rest []string) {
	if len(args) == 0 {
		return nil, nil
	}
	for _, s := range subcommands() {
		switch {
		case !slices.Contains(s.names, args[0]):
		case len(args) == 2 && (args[1] == "--help" || args[1] == "-h"):
			return func(stdout io.Writer, _ []string) int { fmt.Fprintln(stdout, s.usage); return 0 }, nil
		default:
			return s.run, args[1:]
		}
	}
	return nil, nil
}
