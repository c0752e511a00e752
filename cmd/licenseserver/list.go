package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
)

// list is what a list command prints of the tokens and their licenses.
type list[Row any] struct {
	rows func([]authority.Token) []Row
	head []string
	// cells are the columns of a row. An empty one is printed as a dash.
	cells func(Row) []string
}

// command is the command that prints the list.
func (l list[Row]) command(t *tool, short string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: short,
		Args:  cobra.NoArgs,
		RunE: t.on(func(ctx context.Context, store *authority.Store, _ []string, out io.Writer) error {
			tokens, err := store.Tokens(ctx)
			if err != nil {
				return err
			}
			write := l.writeTable
			if asJSON {
				write = writeJSON
			}
			if err := write(out, l.rows(tokens)); err != nil {
				return fmt.Errorf("cannot print the list: %w", err)
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func writeJSON[Row any](out io.Writer, rows []Row) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(rows)
}

func (l list[Row]) writeTable(out io.Writer, rows []Row) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(l.head, "\t"))
	for _, row := range rows {
		cells := l.cells(row)
		for i, cell := range cells {
			if cell == "" {
				cells[i] = "-"
			}
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

func tokenList() list[authority.Token] {
	return list[authority.Token]{
		rows: func(tokens []authority.Token) []authority.Token { return tokens },
		head: []string{"ID", "TYPE", "EMAIL", "TOKEN", "STATUS", "LICENSE", "PLAN", "LICENSE STATUS", "EXPIRES", "SIMULATES"},
		cells: func(t authority.Token) []string {
			cells := []string{t.ID, string(t.Kind), t.Email, t.Hint, tokenStatus(t)}
			if t.License == nil {
				return append(cells, "", "", "", "", t.Simulate)
			}
			return append(cells, t.License.ID, t.License.Plan, licenseStatus(t.License), date(&t.License.Expires), "")
		},
	}
}

// ownedLicense is a license and its token.
type ownedLicense struct {
	authority.License
	TokenID string `json:"token_id"`
}

func licenseList() list[ownedLicense] {
	return list[ownedLicense]{
		rows: licensesOf,
		head: []string{"ID", "TOKEN ID", "PLAN", "STATUS", "PRODUCTS", "EXPIRES", "LAST ACTIVATED"},
		cells: func(l ownedLicense) []string {
			return []string{
				l.ID, l.TokenID, l.Plan, licenseStatus(&l.License), products(l), date(&l.Expires), date(l.LastActivated),
			}
		},
	}
}

func licensesOf(tokens []authority.Token) []ownedLicense {
	owned := []ownedLicense{} // [] in JSON instead of null
	for _, token := range tokens {
		if token.License != nil {
			owned = append(owned, ownedLicense{*token.License, token.ID})
		}
	}
	return owned
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
