package main

// findSubcommand returns the subcommand of ours that args begin with, and its
// arguments. A command to run that has such a name is given after "--".
func findSubcommand(args []string) (subcommand func([]string) int, rest []string) {
	if len(args) == 0 {
		return nil, nil
	}
	switch args[0] {
	case "version", "--version":
		subcommand = runVersion
	case "help", "--help", "-h":
		subcommand = runHelp
	case "healthcheck":
		subcommand = runHealthcheck
	case "explain":
		subcommand = runExplain
	case "license":
		subcommand = runLicense
	case "doctor":
		subcommand = runDoctor
	case "dns":
		subcommand = runDNS
	}
	return subcommand, args[1:]
}

// exitUsage is what our subcommands return for arguments that they do not know.
const exitUsage = 2
