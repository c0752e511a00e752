package main

import (
	"context"
	"errors"
	"io"
	"strings"
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
	parent := group("license", "List, assign and change licenses",
		t.licenseListCommand(),
		t.licenseAssignCommand(),
		t.licenseUnassignCommand(),
		t.changeCommand("expire", "Expire a license until it is assigned again", expire),
		t.changeCommand("suspend", "Suspend a license until it is assigned again", suspend))
	parent.Long = `List, assign and change licenses. A member and a token without a member have at
most one license. OWNER is the email address or the ID of a member, or the ID of
a token or of a license: member_…, token_… or license_…`
	return t.inWorkspaces(parent)
}

func (t *tool) licenseAssignCommand() *cobra.Command {
	var terms authority.Terms
	var expires expiry
	var subscription string
	cmd := &cobra.Command{
		Use:   "assign OWNER",
		Short: "Assign a seat to a member or a CI key; give a token its license, and renew it",
		Long: `Assign a seat of a subscription to a member or, with --subscription, to a token
without a member. A member gets a seat of the subscription that they had before,
or of the only one.

Without --subscription, give a token its license, or a new one if it has none. A
suspended license becomes active. An expired license is extended by a year. The
flags change the terms of the license; terms without a flag stay as they are. The
terms of a seat are those of its subscription, and "subscription" changes them.`,
	}
	termFlags(cmd, &terms, &expires)
	cmd.Flags().StringVar(&subscription, "subscription", "", "`ID` of a subscription")
	cmd.RunE = t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
		terms.Expires = expires.at
		if subscription == "" && !isMember(args[0]) {
			_, err := store.Assign(ctx, args[0], terms)
			return err
		}
		if terms != (authority.Terms{}) {
			return errors.New(`a seat has the terms of its subscription: use "subscription change"`)
		}
		workspace, err := t.chooseWorkspace(ctx, store)
		if err != nil {
			return err
		}
		_, err = store.In(workspace.ID).AssignLicense(ctx, args[0], subscription)
		return err
	})
	return cmd
}

func (t *tool) licenseUnassignCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "unassign OWNER",
		Short: "Take a license from its member or token until it is assigned again",
		RunE: t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
			if !isMember(args[0]) {
				return store.Unassign(ctx, args[0])
			}
			workspace, err := t.chooseWorkspace(ctx, store)
			if err != nil {
				return err
			}
			return store.In(workspace.ID).UnassignLicense(ctx, args[0])
		}),
	}
}

// isMember reports whether the owner of a license is named as a member.
func isMember(owner string) bool {
	return strings.Contains(owner, "@") || strings.HasPrefix(owner, "member_")
}

// changeCommand is a command that changes one token or license, and prints nothing.
func (t *tool) changeCommand(
	verb, short string, change func(*authority.Store, context.Context, string) error,
) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " ID",
		Short: short,
		RunE: t.on(func(ctx context.Context, store *authority.Store, args []string, _ io.Writer) error {
			return change(store, ctx, args[0])
		}),
	}
}
