package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
)

func (t *tool) memberCommand() *cobra.Command {
	parent := group("member", "Add, list, change and remove members",
		t.memberAddCommand(),
		t.memberListCommand(),
		t.memberShowCommand(),
		t.memberChange("role WHO admin|member", "Make a member an Admin, or a plain member again",
			func(args []string) (change authority.MemberChange, err error) {
				role := authority.Role(args[0])
				change.Role = &role
				return change, nil
			}),
		t.memberChange("permissions WHO [PERMISSION…]", "Replace the permissions of a member",
			func(args []string) (change authority.MemberChange, err error) {
				permissions := permissionsOf(args)
				change.Permissions = &permissions
				return change, nil
			}),
		t.memberChange("rename WHO NAME", "Give a member another name",
			func(args []string) (change authority.MemberChange, err error) {
				change.Name = &args[0]
				return change, nil
			}),
		&cobra.Command{
			Use:   "remove WHO",
			Short: "Remove a member: tokens, sessions and the license end at once",
			RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, _ io.Writer) error {
				return in.RemoveMember(ctx, args[0])
			}),
		},
		t.linkCommand("reset-link WHO", "Print a one-time link by which a member sets a new password"),
		&cobra.Command{
			Use:   "unlink WHO",
			Short: "Let a member log in with another account of the OIDC provider",
			RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, _ io.Writer) error {
				return in.UnlinkMember(ctx, args[0])
			}),
		})
	parent.Long = `Add, list, change and remove members. WHO is an email address or an ID,
member_…

A Workspace Admin may do everything. A Workspace Member may use what is their
own, and what these permissions allow:

` + permissionTable()
	return t.inWorkspaces(parent)
}

func permissionTable() string {
	var lines []string
	for _, one := range authority.Permissions() {
		lines = append(lines, fmt.Sprintf("  %-18s %s", one.Permission, one.Text))
	}
	return strings.Join(lines, "\n")
}

func permissionsOf(names []string) []authority.Permission {
	permissions := make([]authority.Permission, len(names))
	for i, name := range names {
		permissions[i] = authority.Permission(name)
	}
	return permissions
}

func (t *tool) memberAddCommand() *cobra.Command {
	var wanted authority.NewMember
	var isAdmin bool
	var permissions []string
	cmd := &cobra.Command{
		Use:   "add EMAIL",
		Short: "Add a member and print their one-time link",
		Long: `Add a member, and print the link by which they set a password and join. It is
good once, for 7 days, and cannot be printed again. This is how the first Admin
gets in: member add --admin EMAIL. No email is sent.`,
	}
	flags := cmd.Flags()
	flags.BoolVar(&isAdmin, "admin", false, "make them a Workspace Admin")
	flags.StringVar(&wanted.Name, "name", "", "`name` of the member (default: they choose it)")
	flags.StringSliceVar(&permissions, "permission", nil, "`permission` of the member; repeatable")
	t.publicFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return t.inNew(func(ctx context.Context, in authority.Scope, args []string, out io.Writer) error {
			wanted.Email, wanted.Permissions = args[0], permissionsOf(permissions)
			if isAdmin {
				wanted.Role = authority.Admin
			}
			_, invite, err := in.AddMember(ctx, wanted)
			if err != nil {
				return err
			}
			return t.printLink(cmd, out, invite)
		})(cmd, args)
	}
	return cmd
}

// memberChange is a command that changes a member, and prints nothing.
func (t *tool) memberChange(
	use, short string, read func([]string) (authority.MemberChange, error),
) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, _ io.Writer) error {
			change, err := read(args[1:])
			if err != nil {
				return err
			}
			_, err = in.ChangeMember(ctx, args[0], change)
			return err
		}),
	}
}

var memberTable = table[authority.Member]{
	head: []string{"ID", "EMAIL", "NAME", "ROLE", "PERMISSIONS", "JOINED", "LICENSE", "PLAN", "LICENSE STATUS", "EXPIRES"},
	cells: func(m authority.Member) []string {
		cells := []string{m.ID, m.Email, m.Name, string(m.Role), words(m.Permissions), date(m.Joined)}
		if m.License == nil {
			return append(cells, "", "", "", "")
		}
		return append(cells, m.License.ID, m.License.Plan, licenseStatus(m.License), date(&m.License.Expires))
	},
}

func (t *tool) memberListCommand() *cobra.Command {
	var search string
	list := scopedListing[authority.Member]{
		table: memberTable,
		rows: func(ctx context.Context, in authority.Scope, _ []string) ([]authority.Member, error) {
			return everyPage(func(after string) (authority.Page[authority.Member], error) {
				return in.Members(ctx, search, after)
			})
		},
	}
	cmd := list.command(t, "list", "List the members")
	cmd.Flags().StringVar(&search, "search", "", "`part` of the email address")
	return cmd
}

// shownMember is what "member show" prints.
type shownMember struct {
	authority.Member
	Tokens []authority.Token `json:"tokens"`
}

func (t *tool) memberShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show WHO",
		Short: "Show a member, the license and the tokens",
		RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, out io.Writer) error {
			member, err := in.Member(ctx, args[0])
			if err != nil {
				return err
			}
			tokens, err := in.MemberTokens(ctx, member.ID)
			if err != nil {
				return err
			}
			if asJSON {
				text, err := terminalJSON(shownMember{member, tokens})
				return errors.Join(err, printLine(out, strings.TrimSuffix(text, "\n")))
			}
			return printLine(out, strings.TrimSuffix(memberTable.text([]authority.Member{member}), "\n")+"\n\n"+
				strings.TrimSuffix(memberTokenTable.text(tokens), "\n"))
		}),
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

var memberTokenTable = table[authority.Token]{
	head: []string{"TOKEN ID", "NAME", "TOKEN", "CREATED", "LAST USED", "EXPIRES"},
	cells: func(t authority.Token) []string {
		return []string{t.ID, t.Name, t.Hint, date(&t.Created), date(t.LastUsed), date(t.Expires)}
	},
}

// words are texts with commas between them.
func words[Word ~string](all []Word) string {
	texts := make([]string, len(all))
	for i, word := range all {
		texts[i] = string(word)
	}
	return strings.Join(texts, ",")
}
