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
	if g == (goal{}) {
		return []string{"", ""}
	}
	return []string{g.verdict(value, g.budget), g.verdict(value, g.reach)}
}

func (g goal) verdict(value, limit float64) string {
	word := "met"
	switch {
	case math.IsNaN(value):
		word = "unknown"
	case value > limit:
		word = "exceeded"
	}
	return fmt.Sprintf("≤ %g %s %s", limit, g.unit, word)
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
