package main

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
)

func (t *tool) sessionCommand() *cobra.Command {
	parent := group("session", "List and end the sessions of browsers",
		t.sessionListCommand(), t.sessionEndCommand())
	return t.inWorkspaces(parent)
}

var sessionTable = table[authority.Session]{
	head: []string{"ID", "EMAIL", "ADDRESS", "CLIENT", "CREATED", "LAST USED", "EXPIRES"},
	cells: func(s authority.Session) []string {
		return []string{s.ID, s.Email, s.Address, s.Client, date(&s.Created), date(&s.LastUsed), date(&s.Expires)}
	},
}

func (t *tool) sessionListCommand() *cobra.Command {
	return listing[authority.Session]{sessionTable, t.sessions}.command(t, "list [WHO]",
		"List the sessions of all members, or of one")
}

// sessions returns those of a workspace, or of the member whom args name.
func (t *tool) sessions(ctx context.Context, store *authority.Store, args []string) ([]authority.Session, error) {
	workspace, err := t.chooseWorkspace(ctx, store)
	if err != nil {
		return nil, err
	}
	member := ""
	if len(args) > 0 {
		found, err := store.In(workspace.ID).Member(ctx, args[0])
		if err != nil {
			return nil, err
		}
		member = found.ID
	}
	sessions, err := store.Sessions(ctx, member)
	return slices.DeleteFunc(sessions, func(s authority.Session) bool { return s.WorkspaceID != workspace.ID }), err
}

func (t *tool) sessionEndCommand() *cobra.Command {
	var who string
	cmd := &cobra.Command{
		Use:   "end [ID]",
		Short: "End a session, or all of a member with --member",
	}
	cmd.Flags().StringVar(&who, "member", "", "end all sessions of this member, `WHO` is an email address or an ID")
	cmd.PreRunE = func(_ *cobra.Command, args []string) error {
		if (len(args) == 1) == (who != "") {
			return errors.New("give the ID of a session, or --member WHO")
		}
		return nil
	}
	cmd.RunE = t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
		if who == "" {
			return store.EndSession(ctx, "", args[0])
		}
		workspace, err := t.chooseWorkspace(ctx, store)
		if err != nil {
			return err
		}
		member, err := store.In(workspace.ID).Member(ctx, who)
		if err != nil {
			return err
		}
		_, err = store.EndSessions(ctx, member.ID, "")
		return err
	})
	return cmd
}
