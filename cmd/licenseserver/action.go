package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority"
)

// action is what a command does with the store of the data directory.
type action func(ctx context.Context, store *authority.Store, args []string, out io.Writer) error

const (
	// silentWait is how long a command waits without saying so.
	silentWait = time.Second
	// longestAction bounds what a command does with an open database. SQLite itself waits up to 5 s for a lock.
	longestAction = 15 * time.Second
	// longestList bounds what reads a whole list. On a busy machine, 100,000 tokens take 15 s.
	longestList = 5 * time.Minute
)

// on performs an action on an existing authority. Creating one would answer a mistyped
// --data with an empty list.
func (t *tool) on(do action) func(*cobra.Command, []string) error {
	return t.with(authority.Source{}, bounded(do, longestAction))
}

// onList performs an action that reads a whole list of an existing authority.
func (t *tool) onList(do action) func(*cobra.Command, []string) error {
	return t.with(authority.Source{}, bounded(do, longestList))
}

// onNew performs an action on an authority, and creates it if it does not exist.
func (t *tool) onNew(do action) func(*cobra.Command, []string) error {
	return t.with(authority.Source{Create: true}, bounded(do, longestAction))
}

// forever performs an action without an end on an authority, and creates it if it does not exist.
func (t *tool) forever(do action) func(*cobra.Command, []string) error {
	return t.with(authority.Source{Create: true, Verify: true}, func(*cobra.Command) action { return do })
}

func (t *tool) with(source authority.Source, do func(*cobra.Command) action) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx := authority.WithActor(cmd.Context(), authority.Actor{Name: "command line"})
		source.Dir, source.Database = t.data, t.database
		answered := sayWait(cmd)
		store, err := authority.Open(ctx, source)
		answered()
		switch {
		case errors.Is(err, authority.ErrNone):
			return failed{fmt.Errorf(`%w; create one with "member add --admin EMAIL" or "serve"`, err)}
		case err != nil:
			return failed{explained(err)}
		}
		if err := errors.Join(do(cmd)(ctx, store, args, cmd.OutOrStdout()), store.Close()); err != nil {
			return failed{explained(err)}
		}
		return nil
	}
}

// bounded is an action that does not wait for ever, and says that it waits.
func bounded(do action, longest time.Duration) func(*cobra.Command) action {
	return func(cmd *cobra.Command) action {
		return func(ctx context.Context, store *authority.Store, args []string, out io.Writer) error {
			defer sayWait(cmd)()
			ctx, cancel := context.WithTimeout(ctx, longest)
			defer cancel()
			err := do(ctx, store, args, out)
			if ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("%w: the database did not answer within %s: try again", err, longest)
			}
			return err
		}
	}
}

// sayWait says after a while that the command waits, until answered is called.
func sayWait(cmd *cobra.Command) (answered func()) {
	timer := time.AfterFunc(silentWait, func() {
		signal.Ignore(unix.SIGPIPE) // nobody may read this, and the command goes on
		fmt.Fprintln(cmd.ErrOrStderr(), "licenseserver: waiting for the database, which another process may have locked")
	})
	return func() { timer.Stop() }
}

// remedies are for what an [authority.Refusal] says is missing.
var remedies = map[string]string{
	"CI key":             "see `licenseserver ci-key list`",
	"invite":             "see `licenseserver invite list`",
	"license":            "see `licenseserver license list`",
	"member":             "see `licenseserver member list`",
	"session":            "see `licenseserver session list`",
	"subscription":       "see `licenseserver subscription list`",
	"token":              "see `licenseserver token list`",
	"token or license":   "see `licenseserver token list`",
	"workspace":          "see `licenseserver workspace list`",
	"any subscription":   "use `licenseserver subscription create --plan PLAN --seats N`",
	"which subscription": "add --subscription ID, see `licenseserver subscription list`",
}

// explained says what to do about an error of the authority.
func explained(err error) error {
	if refused, ok := errors.AsType[authority.Refusal](err); ok && refused.Missing != "" {
		return fmt.Errorf("%w; %s", err, remedies[refused.Missing])
	}
	if authority.IsBusy(err) {
		return fmt.Errorf("%w: another process has kept the database locked: try again when it has ended", err)
	}
	return err
}
