// Command licenseserver is a license authority to run on one's own: it makes
// tokens and licenses and speaks the server's side of the licensing protocol.
//
// Exit codes: 0, 1 when something could not be done, 2 when the command line
// makes no sense.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/version"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run executes the command line args and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	chosen, err := root.ExecuteC()
	_, understood := errors.AsType[failed](err)
	switch {
	case err == nil:
		return 0
	case understood:
		fmt.Fprintln(stderr, "licenseserver:", withoutTokens(err.Error()))
		return fault.ExitFailed
	default:
		fmt.Fprintln(stderr, "licenseserver: cannot read the command line:", withoutTokens(err.Error()))
		fmt.Fprintf(stderr, "See `%s --help`.\n", chosen.CommandPath())
		return fault.ExitUsage
	}
}

// failed is an error of a command that was understood; all other errors are
// about the command line.
type failed struct{ error }

// Unwrap returns the error itself.
func (f failed) Unwrap() error { return f.error }

// tool is what the commands share.
type tool struct {
	// data is the data directory.
	data string
}

func newRoot() *cobra.Command {
	t := &tool{}
	root := group("licenseserver", "A license authority to run on your own",
		t.serveCommand(), t.tokenCommand(), t.licenseCommand())
	root.Long = `A license authority to run on your own: it makes tokens and licenses, and
serves the licensing API that LocalStack containers activate against.

Tokens are stored only as keyed hashes. The data directory has everything,
including the key; all commands but "serve" work on it directly, also while a
server runs on it, and take effect at once.`
	root.Version = version.Describe("licenseserver")
	root.SetVersionTemplate("{{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().StringVar(&t.data, "data", "./data", "data `directory`")
	return root
}

// group is a command that does nothing without a subcommand.
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

// task is what a command does with the store of the data directory.
type task func(ctx context.Context, store *authority.Store, args []string, out io.Writer) error

// on runs a task for a data directory that exists. Making one here would
// answer a mistyped --data with an empty list.
func (t *tool) on(do task) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if _, err := os.Stat(filepath.Join(t.data, authority.DatabaseFile)); err != nil {
			return failed{fmt.Errorf(`cannot find an authority in %s, which "serve" or "token create" would make: %w`, t.data, err)}
		}
		return t.onNew(do)(cmd, args)
	}
}

// onNew runs a task for a data directory, which is made if need be.
func (t *tool) onNew(do task) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		store, err := authority.Open(cmd.Context(), t.data, nil)
		if err != nil {
			return failed{err}
		}
		if err := errors.Join(do(cmd.Context(), store, args, cmd.OutOrStdout()), store.Close()); err != nil {
			return failed{err}
		}
		return nil
	}
}

// withoutTokens masks what could be a token or key in a message: somebody may have
// typed one where an ID or a command belongs, and errors end up in logs.
func withoutTokens(message string) string {
	key := regexp.MustCompile(`\b[[:alnum:]]{40}\b`)
	return key.ReplaceAllStringFunc(credential.MaskAll(message), credential.Mask)
}
