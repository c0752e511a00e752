package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"localstack-entrypoint/internal/authority"
)

func (t *tool) inviteCommand() *cobra.Command {
	parent := group("invite", "Create, list and revoke one-time links",
		t.inviteCreateCommand(),
		scopedListing[authority.Invite]{
			table: table[authority.Invite]{
				head: []string{"MEMBER ID", "EMAIL", "ROLE", "CREATED", "EXPIRES"},
				cells: func(i authority.Invite) []string {
					return []string{i.Member.ID, i.Member.Email, string(i.Member.Role), date(&i.Created), date(&i.Expires)}
				},
			},
			rows: func(ctx context.Context, in authority.Scope, _ []string) ([]authority.Invite, error) {
				return everyPage(func(after string) (authority.Page[authority.Invite], error) { return in.Invites(ctx, after) })
			},
		}.command(t, "list", "List the links that can be used"),
		&cobra.Command{
			Use:   "revoke WHO",
			Short: "Revoke the link of a member",
			RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, _ io.Writer) error {
				return in.RevokeInvite(ctx, args[0])
			}),
		})
	parent.Long = `Create, list and revoke one-time links, by which members set a password and
join. A member has at most one link: a new one revokes the one before. WHO is an
email address or the ID of a member.`
	return t.inWorkspaces(parent)
}

func (t *tool) inviteCreateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create WHO",
		Short: "Print a new one-time link; an email address without a member becomes one",
	}
	t.publicFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return t.inNew(func(ctx context.Context, in authority.Scope, args []string, out io.Writer) error {
			invite, err := in.Invite(ctx, args[0])
			if refused, ok := errors.AsType[authority.Refusal](err); ok && refused.Verdict == authority.NotFound {
				_, invite, err = in.AddMember(ctx, authority.NewMember{Email: args[0]})
			}
			if err != nil {
				return err
			}
			return t.printLink(cmd, out, invite)
		})(cmd, args)
	}
	return cmd
}

// linkCommand prints a new link of a member.
func (t *tool) linkCommand(use, short string) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short}
	t.publicFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return t.in(func(ctx context.Context, in authority.Scope, args []string, out io.Writer) error {
			invite, err := in.Invite(ctx, args[0])
			if err != nil {
				return err
			}
			return t.printLink(cmd, out, invite)
		})(cmd, args)
	}
	return cmd
}

// publicFlag is the setting --public-url of a command that prints links; serve has the same.
func (t *tool) publicFlag(cmd *cobra.Command) {
	only := pflag.NewFlagSet("", pflag.ContinueOnError)
	only.Var(publicURL{&t.public}, "public-url", "`URL` of the server, for the link, such as https://licenses.example.org")
	settings(only)
	cmd.Flags().AddFlagSet(only)
}

// printLink prints a one-time link to out, and nothing else; what to know about it goes to stderr.
func (t *tool) printLink(cmd *cobra.Command, out io.Writer, invite authority.Invite) error {
	link := "/invite/" + invite.Secret.Reveal()
	if t.public != nil {
		link = t.public.String() + link
	}
	if err := printSecret(out, link); err != nil {
		return fmt.Errorf("cannot print the link of %s, so make another with \"invite create\": %w", invite.Member.Email, err)
	}
	stderr := cmd.ErrOrStderr()
	fmt.Fprintf(stderr, "The link is for %s, once, until %s.\n", invite.Member.Email, date(&invite.Expires))
	if t.public == nil {
		fmt.Fprintln(stderr, "Put the URL of the server before it, or set --public-url or LICENSESERVER_PUBLIC_URL.")
	}
	return nil
}
