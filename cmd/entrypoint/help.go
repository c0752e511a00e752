package main

import (
	"fmt"
	"io"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/version"
)

const usage = `entrypoint is PID 1 of licensed LocalStack containers.

Usage:
  entrypoint [--] [COMMAND [ARG…]]   check the license, then run COMMAND and supervise it
  entrypoint healthcheck [URL]       ask whether the emulator is healthy: exit code 0 or 1;
                                     --service NAME and --ready ask for more
  entrypoint doctor [-- COMMAND]     check everything that a start depends on, change nothing,
                                     and predict its result: exit code 0 (it works), 3
                                     (unknown), 55 (it fails) or 78 (invalid variables);
                                     --json, --offline, --activate, --verbose, --timeout S
  entrypoint dns [NAME] [TYPE] [@SERVER]
                                     ask name servers; the output is in the format of dig
  entrypoint dig [ARG…]              dig with its usual arguments, without a license
  entrypoint explain [ID]            explain a failure: what it means, how we know, what to do;
                                     without ID, all of them
  entrypoint license status          show the stored licenses: exit code 0 or 55
  entrypoint version                 show version, commit and date
  entrypoint help                    show this text

Exit codes: 55 no license, 70 an error of the entrypoint itself, 78 invalid configuration,
126 COMMAND cannot be executed, 127 COMMAND not found, 128+n ended by signal n; otherwise
COMMAND's own.

Environment (LOCALSTACK_X also sets X):
`

// runHelp prints how the program is used.
func runHelp(out io.Writer, _ []string) int {
	fmt.Fprint(out, usage)
	section := ""
	for _, variable := range config.Variables() {
		if variable.Section != section {
			section = variable.Section
			fmt.Fprintf(out, "\n %s\n", section)
		}
		value := ""
		if variable.Default != "" {
			value = "=" + variable.Default
		}
		fmt.Fprintf(out, "  %s%s\n      %s\n", variable.Name, value, variable.Meaning)
	}
	return 0
}

// runVersion prints which build of the program this is.
func runVersion(out io.Writer, _ []string) int {
	fmt.Fprintln(out, version.Describe("entrypoint"))
	return 0
}
