package main

import (
	"fmt"
	"io"
	"strings"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
)

const explainUsage = "usage: entrypoint explain [ID]"

// runExplain prints what a failure means, how it is known and what to do about
// it; without an ID, all IDs.
func runExplain(out io.Writer, args []string) int {
	switch len(args) {
	case 0:
		report.Index(out)
		return 0
	case 1:
	default:
		return usageError(explainUsage)
	}
	row, found := fault.Lookup(fault.ID(args[0]))
	if !found {
		return usageError(unknownFailure(args[0]))
	}
	s := loadSettings()
	unmet := fault.New(row.ID, "DETAIL").With(fault.Facts{Server: s.cfg.Endpoint.String()})
	var page strings.Builder
	report.Explain(&page, unmet.On(s.platforms()))
	reporter(out, s.cfg).Print(page.String())
	return 0
}

// unknownFailure says which IDs may have been meant.
func unknownFailure(id string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "entrypoint explain: unknown failure ID %.60q", id)
	if like := fault.Similar(id); len(like) > 0 {
		fmt.Fprintln(&text, "; did you mean")
		report.List(&text, like)
	} else {
		fmt.Fprintln(&text, "; `entrypoint explain` lists them all")
	}
	return strings.TrimSuffix(text.String(), "\n")
}
