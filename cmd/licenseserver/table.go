package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"localstack-entrypoint/internal/authority"
)

// column is a column of a list: its head, and what it says of a row.
type column[Row any] struct {
	head string
	cell func(Row) string
}

// nothing fills a cell that has nothing to say.
const nothing = "-"

func tokenColumns() []column[authority.Token] {
	// of is a cell about the license, which a token may not have.
	of := func(cell func(*authority.License) string) func(authority.Token) string {
		return func(t authority.Token) string {
			if t.License == nil {
				return nothing
			}
			return cell(t.License)
		}
	}
	return []column[authority.Token]{
		{"ID", func(t authority.Token) string { return t.ID }},
		{"TYPE", func(t authority.Token) string { return string(t.Kind) }},
		{"EMAIL", func(t authority.Token) string { return t.Email }},
		{"TOKEN", func(t authority.Token) string { return t.Hint }},
		{"STATUS", tokenStatus},
		{"LICENSE", of(func(l *authority.License) string { return l.ID })},
		{"PLAN", of(func(l *authority.License) string { return l.Plan })},
		{"LICENSE STATUS", of(licenseStatus)},
		{"EXPIRES", of(func(l *authority.License) string { return date(&l.Expires) })},
	}
}

func licenseColumns() []column[ownedLicense] {
	return []column[ownedLicense]{
		{"ID", func(l ownedLicense) string { return l.ID }},
		{"TOKEN ID", func(l ownedLicense) string { return l.TokenID }},
		{"PLAN", func(l ownedLicense) string { return l.Plan }},
		{"STATUS", func(l ownedLicense) string { return licenseStatus(&l.License) }},
		{"PRODUCTS", products},
		{"EXPIRES", func(l ownedLicense) string { return date(&l.Expires) }},
		{"LAST ACTIVATED", func(l ownedLicense) string { return date(l.LastActivated) }},
	}
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
		return nothing
	}
	return at.Format(time.RFC3339)
}

// writeTable prints one line for each row, in aligned columns.
func writeTable[Row any](out io.Writer, columns []column[Row], rows []Row) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	cells := make([]string, len(columns))
	for i, column := range columns {
		cells[i] = column.head
	}
	fmt.Fprintln(table, strings.Join(cells, "\t"))
	for _, row := range rows {
		for i, column := range columns {
			if cells[i] = column.cell(row); cells[i] == "" {
				cells[i] = nothing
			}
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("cannot print the list: %w", err)
	}
	return nil
}
