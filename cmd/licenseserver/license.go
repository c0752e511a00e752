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
	expire := func(store *authority.Store, ctx context.Context, id string) error {
		return store.Expire(ctx, id, time.Now())
	}
	suspend := func(store *authority.Store, ctx context.Context, id string) error {
		return store.SetStatus(ctx, id, license.StatusSuspended)
	}
	parent := group("license", "List and change licenses",
		licenseList().command(t, "List the licenses"),
		t.licenseAssignCommand(),
		t.changeCommand("unassign", "Take a license from its token until it is assigned again", (*authority.Store).Unassign),
		t.changeCommand("expire", "Expire a license until it is assigned again", expire),
		t.changeCommand("suspend", "Suspend a license until it is assigned again", suspend))
	parent.Long = `List and change licenses. A token has at most one license. ID is the ID of
the token or of the license: token_… or license_…`
	return parent
}

func (t *tool) licenseAssignCommand() *cobra.Command {
	var terms authority.Terms
	var expires expiry
	cmd := &cobra.Command{
		Use:   "assign ID",
		Short: "Give a token its license, and renew it",
		Long: `Give a token its license, or a new one if it has none. A suspended license
becomes active. An expired license is extended by a year. The flags change the
terms of the license; terms without a flag stay as they are.`,
		Args: cobra.ExactArgs(1),
	}
	termFlags(cmd, &terms, &expires)
	cmd.RunE = t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
		terms.Expires = expires.at
		_, err := store.Assign(ctx, args[0], terms)
		return err
	})
	return cmd
}

// changeCommand is a command that changes one token or license, and prints nothing.
func (t *tool) changeCommand(
	verb, short string, change func(*authority.Store, context.Context, string) error,
) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " ID",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
			return change(store, ctx, args[0])
		}),
	}
}
