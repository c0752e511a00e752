package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
)

// listing is a command that prints rows.
type listing[Row any] struct {
	table[Row]
	rows func(context.Context, *authority.Store) ([]Row, error)
}

// command is the command that prints the list.
func (l listing[Row]) command(t *tool, short string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: short,
		Args:  cobra.NoArgs,
		RunE: t.on(func(ctx context.Context, store *authority.Store, _ []string, out io.Writer) error {
			rows, err := l.rows(ctx, store)
			if err != nil {
				return err
			}
			return l.print(out, rows, asJSON)
		}),
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON, for programs")
}

func tokenList() listing[authority.Token] {
	return listing[authority.Token]{rows: allTokens, table: table[authority.Token]{
		head: []string{"ID", "TYPE", "EMAIL", "TOKEN", "STATUS", "LICENSE", "PLAN", "LICENSE STATUS", "EXPIRES", "SIMULATES"},
		cells: func(t authority.Token) []string {
			cells := []string{t.ID, string(t.Kind), t.Email, t.Hint, tokenStatus(t)}
			if t.License == nil {
				return append(cells, "", "", "", "", t.Simulate)
			}
			return append(cells, t.License.ID, t.License.Plan, licenseStatus(t.License), date(&t.License.Expires), "")
		},
	}}
}

// ownedLicense is a license and its token.
type ownedLicense struct {
	authority.License
	TokenID string `json:"token_id"`
}

func licenseList() listing[ownedLicense] {
	return listing[ownedLicense]{rows: allLicenses, table: table[ownedLicense]{
		head: []string{"ID", "TOKEN ID", "PLAN", "STATUS", "PRODUCTS", "EXPIRES", "LAST ACTIVATED"},
		cells: func(l ownedLicense) []string {
			return []string{
				l.ID, l.TokenID, l.Plan, licenseStatus(&l.License), products(l), date(&l.Expires), date(l.LastActivated),
			}
		},
	}}
}

func allTokens(ctx context.Context, store *authority.Store) ([]authority.Token, error) {
	return store.Tokens(ctx)
}

func allLicenses(ctx context.Context, store *authority.Store) (owned []ownedLicense, err error) {
	tokens, err := store.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	for _, token := range tokens {
		if token.License != nil {
			owned = append(owned, ownedLicense{*token.License, token.ID})
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

func products(l ownedLicense) string {
	names := make([]string, len(l.Products))
	for i, product := range l.Products {
		names[i] = product.Name + "@" + product.Version
	}
	return strings.Join(names, ",")
}

func date(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Format(time.RFC3339)
}
