package report

import (
	"strings"

	"localstack-entrypoint/internal/fault"
)

// moreAt begins what a reason with [fault.Row.More] ends with; the ID follows.
const moreAt = "More: entrypoint doctor, entrypoint explain "

// Reason is the failure in the user's terms: what happened, then why no stored
// document could help, then what to do, then where to read on. Where the
// remedy ends with a command, nothing follows that would be copied with it.
func Reason(failed *fault.Error) string {
	reason := Sentence(failed)
	if failed.Stored != nil {
		reason += " " + Sentence(failed.Stored)
	}
	reason = strings.TrimSpace(reason + " " + Remedy(failed))
	if failed.Row().More && strings.HasSuffix(reason, ".") {
		reason += " " + moreAt + string(failed.ID)
	}
	return reason
}

// Sentence is what happened, without why no stored document helped and what
// to do.
func Sentence(failed *fault.Error) string { return fillIn(failed, failed.Row().Reason) }

// Remedy is what the user can do about it; it may be empty. When the stored
// document's flaw has a remedy of its own, that comes first: it follows the
// flaw, and a command at the end of ours stays at the end.
func Remedy(failed *fault.Error) string {
	remedy := fillIn(failed, failed.Row().Remedy)
	if failed.Stored != nil {
		remedy = Remedy(failed.Stored) + " " + remedy
	}
	return strings.TrimSpace(remedy)
}

// Steps are what the user can do, most likely first.
func Steps(failed *fault.Error) []string {
	var steps []string
	row := failed.Row()
	if row.Remedy != "" {
		steps = append(steps, fillIn(failed, row.Remedy))
	}
	for _, fix := range row.Fixes {
		steps = append(steps, fillIn(failed, step(fix)))
	}
	return steps
}

// step is a fix with the place where it helps.
func step(fix fault.Fix) string {
	if fix.Where == "" {
		return fix.Do
	}
	return fix.Where + ": " + fix.Do
}

// fillIn puts the facts into a text of the table.
func fillIn(failed *fault.Error, text string) string {
	return strings.NewReplacer("{detail}", failed.Seen(), "{server}", failed.Server, "{host}", failed.Host).Replace(text)
}
