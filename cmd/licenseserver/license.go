package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/license"
)

func (t *tool) licenseCommand() *cobra.Command {
	unassign := t.licenseChange("unassign", "Take a license from its token, until it is assigned again",
		func(ctx context.Context, store *authority.Store, id string) error {
			return store.Unassign(ctx, id)
		})
	expire := t.licenseChange("expire", "End a license now, until it is assigned again",
		func(ctx context.Context, store *authority.Store, id string) error {
			return store.Expire(ctx, id, time.Now())
		})
	suspend := t.licenseChange("suspend", "Suspend a license, until it is assigned again",
		func(ctx context.Context, store *authority.Store, id string) error {
			return store.SetStatus(ctx, id, license.StatusSuspended)
		})
	parent := group("license", "List, assign, unassign, expire and suspend licenses",
		t.licenseListCommand(), t.licenseAssignCommand(), unassign, expire, suspend)
	parent.Long = `List, assign, unassign, expire and suspend licenses. A token has at most one
license. ID is the ID of either of them: token_… or license_…`
	return parent
}

func (t *tool) licenseAssignCommand() *cobra.Command {
	var terms authority.Terms
	var expires end
	cmd := &cobra.Command{
		Use:   "assign ID",
		Short: "Give a token its license, or make a license good again",
		Long: `Give a token its license: the one it had, or else a new one. A license that was
suspended is active again, one that has expired holds for another year. The
flags change its terms; without them they stay as they are.`,
		Args: cobra.ExactArgs(1),
	}
	termFlags(cmd.Flags(), &terms, &expires)
	cmd.RunE = t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
		terms.Expires = expires.at
		_, err := store.Assign(ctx, args[0], terms)
		return err
	})
	return cmd
}

// licenseChange is a command that changes one license.
func (t *tool) licenseChange(verb, short string, change func(context.Context, *authority.Store, string) error) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " ID",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
			return change(ctx, store, args[0])
		}),
	}
}

func (t *tool) licenseListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the licenses",
		Args:  cobra.NoArgs,
		RunE: t.on(func(ctx context.Context, store *authority.Store, _ []string, out io.Writer) error {
			tokens, err := store.Tokens(ctx)
			if err != nil {
				return err
			}
			owned := licensesOf(tokens)
			if asJSON {
				return writeJSON(out, owned)
			}
			return writeTable(out, licenseColumns(), owned)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// ownedLicense is a license and whose it is.
type ownedLicense struct {
	authority.License
	TokenID string `json:"token_id"`
}

func licensesOf(tokens []authority.Token) []ownedLicense {
	owned := []ownedLicense{} // none is [] in JSON, not null
	for _, token := range tokens {
		if token.License != nil {
			owned = append(owned, ownedLicense{*token.License, token.ID})
		}
	}
	return owned
}
