package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
)

func (t *tool) tokenCommand() *cobra.Command {
	return group("token", "Create, list, rotate and revoke tokens",
		t.tokenCreateCommand(),
		tokenList().command(t, "List the tokens and their licenses"),
		t.tokenRotateCommand(),
		t.changeCommand("revoke", "Revoke a token permanently and immediately", (*authority.Store).RevokeToken))
}

func (t *tool) tokenCreateCommand() *cobra.Command {
	var wanted authority.NewToken
	var expires expiry
	cmd := &cobra.Command{
		Use:   "create --type TYPE",
		Short: "Create a token and print it once",
		Long: `Create a token with a license, and print it. It cannot be printed again.

The types are "developer" (ls-…) and "ci" (lsci-…) for LOCALSTACK_AUTH_TOKEN,
and "api-key", a legacy API key, for LOCALSTACK_API_KEY.`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.TextVar(&wanted.Kind, "type", authority.Kind(""), "`type` of the token: developer, ci or api-key")
	_ = cmd.MarkFlagRequired("type") // fails only for a flag that does not exist
	flags.StringVar(&wanted.Email, "email", "", "email `address` of the owner")
	termFlags(cmd, &wanted.Terms, &expires)
	flags.BoolVar(&wanted.Unassigned, "unassigned", false, "create no license")
	cmd.RunE = t.onNew(func(ctx context.Context, store *authority.Store, _ []string, out io.Writer) error {
		wanted.Terms.Expires = expires.at
		token, secret, err := store.CreateToken(ctx, wanted)
		if err != nil {
			return err
		}
		return printToken(out, secret, token.ID)
	})
	return cmd
}

func (t *tool) tokenRotateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate ID",
		Short: "Replace a token with a new one and print it once",
		Long: `Replace a token with a new one with the same ID and license, and print the new
one. It cannot be printed again. The old one is invalid at once.`,
		Args: cobra.ExactArgs(1),
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
	if _, err := fmt.Fprintln(out, secret.Reveal()); err != nil {
		return fmt.Errorf("cannot print the new token of %s, so rotate it again: %w", id, err)
	}
	return nil
}
