package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
)

func (t *tool) workspaceCommand() *cobra.Command {
	return group("workspace", "Create, list and rename workspaces",
		&cobra.Command{
			Use:   "create NAME",
			Short: "Create a workspace and print its ID",
			RunE: t.onNew(func(ctx context.Context, store *authority.Store, args []string, out io.Writer) error {
				created, err := store.CreateWorkspace(ctx, args[0])
				if err != nil {
					return err
				}
				return printLine(out, created.ID)
			}),
		},
		workspaceList().command(t, "list", "List the workspaces"),
		&cobra.Command{
			Use:   "rename WORKSPACE NAME",
			Short: "Give a workspace, named by name or ID, another name",
			RunE: t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
				workspace, err := store.Workspace(ctx, args[0])
				if err != nil {
					return fmt.Errorf("cannot rename the workspace: %w", err)
				}
				return store.In(workspace.ID).Rename(ctx, args[1])
			}),
		})
}

func workspaceList() listing[authority.Workspace] {
	return listing[authority.Workspace]{
		table: table[authority.Workspace]{
			head:  []string{"ID", "NAME", "CREATED"},
			cells: func(w authority.Workspace) []string { return []string{w.ID, w.Name, date(&w.Created)} },
		},
		rows: func(ctx context.Context, store *authority.Store, _ []string) ([]authority.Workspace, error) {
			return store.Workspaces(ctx)
		},
	}
}

// inWorkspaces lets the commands of a group choose a workspace.
func (t *tool) inWorkspaces(parent *cobra.Command) *cobra.Command {
	flags := parent.PersistentFlags()
	flags.StringVar(&t.workspace, "workspace", "", "`name` or ID of a workspace (default: the only one)")
	settings(flags)
	return parent
}

// scoped is what a command does in a workspace.
type scoped func(ctx context.Context, in authority.Scope, args []string, out io.Writer) error

// in performs an action in the workspace that the command line names.
func (t *tool) in(do scoped) func(*cobra.Command, []string) error {
	return t.on(t.chosen(do))
}

// inNew is in, and creates the authority and its first workspace if there is none.
func (t *tool) inNew(do scoped) func(*cobra.Command, []string) error {
	inChosen := t.chosen(do)
	return t.onNew(func(ctx context.Context, store *authority.Store, args []string, out io.Writer) error {
		if t.workspace == "" {
			if _, err := store.FirstWorkspace(ctx); err != nil {
				return err
			}
		}
		return inChosen(ctx, store, args, out)
	})
}

func (t *tool) chosen(do scoped) action {
	return func(ctx context.Context, store *authority.Store, args []string, out io.Writer) error {
		workspace, err := t.chooseWorkspace(ctx, store)
		if err != nil {
			return err
		}
		return do(ctx, store.In(workspace.ID), args, out)
	}
}

// chooseWorkspace returns the workspace of --workspace, or the only one.
func (t *tool) chooseWorkspace(ctx context.Context, store *authority.Store) (authority.Workspace, error) {
	all, err := store.Workspaces(ctx)
	if err != nil {
		return authority.Workspace{}, err
	}
	if len(all) == 0 {
		return authority.Workspace{},
			errors.New(`cannot choose a workspace: there is none; create one with "workspace create"`)
	}
	if t.workspace == "" {
		if len(all) > 1 {
			return authority.Workspace{}, fmt.Errorf("cannot choose a workspace: name one with --workspace: %s", listed(all))
		}
		return all[0], nil
	}
	chosen, err := store.Workspace(ctx, t.workspace)
	if _, refused := errors.AsType[authority.Refusal](err); refused {
		err = fmt.Errorf("cannot choose a workspace: %w; there are %s", err, listed(all))
	}
	return chosen, err
}

// listed names workspaces, for an error.
func listed(all []authority.Workspace) string {
	const most = 10
	var names []string
	for _, workspace := range all[:min(len(all), most)] {
		names = append(names, fmt.Sprintf("%s (%s)", plain(workspace.Name), workspace.ID))
	}
	if len(all) > most {
		names = append(names, fmt.Sprintf("and %d more", len(all)-most))
	}
	return strings.Join(names, ", ")
}

// printLine prints the result of a command, such as an ID.
func printLine(out io.Writer, text string) error {
	if _, err := fmt.Fprintln(out, text); err != nil {
		return fmt.Errorf("cannot print the result, but it is done: %w", err)
	}
	return nil
}

// everyPage reads a list to its end.
func everyPage[Row any](read func(after string) (authority.Page[Row], error)) (rows []Row, err error) {
	for after := ""; ; {
		page, err := read(after)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page.Rows...)
		if page.Next == "" {
			return rows, nil
		}
		after = page.Next
	}
}

func date(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Format(time.RFC3339)
}
