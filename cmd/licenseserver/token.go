package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
)

func (t *tool) tokenCommand() *cobra.Command {
	return group("token", "Make, list, rotate and revoke tokens",
		t.tokenCreateCommand(), t.tokenListCommand(), t.tokenRotateCommand(), t.tokenRevokeCommand())
}

func (t *tool) tokenCreateCommand() *cobra.Command {
	var wanted authority.NewToken
	var expires end
	cmd := &cobra.Command{
		Use:   "create --type TYPE",
		Short: "Make a token and print it, which is the only time it can be seen",
		Long: `Make a token, and a license for it, and print the token: this is the only time
that it can be seen.

The types are "developer" (ls-…) and "ci" (lsci-…) for LOCALSTACK_AUTH_TOKEN,
and "api-key" for a key of the older kind for LOCALSTACK_API_KEY.`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.TextVar(&wanted.Kind, "type", authority.Kind(""), "`type` of the token: developer, ci or api-key")
	_ = cmd.MarkFlagRequired("type") // fails only for a flag that is not there
	flags.StringVar(&wanted.Email, "email", "", "email `address` of the owner")
	termFlags(flags, &wanted.Terms, &expires)
	flags.BoolVar(&wanted.Unassigned, "unassigned", false, "make no license")
	cmd.RunE = t.onNew(func(ctx context.Context, store *authority.Store, _ []string, out io.Writer) error {
		wanted.Terms.Expires = expires.at
		token, secret, err := store.CreateToken(ctx, wanted)
		if err != nil {
			return err
		}
		return reveal(out, secret, token.ID)
	})
	return cmd
}

func (t *tool) tokenRotateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate ID",
		Short: "Replace a token by a new one and print that; the old one ends at once",
		Long: `Replace a token by a new one with the same ID and license, and print the new
one: this is the only time that it can be seen. The old one ends at once.`,
		Args: cobra.ExactArgs(1),
		RunE: t.on(func(ctx context.Context, store *authority.Store, args []string, out io.Writer) error {
			secret, err := store.RotateToken(ctx, args[0])
			if err != nil {
				return err
			}
			return reveal(out, secret, args[0])
		}),
	}
}

func (t *tool) tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "End a token at once and for good",
		Args:  cobra.ExactArgs(1),
		RunE: t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
			return store.RevokeToken(ctx, args[0])
		}),
	}
}

func (t *tool) tokenListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens and their licenses",
		Args:  cobra.NoArgs,
		RunE: t.on(func(ctx context.Context, store *authority.Store, _ []string, out io.Writer) error {
			tokens, err := store.Tokens(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(out, tokens)
			}
			return writeTable(out, tokenColumns(), tokens)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// reveal prints a new token, and nothing else.
func reveal(out io.Writer, secret credential.Secret, id string) error {
	if _, err := fmt.Fprintln(out, secret.Reveal()); err != nil {
		return fmt.Errorf("cannot print the new token of %s, so rotate it again: %w", id, err)
	}
	return nil
}

func writeJSON(out io.Writer, list any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(list); err != nil {
		return fmt.Errorf("cannot print the list: %w", err)
	}
	return nil
}
