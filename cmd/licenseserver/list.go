package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/license"
)

// listing is a command that prints rows.
type listing[Row any] struct {
	table[Row]
	rows func(ctx context.Context, store *authority.Store, args []string) ([]Row, error)
}

// command is the command that prints the list. It prints when the store is closed: its reader may take its time.
func (l listing[Row]) command(t *tool, use, short string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: use, Short: short}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var rows []Row
		read := t.onList(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) (err error) {
			rows, err = l.rows(ctx, store, args)
			return err
		})
		if err := read(cmd, args); err != nil {
			return err
		}
		if err := l.print(cmd.OutOrStdout(), rows, asJSON); err != nil {
			return failed{err}
		}
		return nil
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// scopedListing is a listing of what a workspace has.
type scopedListing[Row any] struct {
	table[Row]
	rows func(ctx context.Context, in authority.Scope, args []string) ([]Row, error)
}

// command is the command that prints the list.
func (l scopedListing[Row]) command(t *tool, use, short string) *cobra.Command {
	return listing[Row]{l.table, func(ctx context.Context, store *authority.Store, args []string) ([]Row, error) {
		workspace, err := t.chooseWorkspace(ctx, store)
		if err != nil {
			return nil, err
		}
		return l.rows(ctx, store.In(workspace.ID), args)
	}}.command(t, use, short)
}

func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON, for programs")
}

func (t *tool) tokenListCommand() *cobra.Command {
	return listing[authority.Token]{
		table: table[authority.Token]{
			head: []string{
				"ID", "TYPE", "EMAIL", "TOKEN", "STATUS", "LICENSE", "PLAN", "LICENSE STATUS", "EXPIRES", "SIMULATES", "NAME",
			},
			cells: func(t authority.Token) []string {
				cells := []string{t.ID, string(t.Kind), t.Email, t.Hint, tokenStatus(t), "", "", "", "", t.Simulate, t.Name}
				if l := t.License; l != nil {
					copy(cells[5:], []string{l.ID, l.Plan, licenseStatus(l), date(&l.Expires)})
				}
				return cells
			},
		},
		rows: func(ctx context.Context, store *authority.Store, _ []string) ([]authority.Token, error) {
			return t.tokens(ctx, store)
		},
	}.command(t, "list", "List the tokens and their licenses")
}

// tokens returns the tokens of the workspace of --workspace; those of all workspaces without it.
func (t *tool) tokens(ctx context.Context, store *authority.Store) ([]authority.Token, error) {
	tokens, err := store.Tokens(ctx)
	if err != nil || t.workspace == "" {
		return tokens, err
	}
	workspace, err := t.chooseWorkspace(ctx, store)
	return slices.DeleteFunc(tokens, func(token authority.Token) bool { return token.WorkspaceID != workspace.ID }), err
}

// ownedLicense is a license, and the token or the member whose it is.
type ownedLicense struct {
	authority.License
	TokenID  string `json:"token_id"`
	MemberID string `json:"member_id,omitempty"`
	Email    string `json:"email,omitempty"`
}

func (t *tool) licenseListCommand() *cobra.Command {
	return listing[ownedLicense]{
		table: table[ownedLicense]{
			head: []string{"ID", "TOKEN ID", "PLAN", "STATUS", "PRODUCTS", "EXPIRES", "LAST ACTIVATED", "EMAIL"},
			cells: func(l ownedLicense) []string {
				return []string{
					l.ID, l.TokenID, l.Plan, licenseStatus(&l.License), products(l.Products), date(&l.Expires),
					date(l.LastActivated), l.Email,
				}
			},
		},
		rows: t.licenses,
	}.command(t, "list", "List the licenses")
}

// licenses returns those of tokens without a member, and those of members.
func (t *tool) licenses(ctx context.Context, store *authority.Store, _ []string) (owned []ownedLicense, err error) {
	tokens, err := t.tokens(ctx, store)
	if err != nil {
		return nil, err
	}
	for _, token := range tokens {
		if token.License != nil && token.MemberID == "" {
			owned = append(owned, ownedLicense{License: *token.License, TokenID: token.ID, Email: token.Email})
		}
	}
	workspaces, err := store.Workspaces(ctx)
	if t.workspace != "" {
		workspaces = make([]authority.Workspace, 1)
		workspaces[0], err = t.chooseWorkspace(ctx, store)
	}
	if err != nil {
		return nil, err
	}
	for _, workspace := range workspaces {
		members, err := everyPage(func(after string) (authority.Page[authority.Member], error) {
			return store.In(workspace.ID).Members(ctx, "", after)
		})
		if err != nil {
			return nil, err
		}
		for _, member := range members {
			if member.License != nil {
				owned = append(owned, ownedLicense{License: *member.License, MemberID: member.ID, Email: member.Email})
			}
		}
	}
	return owned, nil
}

func tokenStatus(t authority.Token) string {
	if t.Revoked {
		return "REVOKED"
	}
	return "ACTIVE"
}

func licenseStatus(l *authority.License) string {
	if !l.Assigned {
		return "UNASSIGNED"
	}
	return l.Status
}

func products(all []license.Product) string {
	names := make([]string, len(all))
	for i, product := range all {
		names[i] = product.Name + "@" + product.Version
	}
	return strings.Join(names, ",")
}
