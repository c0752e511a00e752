package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"
)

type row struct {
	Name string `json:"name"`
}

func names(texts ...string) (rows []row) {
	for _, text := range texts {
		rows = append(rows, row{text})
	}
	return rows
}

var nameTable = table[row]{
	head:  []string{"NAME", "END"},
	cells: func(r row) []string { return []string{r.Name, "end"} },
}

func TestColumnsAreAlignedInATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	rows := names("Anna", "", "日本語", "👩‍👩‍👧‍👦 family", "🇩🇪", "שלום", "e\u0301\u0301", "a\tb", "c\nd", "\xff")
	if err := nameTable.print(&out, rows, false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != len(rows)+1 {
		t.Fatalf("there are %d lines in %s", len(lines), &out)
	}
	want := uniseg.StringWidth(strings.TrimSuffix(lines[0], "END"))
	for _, line := range lines[1:] {
		before, isRow := strings.CutSuffix(line, "end")
		if width := uniseg.StringWidth(before); !isRow || width != want {
			t.Errorf("the last column begins after %d cells, want %d: %s", width, want, line)
		}
	}
}

// hostile are texts that do something to a terminal.
var hostile = []string{
	"\x1b[2J", "\x1b]0;title\x07", "a\rb", "a\nb", "a\x00b", "\u009b31m", "\u202eabc", "\u2066abc", "a\u2028b", "\x7f",
	"\u200b", "\ufeff", "\U000E0041", "\ue000",
}

func TestNothingOfAListReachesATerminalButText(t *testing.T) {
	t.Parallel()
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		if err := nameTable.print(&out, names(hostile...), asJSON); err != nil {
			t.Fatal(err)
		}
		for _, r := range out.String() {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("%U in the list, JSON: %t", r, asJSON)
			}
		}
		if !asJSON {
			continue
		}
		var read []row
		if err := json.Unmarshal(out.Bytes(), &read); err != nil {
			t.Fatal(err)
		}
		for i, text := range hostile {
			if read[i].Name != text {
				t.Errorf("%q is read as %q", text, read[i].Name)
			}
		}
	}
}

func TestAnEmptyListIsAnArray(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := nameTable.print(&out, nil, true); err != nil || out.String() != "[]\n" {
		t.Errorf("it prints %q, %v", &out, err)
	}
}

func FuzzPlain(f *testing.F) {
	for _, text := range append(hostile, "Anna", "👩‍👩‍👧‍👦", "\xff\xfe") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range plain(text) {
			if isUnsafe(r) {
				t.Errorf("%U in %q", r, plain(text))
			}
		}
	})
}

func TestLinesOfAnErrorMayBeIndented(t *testing.T) {
	t.Parallel()
	if got, want := plainLines("cannot connect:\n\ta\tb\n\t\tc"), "cannot connect:\n  a<U+0009>b\n    c"; got != want {
		t.Errorf("the lines are %q, want %q", got, want)
	}
}
