package main

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// goal is what the design asks of a value: the budget must be met, the reach
// is what we would like. The zero goal asks for nothing.
type goal struct {
	budget, reach float64
	unit          string
}

// cells say how far the value is from the goal.
func (g goal) cells(value float64) []string {
	reach := ""
	if g.reach != 0 {
		reach = g.verdict(value, g.reach)
	}
	return []string{g.mustBe(value), reach}
}

// mustBe says whether the value is in the budget, where there is no reach.
func (g goal) mustBe(value float64) string {
	if g == (goal{}) {
		return ""
	}
	return g.verdict(value, g.budget)
}

func (g goal) verdict(value, limit float64) string {
	return fmt.Sprintf("≤ %g %s %s", limit, g.unit, word(value, value <= limit, "exceeded"))
}

// floor is what a value must be at least.
type floor struct {
	limit float64
	unit  string
}

func (f floor) mustBe(value float64) string {
	return fmt.Sprintf("≥ %g %s %s", f.limit, f.unit, word(value, value >= f.limit, "missed"))
}

func word(value float64, isMet bool, failure string) string {
	switch {
	case math.IsNaN(value):
		return "unknown"
	case isMet:
		return "met"
	}
	return failure
}

// number prints a value, or a dash when it was not measured.
func number(value float64, decimals int) string {
	if math.IsNaN(value) {
		return "-"
	}
	return fmt.Sprintf("%.*f", decimals, value)
}

// table is printed as Markdown that is also aligned, to be read as it is.
type table struct {
	title  string
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	widths := make([]int, len(t.header))
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width-1) + ":"
	}
	rule[0] = strings.Repeat("-", widths[0])
	var text strings.Builder
	fmt.Fprintf(&text, "### %s\n\n", t.title)
	for _, row := range append([][]string{t.header, rule}, t.rows...) {
		text.WriteString(line(row, widths))
	}
	return text.String()
}

// line pads every cell, the first one on its right and the others, which are
// numbers, on their left.
func line(row []string, widths []int) string {
	var text strings.Builder
	for i, cell := range row {
		blank := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if i == 0 {
			text.WriteString("| " + cell + blank + " |")
		} else {
			text.WriteString(" " + blank + cell + " |")
		}
	}
	return text.String() + "\n"
}
