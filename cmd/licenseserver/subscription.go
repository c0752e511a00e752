package main

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/license"
)

func (t *tool) subscriptionCommand() *cobra.Command {
	set := func(verb, short string, change func(authority.Subscription) authority.SubscriptionChange) *cobra.Command {
		return &cobra.Command{
			Use:   verb + " ID",
			Short: short,
			RunE: t.in(func(ctx context.Context, in authority.Scope, args []string, _ io.Writer) error {
				before, err := in.Subscription(ctx, args[0])
				if err != nil {
					return err
				}
				_, err = in.ChangeSubscription(ctx, args[0], change(before))
				return err
			}),
		}
	}
	parent := group("subscription", "Create, list and change subscriptions, whose seats are licenses",
		t.subscriptionCreateCommand(),
		scopedListing[authority.Subscription]{table: subscriptionTable,
			rows: func(ctx context.Context, in authority.Scope, _ []string) ([]authority.Subscription, error) {
				return in.Subscriptions(ctx)
			},
		}.command(t, "list", "List the subscriptions"),
		t.subscriptionChangeCommand(),
		set("suspend", "Suspend a subscription, and all its licenses",
			func(authority.Subscription) authority.SubscriptionChange {
				return authority.SubscriptionChange{Status: license.StatusSuspended}
			}),
		set("activate", "Activate a subscription, and extend it by a year if it has expired", activation),
		set("expire", "Expire a subscription now",
			func(authority.Subscription) authority.SubscriptionChange {
				return authority.SubscriptionChange{Terms: authority.Terms{Expires: time.Now()}}
			}))
	parent.Long = `Create, list and change subscriptions. A subscription has a plan, products, an end
and a number of seats. A seat is a license that is assigned to a member or to a
CI key. Changes count at the next activation of a container.

A token that "token create" makes has its license for itself, and takes no seat.`
	return t.inWorkspaces(parent)
}

// activation undoes what "suspend" and "expire" do.
func activation(before authority.Subscription) authority.SubscriptionChange {
	change := authority.SubscriptionChange{Status: license.StatusActive}
	if !time.Now().Before(before.Expires) {
		change.Terms.Expires = time.Now().AddDate(1, 0, 0)
	}
	return change
}

var subscriptionTable = table[authority.Subscription]{
	head: []string{"ID", "PLAN", "STATUS", "PRODUCTS", "SEATS", "USED", "EXPIRES"},
	cells: func(s authority.Subscription) []string {
		return []string{
			s.ID, s.Plan, s.Status, products(s.Products), strconv.Itoa(s.Seats), strconv.Itoa(s.Used), date(&s.Expires),
		}
	},
}

func (t *tool) subscriptionCreateCommand() *cobra.Command {
	var terms authority.Terms
	var expires expiry
	var seats int
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a subscription and print its ID",
		RunE: t.inNew(func(ctx context.Context, in authority.Scope, _ []string, out io.Writer) error {
			terms.Expires = expires.at
			created, err := in.CreateSubscription(ctx, terms, seats)
			if err != nil {
				return err
			}
			return printLine(out, created.ID)
		}),
	}
	termFlags(cmd, &terms, &expires)
	cmd.Flags().IntVar(&seats, "seats", 1, "`number` of licenses")
	return cmd
}

func (t *tool) subscriptionChangeCommand() *cobra.Command {
	var terms authority.Terms
	var expires expiry
	var seats int
	cmd := &cobra.Command{
		Use:   "change ID",
		Short: "Change the terms of a subscription; what has no flag stays as it is",
	}
	termFlags(cmd, &terms, &expires)
	cmd.Flags().IntVar(&seats, "seats", 0, "`number` of licenses; not fewer than are used")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return t.in(func(ctx context.Context, in authority.Scope, args []string, _ io.Writer) error {
			terms.Expires = expires.at
			change := authority.SubscriptionChange{Terms: terms}
			if cmd.Flags().Changed("seats") {
				change.Seats = &seats
			}
			_, err := in.ChangeSubscription(ctx, args[0], change)
			return err
		})(cmd, args)
	}
	return cmd
}
