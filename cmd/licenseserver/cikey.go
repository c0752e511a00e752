package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
)

func (t *tool) ciKeyCommand() *cobra.Command {
	parent := group("ci-key", "Create, list, rename, rotate and revoke CI keys, and show their use",
		t.ciKeyCreateCommand(),
		scopedListing[authority.Token]{table: ciKeyTable, rows: ciKeys}.command(t, "list", "List the CI keys"),
		&cobra.Command{
			Use:   "rename ID NAME",
			Short: "Give a CI key another name",
			RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, _ io.Writer) error {
				return in.RenameCIToken(ctx, args[0], args[1])
			}),
		},
		&cobra.Command{
			Use:   "rotate ID",
			Short: "Replace a CI key with a new one and print it once; the old one is invalid at once",
			RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, out io.Writer) error {
				secret, err := in.RotateCIToken(ctx, args[0])
				if err != nil {
					return err
				}
				return printToken(out, secret, args[0])
			}),
		},
		&cobra.Command{
			Use:   "revoke ID",
			Short: "Revoke a CI key permanently and immediately, and free its seat",
			RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, _ io.Writer) error {
				return in.RevokeCIToken(ctx, args[0])
			}),
		},
		t.ciKeyUseCommand())
	parent.Long = `Create, list, rename, rotate and revoke CI keys, and show their use. A CI key is a
CI Auth Token, lsci-…, of the workspace. It has a name, and a license if it has a
seat of a subscription. ID is the ID of the key, token_…`
	return t.inWorkspaces(parent)
}

func ciKeys(ctx context.Context, in authority.Scope, _ []string) ([]authority.Token, error) {
	return everyPage(func(before string) (authority.Page[authority.Token], error) { return in.CITokens(ctx, before) })
}

var ciKeyTable = table[authority.Token]{
	head: []string{"ID", "NAME", "TOKEN", "STATUS", "LICENSE", "PLAN", "LICENSE STATUS", "CREATED", "LAST USED"},
	cells: func(t authority.Token) []string {
		cells := []string{t.ID, t.Name, t.Hint, tokenStatus(t), "", "", "", date(&t.Created), date(t.LastUsed)}
		if t.License != nil {
			copy(cells[4:], []string{t.License.ID, t.License.Plan, licenseStatus(t.License)})
		}
		return cells
	},
}

func (t *tool) ciKeyCreateCommand() *cobra.Command {
	var subscription string
	var unassigned bool
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create a CI key and print it once",
		Long: `Create a CI key, assign a license to it, and print it. It cannot be printed
again. If no license can be assigned, a message says why, and the key waits for
"license assign".`,
	}
	cmd.Flags().StringVar(&subscription, "subscription", "", "`ID` of the subscription (default: the only one)")
	cmd.Flags().BoolVar(&unassigned, "unassigned", false, "assign no license")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return t.inNew(func(ctx context.Context, in authority.Scope, args []string, out io.Writer) error {
			token, secret, err := in.CreateCIToken(ctx, args[0])
			if err != nil {
				return err
			}
			if err := printToken(out, secret, token.ID); err != nil || unassigned {
				return err
			}
			if _, err := in.AssignLicense(ctx, token.ID, subscription); err != nil {
				return fmt.Errorf("the CI key %s was made, but has no license: %w", token.ID, err)
			}
			return nil
		})(cmd, args)
	}
	return cmd
}

// useTable is what "ci-key use" prints.
var useTable = table[authority.Activation]{
	head: []string{"DAY", "MACHINE", "ACTIVATIONS"},
	cells: func(a authority.Activation) []string {
		return []string{a.Day.Format(time.DateOnly), a.Machine, strconv.FormatInt(a.Count, 10)}
	},
}

func (t *tool) ciKeyUseCommand() *cobra.Command {
	var limit int
	cmd := listing[authority.Activation]{useTable,
		func(ctx context.Context, store *authority.Store, args []string) ([]authority.Activation, error) {
			workspace, err := t.chooseWorkspace(ctx, store)
			if err != nil {
				return nil, err
			}
			token, err := store.In(workspace.ID).CIToken(ctx, args[0])
			if err != nil {
				return nil, err
			}
			return store.Activations(ctx, token.ID, limit)
		}}.command(t, "use ID", "List the activations of a CI key, by day and machine")
	cmd.Flags().IntVar(&limit, "limit", 1000, "`number` of rows at most")
	return cmd
}
