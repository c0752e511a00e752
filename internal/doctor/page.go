package doctor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
)

// signOf is what stands before a check, and its color.
func signOf(state fault.State) (mark, color string) {
	switch state {
	case fault.Passed:
		return "✓", "32"
	case fault.Failed:
		return "✗", "31"
	case fault.Warned:
		return "!", "33"
	}
	return "–", "2"
}

// Style is how checks are shown to people.
type Style struct {
	// Color and Wrapped are for terminals: a sign's color, and lines that fit.
	Color, Wrapped bool
	// Verbose shows the evidence of all checks, not only of those with a finding.
	Verbose bool
}

// margin is what stands before a check's fact where the name does not.
const margin = "                 "

// CheckLine is a check for people: a line, and its evidence below.
func CheckLine(check fault.Check, style Style) string {
	mark, color := signOf(check.State)
	fact := report.Plain(check.Fact)
	if check.Took >= 10*time.Millisecond && check.State != fault.Skipped {
		fact += fmt.Sprintf(" (%d ms)", check.Took.Milliseconds())
	}
	text := style.lines(fmt.Sprintf("%s %-14s ", mark, check.Name), fact)
	text = style.paint(mark, color) + strings.TrimPrefix(text, mark) + "\n"
	if style.Verbose || check.Finding != nil {
		for _, fact := range check.Evidence {
			text += style.paint(style.lines(margin, report.Plain(fact)), "2") + "\n"
		}
	}
	return text
}

// lines are a text that begins with first, without the last line's end. A
// program that reads it, such as grep, is given one line.
func (s Style) lines(first, text string) string {
	if !s.Wrapped {
		return first + text
	}
	var lines strings.Builder
	report.Wrap(&lines, first, margin, text)
	return strings.TrimSuffix(lines.String(), "\n")
}

func (s Style) paint(text, color string) string {
	if !s.Color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// Verdict is the predicted result of a start and what to do, for people.
func (c Checkup) Verdict(style Style) string {
	var fact, out strings.Builder
	said, color := report.Plain(c.fact), "1;32"
	switch c.outcome {
	case outcomeFailing:
		said, color = strings.TrimSuffix(said, ".")+":", "1;31"
	case outcomeUnknown:
		color = "1"
	}
	report.Wrap(&fact, "", "", said)
	out.WriteString("\n" + style.paint(strings.TrimSuffix(fact.String(), "\n"), color) + "\n")
	for failed := c.failure; failed != nil; failed = failed.Stored {
		report.Wrap(&out, "  ", "  ", report.Plain(report.Sentence(failed)))
	}
	for i, step := range c.todo() {
		if i == 0 {
			out.WriteString("\nWhat to do, most likely first:\n")
		}
		report.Wrap(&out, fmt.Sprintf("%2d. ", i+1), "    ", step)
	}
	return out.String()
}

// todo are the steps that help: against what makes a start fail, then against the
// other findings.
func (c Checkup) todo() []string {
	steps := []string{}
	add := func(texts ...string) {
		for _, text := range texts {
			if text = report.Plain(text); text != "" && !slices.Contains(steps, text) {
				steps = append(steps, text)
			}
		}
	}
	for failed := c.failure; failed != nil; failed = failed.Stored {
		add(report.Steps(failed)...)
	}
	for _, state := range []fault.State{fault.Failed, fault.Warned} {
		for _, check := range c.checks {
			if check.State == state && check.Finding != nil && !c.explains(check) {
				add(report.Remedy(check.Finding))
			}
		}
	}
	return steps
}

// explains reports whether the failure explains what a check found as well: everything
// that fails on the way to the server has one cause.
func (c Checkup) explains(check fault.Check) bool {
	return c.failure != nil && check.State == fault.Failed && Explains(c.failure) && Explains(check.Finding)
}

// checkupJSON is the whole checkup; docs/doctor.schema.json describes it.
type checkupJSON struct {
	Version  int             `json:"version"`
	Time     string          `json:"time"`
	Outcome  outcome         `json:"outcome"`
	Fact     string          `json:"fact"`
	ExitCode int             `json:"exit_code"`
	Until    string          `json:"offline_until,omitempty"`
	Failure  *report.Failure `json:"failure,omitempty"`
	Checks   []report.Check  `json:"checks"`
	Todo     []string        `json:"todo"`
}

// JSON is the checkup for programs.
func (c Checkup) JSON(now time.Time) string {
	whole := checkupJSON{
		Version: 1, Time: now.UTC().Format(time.RFC3339Nano),
		Outcome: c.outcome, Fact: report.Plain(c.fact), ExitCode: c.Code,
		Checks: report.Checks(c.checks), Todo: c.todo(),
	}
	if !c.until.IsZero() {
		whole.Until = c.until.UTC().Format(time.RFC3339)
	}
	if c.failure != nil {
		failure := report.FailureOf(c.failure)
		failure.Checks = nil // they stand beside
		whole.Failure = &failure
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(whole)
	return out.String()
}
