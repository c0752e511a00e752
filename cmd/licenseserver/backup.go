package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"localstack-entrypoint/internal/authority"
)

func (t *tool) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup DIR",
		Short: "Copy the authority to a new directory, also while the server runs",
		Long: `Copy the authority, with its key, to the directory DIR, which must be new or
empty. The server may run: the copy has all that was done before the backup
began. DIR is complete, or not there at all.

Whoever has a backup can answer clients as your authority does: keep it as you
keep the data directory. A copy of the data directory by other programs is a
backup only if the server is stopped.

With --database, only the key is copied, and the command for pg_dump is printed.`,
		RunE: t.direct(func(ctx context.Context, args []string, out io.Writer) error {
			if err := authority.Backup(ctx, t.source(), args[0]); err != nil {
				return err
			}
			if t.database != "" {
				fmt.Fprintf(out, "The key is in %s. Now back up the database:\n\n  %s\n",
					args[0], authority.DumpCommand(t.database, args[0]))
				return nil
			}
			fmt.Fprintf(out, "backed up %s to %s\n", t.data, args[0])
			return nil
		}),
	}
}

func (t *tool) restoreCommand() *cobra.Command {
	var replace bool
	cmd := &cobra.Command{
		Use:   "restore DIR",
		Short: "Put a backup in place of the authority",
		Long: `Put the backup in DIR into the data directory. The server must be stopped. The
backup is checked first, and stays as it is. An authority is replaced only with
--replace; its files are kept, in a directory whose name begins with "replaced-".

With --database, only the key is restored, and the command for pg_restore is
printed.`,
	}
	cmd.Flags().BoolVar(&replace, "replace", false, "replace the authority that is there")
	cmd.RunE = t.direct(func(ctx context.Context, args []string, out io.Writer) error {
		aside, err := authority.Restore(ctx, t.source(), args[0], replace)
		if errors.Is(err, authority.ErrExists) {
			return fmt.Errorf("%w; to replace it, stop the server and add --replace", err)
		}
		if err != nil {
			return err
		}
		if aside != "" {
			fmt.Fprintf(out, "what was replaced is in %s\n", aside)
		}
		if t.database != "" {
			fmt.Fprintf(out, "The key is restored. Now restore the database:\n\n  %s\n",
				authority.RestoreCommand(t.database, args[0]))
			return nil
		}
		fmt.Fprintf(out, "restored %s to %s\n", args[0], t.data)
		return nil
	})
	return cmd
}

func (t *tool) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the authority, and say what to do about each problem",
		Long: `Check the files of the authority, their modes, the database and its content, and
that the key fits. Nothing is changed, and the server may run. Each problem is one
line, with what to do about it, and the exit code is then 1.`,
		RunE: t.direct(func(ctx context.Context, _ []string, out io.Writer) error {
			findings, err := authority.Check(ctx, t.source())
			if err != nil {
				return fmt.Errorf("cannot check %s: %w", t.data, err)
			}
			for _, found := range findings {
				what := strings.Join(strings.Fields(withoutTokens(found.What)), " ") // errors have line ends
				fmt.Fprintf(out, "%s; %s\n", plain(what), found.Do)
			}
			if len(findings) > 0 {
				return fmt.Errorf("problems found in %s: %d", t.data, len(findings))
			}
			fmt.Fprintf(out, "%s is fine\n", t.data)
			return nil
		}),
	}
}

// direct is a command that does not open the authority as others do: it may be damaged. A signal ends it, and what it
// had begun is removed.
func (t *tool) direct(do func(context.Context, []string, io.Writer) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		ctx, restore := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, os.Interrupt)
		defer restore()
		if len(args) > 0 && args[0] == "" { // such as a variable that is not set
			return errors.New("DIR is empty: name a directory")
		}
		err := do(ctx, args, cmd.OutOrStdout())
		if err != nil {
			return failed{err}
		}
		return nil
	}
}
