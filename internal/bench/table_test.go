package main

import (
	"math"
	"slices"
	"testing"
)

func TestGoalSaysWhetherItIsMet(t *testing.T) {
	two := goal{budget: 4, reach: 2, unit: "×"}
	for value, want := range map[float64][]string{
		2:          {"≤ 4 × met", "≤ 2 × met"},
		2.01:       {"≤ 4 × met", "≤ 2 × exceeded"},
		4.01:       {"≤ 4 × exceeded", "≤ 2 × exceeded"},
		math.NaN(): {"≤ 4 × unknown", "≤ 2 × unknown"},
	} {
		if got := two.cells(value); !slices.Equal(got, want) {
			t.Errorf("%v: %q, want %q", value, got, want)
		}
	}
	if got := (goal{}).cells(1); !slices.Equal(got, []string{"", ""}) {
		t.Errorf("no goal: %q", got)
	}
}

func TestGoalWithoutReachHasOnlyABudget(t *testing.T) {
	if got := (goal{budget: 4, unit: "MB"}).cells(3); !slices.Equal(got, []string{"≤ 4 MB met", ""}) {
		t.Errorf("%q", got)
	}
}

func TestFloorSaysWhetherItIsReached(t *testing.T) {
	for value, want := range map[float64]string{
		3:          "≥ 3 /s met",
		2.99:       "≥ 3 /s missed",
		math.NaN(): "≥ 3 /s unknown",
	} {
		if got := (floor{3, "/s"}).mustBe(value); got != want {
			t.Errorf("%v: %q, want %q", value, got, want)
		}
	}
}

func TestTableIsAlignedMarkdown(t *testing.T) {
	table := &table{title: "Signals", header: []string{"", "p50 µs", "× tini"}}
	table.add("tini", number(34.56, 1), number(1, 2))
	table.add("entrypoint", number(129, 1), number(math.NaN(), 2))
	const want = `### Signals

|            | p50 µs | × tini |
| ---------- | -----: | -----: |
| tini       |   34.6 |   1.00 |
| entrypoint |  129.0 |      - |
`
	if got := table.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTablesReplaceOnlyWhatIsBetweenTheMarks(t *testing.T) {
	document := "before\n" + beginMark + "old\n" + endMark + "after\n"
	want := "before\n" + beginMark + "\nnew\n\n" + endMark + "after\n"
	got, err := between(document, "new\n")
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if again, err := between(got, "new\n"); err != nil || again != want {
		t.Errorf("a second time %q, %v", again, err)
	}
	for _, broken := range []string{"", beginMark, endMark + beginMark} {
		if _, err := between(broken, "new\n"); err == nil {
			t.Errorf("%q has no marks, but was accepted", broken)
		}
	}
}
