// Command licenseserver is a self-hosted license authority: it creates tokens and
// licenses, and serves the licensing protocol.
//
// Exit codes: 0, 1 when a command fails, 2 when the command line is invalid.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/outlet"
	"localstack-entrypoint/internal/task"
	"localstack-entrypoint/internal/version"
)

func main() { os.Exit(run(os.Args[1:])) }

// run executes the command line args and returns the exit code.
func run(args []string) int {
	t := newTool()
	defer t.flush()
	root := t.rootCommand()
	stdout := &outlet.Checked{To: os.Stdout}
	root.SetArgs(args)
	root.SetOut(stdout)
	chosen, err := root.ExecuteC()
	if err == nil && stdout.Err != nil { // the help
		err = failed{stdout.Err}
	}
	stderr := chosen.ErrOrStderr()
	_, ran := errors.AsType[failed](err)
	switch {
	case err == nil:
		return 0
	case ran:
		fmt.Fprintln(stderr, "licenseserver:", plainLines(withoutTokens(err.Error())))
		if p, isPanic := errors.AsType[*task.Panic](err); isPanic {
			fmt.Fprint(stderr, withoutTokens(string(p.Stack)))
		}
		return fault.ExitFailed
	default:
		fmt.Fprintln(stderr, "licenseserver: cannot read the command line:", plainLines(withoutTokens(err.Error())))
		fmt.Fprintf(stderr, "See `%s --help`.\n", chosen.CommandPath())
		return fault.ExitUsage
	}
}

// failed is an error of a command that ran; the other errors are about the command line.
type failed struct{ error }

// Unwrap returns the error of the command.
func (f failed) Unwrap() error { return f.error }

// tool has the flags that the commands share.
type tool struct {
	data     string // the data directory
	database string // the URL of a PostgreSQL database; SQLite in the data directory if empty

	workspace string   // a name or an ID; the only one if empty
	public    *url.URL // where browsers see the server; nil if that is not known

	// out and log are stdout and stderr of "serve", which waits for no reader. The other commands wait for their
	// reader, and SIGPIPE ends them.
	out, log *outlet.Outlet
}

// source is where the authority is.
func (t *tool) source() authority.Source { return authority.Source{Dir: t.data, Database: t.database} }

func newTool() *tool {
	t := &tool{log: outlet.New(context.Background(), unix.Stderr, logLine)}
	t.out = t.log.Beside(unix.Stdout)
	return t
}

// flush waits a little until what "serve" has written is read.
func (t *tool) flush() {
	t.out.Flush(outlet.LastWait)
	t.log.Flush(outlet.LastWait)
}

func (t *tool) rootCommand() *cobra.Command {
	root := group("licenseserver", "A self-hosted license authority",
		t.serveCommand(), t.workspaceCommand(), t.memberCommand(), t.inviteCommand(), t.subscriptionCommand(),
		t.licenseCommand(), t.tokenCommand(), t.ciKeyCommand(), t.sessionCommand(), t.auditCommand(),
		t.backupCommand(), t.restoreCommand(), t.checkCommand())
	root.Long = `A self-hosted license authority for one organization, a test lab or a demonstration:
members, licenses, CI keys, the login of lstk, and the licensing API that the
entrypoint activates with.

` + disclaimer + `

To begin, add an Admin, who gets in by the link that this prints, and serve:

  licenseserver member add --admin you@example.com
  licenseserver serve

Secrets are printed once, and stored only as keyed hashes. The data directory has
the key, and the database unless that is PostgreSQL. All commands except "serve"
change the authority directly; a running server sees the changes at once.`
	root.Version = version.Describe("licenseserver")
	root.SetVersionTemplate("{{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().StringVar(&t.database, "database", "",
		"`URL` of a PostgreSQL database (default: SQLite in the data directory)")
	root.PersistentFlags().StringVar(&t.data, "data", "./data", "data `directory`")
	settings(root.PersistentFlags())
	root.PersistentPreRunE = readEnvironment
	checkArguments(root)
	for _, cmd := range root.Commands() {
		if cmd.Long == "" {
			cmd.Long = cmd.Short + "."
		}
		cmd.Long += "\n\n" + disclaimer
	}
	return root
}

// disclaimer is also on the front page.
const disclaimer = `It does not license LocalStack's own images, and replaces no license of
LocalStack: their Pro packages are encrypted, and only LocalStack's server has
what opens them.`

// group is a command that only has subcommands.
func group(use, short string, subcommands ...*cobra.Command) *cobra.Command {
	parent := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return errors.New("a subcommand is missing") },
	}
	parent.AddCommand(subcommands...)
	return parent
}

// withoutTokens masks what could be a token or key in a message: one may have been
// typed where an ID or a command belongs, and errors end up in logs.
func withoutTokens(message string) string {
	key := regexp.MustCompile(`\b[[:alnum:]]{40}\b`)
	return key.ReplaceAllStringFunc(credential.MaskAll(message), credential.Mask)
}
