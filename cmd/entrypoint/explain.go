package main

import (
	"fmt"
	"os"
	"strings"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
)

// runExplain prints what a failure means, how it is known and what to do about
// it; without an ID, all IDs.
func runExplain(args []string) int {
	switch len(args) {
	case 0:
		report.Index(os.Stdout)
		return 0
	case 1:
	default:
		fmt.Fprintln(os.Stderr, explainUsage)
		return exitUsage
	}
	row, found := fault.Lookup(fault.ID(args[0]))
	if !found {
		// Through a Reporter, since it may be a token.
		cfg, _, _ := config.Load()
		out := report.New(os.Stderr, cfg.Logging)
		out.HideText(cfg.Secrets()...)
		out.Print(unknownFailure(args[0]))
		return exitUsage
	}
	report.Explain(os.Stdout, row)
	return 0
}

// unknownFailure says which IDs may have been meant.
func unknownFailure(id string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "entrypoint explain: there is no failure %.60q", id)
	if like := fault.Like(id); len(like) > 0 {
		fmt.Fprintln(&text, "; did you mean")
		report.List(&text, like)
	} else {
		fmt.Fprintln(&text, "; `entrypoint explain` lists them all")
	}
	return text.String()
}
