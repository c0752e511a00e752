package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
)

func (t *tool) auditCommand() *cobra.Command {
	return t.inWorkspaces(group("audit", "Show the audit log", t.auditListCommand()))
}

var auditTable = table[authority.Entry]{
	head: []string{"AT", "ACTOR", "ADDRESS", "ACTION", "SUBJECT", "DETAIL"},
	cells: func(e authority.Entry) []string {
		return []string{date(&e.At), e.Actor, e.Address, e.Action, e.Subject, e.Detail}
	},
}

func (t *tool) auditListCommand() *cobra.Command {
	var limit int
	var since past
	cmd := listing[authority.Entry]{auditTable,
		func(ctx context.Context, store *authority.Store, _ []string) ([]authority.Entry, error) {
			read := store.AuditLog
			if t.workspace != "" {
				workspace, err := t.chooseWorkspace(ctx, store)
				if err != nil {
					return nil, err
				}
				read = store.In(workspace.ID).AuditLog
			}
			return entriesSince(ctx, read, since.at, limit)
		}}.command(t, "list", "List who did what, when, and from where; the newest first")
	cmd.Long = `List who did what, when, and from where; the newest first. Without --workspace,
what happened in all workspaces is listed.`
	cmd.Flags().IntVar(&limit, "limit", 100, "`number` of rows at most; 0 for all")
	cmd.Flags().Var(&since, "since", "only what happened since then: a duration such as 36h or 30d, or a `date` in UTC")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if limit < 0 {
			return errors.New("--limit must not be negative")
		}
		return nil
	}
	return cmd
}

// entriesSince reads pages of the audit log back to a time, but at most a number of entries; 0 for all.
func entriesSince(
	ctx context.Context, read func(context.Context, string) (authority.Page[authority.Entry], error),
	since time.Time, most int,
) (entries []authority.Entry, err error) {
	for before := ""; ; {
		page, err := read(ctx, before)
		if err != nil {
			return nil, err
		}
		entries = append(entries, page.Rows...)
		isOld := func(e authority.Entry) bool { return e.At.Before(since) }
		if end := slices.IndexFunc(entries, isOld); end >= 0 {
			return entries[:end], nil
		}
		if most > 0 && len(entries) >= most {
			return entries[:most], nil
		}
		if page.Next == "" {
			return entries, nil
		}
		before = page.Next
	}
}

// past is a flag for a time: what expiry reads, but a duration goes back.
type past struct{ expiry }

// Set reads a time.
func (p *past) Set(text string) error {
	if strings.ContainsAny(text[max(0, len(text)-1):], "dhms") {
		if err := p.expiry.Set("-" + strings.TrimPrefix(text, "-")); err != nil {
			return err
		}
		p.text = text
		return nil
	}
	return p.expiry.Set(text)
}
