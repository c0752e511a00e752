package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/rivo/uniseg"
)

// table is how the rows of a list are printed.
type table[Row any] struct {
	head []string
	// cells are the columns of a row. An empty one is printed as a dash.
	cells func(Row) []string
}

// print prints rows as a table, or as a JSON array.
func (t table[Row]) print(out io.Writer, rows []Row, asJSON bool) error {
	text := t.text(rows)
	if asJSON {
		if rows == nil {
			rows = []Row{} // [] instead of null
		}
		var err error
		if text, err = terminalJSON(rows); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("cannot print the list: %w", err)
	}
	return nil
}

// text aligns columns by the width that texts have in a terminal.
func (t table[Row]) text(rows []Row) string {
	lines := [][]string{t.head}
	for _, row := range rows {
		lines = append(lines, t.cells(row))
	}
	widths := make([]int, len(t.head))
	for _, line := range lines {
		for i, cell := range line {
			line[i] = plain(cell)
			if cell == "" {
				line[i] = "-"
			}
			widths[i] = max(widths[i], uniseg.StringWidth(line[i]))
		}
	}
	var b strings.Builder
	for _, line := range lines {
		for i, cell := range line {
			b.WriteString(cell)
			if i < len(line)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-uniseg.StringWidth(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// terminalJSON is value as indented JSON. What a terminal would not just show is escaped.
func terminalJSON(value any) (string, error) {
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, r := range raw.String() {
		switch {
		case r == '\n' || !isUnsafe(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String(), nil
}
