package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/credential"
)

func (t *tool) tokenCommand() *cobra.Command {
	return t.inWorkspaces(group("token", "Create, list, rotate, reset and revoke tokens",
		t.tokenCreateCommand(),
		t.tokenListCommand(),
		t.tokenRotateCommand(),
		t.tokenResetCommand(),
		t.changeCommand("revoke", "Revoke a token permanently and immediately", (*authority.Store).RevokeToken)))
}

func (t *tool) tokenCreateCommand() *cobra.Command {
	var wanted authority.NewToken
	var expires expiry
	var simulates licensing.SimulationFlag
	cmd := &cobra.Command{
		Use:   "create --type TYPE",
		Short: "Create a token and print it once",
		Long: `Create a token with a license, and print it. It cannot be printed again.

The types are "developer" (ls-…) and "ci" (lsci-…) for LOCALSTACK_AUTH_TOKEN,
and "api-key", a legacy API key, for LOCALSTACK_API_KEY.

With --simulate it is a test token, to try clients: each request with it gets the
same answer forever. It has no license and takes no seat. Documents for it have
the license_type "test" and are good for a day. The answers:

` + simulationTable(),
	}
	flags := cmd.Flags()
	flags.TextVar(&wanted.Kind, "type", authority.Kind(""), "`type` of the token: developer, ci or api-key")
	_ = cmd.MarkFlagRequired("type") // fails only for a flag that does not exist
	flags.StringVar(&wanted.Name, "name", "", "`name`, which tells the token from others")
	flags.StringVar(&wanted.Email, "email", "", "email `address` of the owner")
	termFlags(cmd, &wanted.Terms, &expires)
	flags.BoolVar(&wanted.Unassigned, "unassigned", false, "create no license")
	flags.Var(&simulates, "simulate", "make a test token that always gets this `answer`")
	cmd.RunE = t.onNew(func(ctx context.Context, store *authority.Store, _ []string, out io.Writer) error {
		wanted.Terms.Expires, wanted.Simulate = expires.at, simulates.String()
		workspace, err := t.workspaceOfNew(ctx, store)
		if err != nil {
			return err
		}
		wanted.Workspace = workspace
		token, secret, err := store.CreateToken(ctx, wanted)
		if err != nil {
			return err
		}
		return printToken(out, secret, token.ID)
	})
	return cmd
}

// workspaceOfNew is the ID of the workspace for something new; empty for the first one of all.
func (t *tool) workspaceOfNew(ctx context.Context, store *authority.Store) (string, error) {
	if t.workspace == "" {
		if all, err := store.Workspaces(ctx); err != nil || len(all) == 0 {
			return "", err
		}
	}
	workspace, err := t.chooseWorkspace(ctx, store)
	return workspace.ID, err
}

func (t *tool) tokenResetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reset WHO",
		Short: "Replace the developer token of a member, or create it, and print it once",
		Long: `Replace the developer token of a member, who is named by email address or ID, or
create it, and print the new one. It cannot be printed again. The old one is
invalid at once. The tokens of "lstk login" stay.`,
		RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, out io.Writer) error {
			token, secret, err := in.ResetMemberToken(ctx, args[0])
			if refused, ok := errors.AsType[authority.Refusal](err); ok && refused.Verdict == authority.Conflict {
				token, secret, err = in.CreateMemberToken(ctx, args[0])
			}
			if err != nil {
				return err
			}
			return printToken(out, secret, token.ID)
		}),
	}
}

// simulationTable has a line for each simulated answer.
func simulationTable() string {
	var lines []string
	for _, one := range licensing.Simulations() {
		lines = append(lines, fmt.Sprintf("  %-16s %s", one.Name, one.Answer))
	}
	return strings.Join(lines, "\n")
}

func (t *tool) tokenRotateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate ID",
		Short: "Replace a token with a new one and print it once",
		Long: `Replace a token with a new one with the same ID and license, and print the new
one. It cannot be printed again. The old one is invalid at once.`,
		RunE: t.on(func(ctx context.Context, store *authority.Store, args []string, out io.Writer) error {
			secret, err := store.RotateToken(ctx, args[0])
			if err != nil {
				return err
			}
			return printToken(out, secret, args[0])
		}),
	}
}

// printToken prints a new token, and nothing else.
func printToken(out io.Writer, secret credential.Secret, id string) error {
	if err := printSecret(out, secret.Reveal()); err != nil {
		return fmt.Errorf("cannot print the new token of %s, so rotate it again: %w", id, err)
	}
	return nil
}

// printSecret prints what cannot be printed again. If nobody reads it, that is an error, and not the silent end by
// SIGPIPE.
func printSecret(out io.Writer, text string) error {
	if isClosed(unix.Stdout) {
		return errors.New("stdout is closed")
	}
	signal.Ignore(unix.SIGPIPE)
	_, err := fmt.Fprintln(out, text)
	return err
}

// isClosed reports whether a descriptor was closed when the program began. The Go runtime has then opened /dev/null
// for reading and writing, where a shell opens it for one of them.
func isClosed(descriptor int) bool {
	var info, null unix.Stat_t
	if unix.Fstat(descriptor, &info) != nil || unix.Stat("/dev/null", &null) != nil || info.Rdev != null.Rdev {
		return false
	}
	flags, err := unix.FcntlInt(uintptr(descriptor), unix.F_GETFL, 0)
	return err == nil && info.Mode&unix.S_IFMT == unix.S_IFCHR && flags&unix.O_ACCMODE == unix.O_RDWR
}
