package report

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"localstack-entrypoint/internal/fault"
)

func explained(t *testing.T, id fault.ID, platforms ...fault.Place) string {
	t.Helper()
	var page bytes.Buffer
	Explain(&page, fault.New(id, "DETAIL").On(platforms))
	return page.String()
}

func TestExplanationsReadLikeTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, id := range []fault.ID{fault.NetworkDNS, fault.CredentialsMissing, fault.SystemMemory} {
		golden(t, filepath.Join("testdata", string(id)+".explain.golden"), []byte(explained(t, id)))
	}
}

func TestExplanationsFitATerminal(t *testing.T) {
	t.Parallel()
	pages := map[string]string{}
	for _, row := range fault.Table() {
		pages[string(row.ID)] = explained(t, row.ID)
	}
	var index bytes.Buffer
	Index(&index)
	pages["index"] = index.String()
	for name, page := range pages {
		if !isClean(page) {
			t.Errorf("%s: control or invisible characters: %q", name, page)
		}
		for line := range strings.Lines(page) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(line) > columns || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

// TestCodeCanBeCopiedFromOneLine: a command in two lines is two commands.
func TestCodeCanBeCopiedFromOneLine(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile("`[^`]+`")
	for _, row := range fault.Table() {
		page := explained(t, row.ID)
		for _, fix := range row.Fixes {
			for _, span := range code.FindAllString(fillIn(fault.New(row.ID, ""), fix.Do, noFix), -1) {
				if !strings.Contains(page, span) {
					t.Errorf("%s: %s is broken into lines", row.ID, span)
				}
			}
		}
	}
}

func TestExplanationsShowNoPlaceholders(t *testing.T) {
	t.Parallel()
	for _, row := range fault.Table() {
		page := explained(t, row.ID)
		for placeholder := range strings.FieldsSeq("{detail} {server} {host} {domain} {address} {variable} {fix}") {
			if strings.Contains(page, placeholder) {
				t.Errorf("%s shows %s", row.ID, placeholder)
			}
		}
	}
}

func TestTheIndexHasALineForEveryRow(t *testing.T) {
	t.Parallel()
	var index bytes.Buffer
	Index(&index)
	for _, row := range fault.Table() {
		line := `(?m)^  ` + regexp.QuoteMeta(string(row.ID)) + ` +` + regexp.QuoteMeta(row.Title) + `$`
		if !regexp.MustCompile(line).MatchString(index.String()) {
			t.Errorf("no line for %s", row.ID)
		}
	}
}

func TestWrapKeepsWordsAndCodeWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", columns)
	tests := []struct{ text, want string }{
		{"", "- \n"},
		{"short", "- short\n"},
		{strings.Repeat("ééé ", 20), "- " + strings.TrimSpace(strings.Repeat("ééé ", 19)) + "\n  ééé\n"},
		{"see " + long + " then", "- see\n  " + long + "\n  then\n"},
		{"a ` " + strings.Repeat("x ", 38) + "y", "- a ` " + strings.Repeat("x ", 36) + "x\n  x y\n"},
		{"say `a b` " + long[:60] + " `c d e f g`.", "- say `a b` " + long[:60] + "\n  `c d e f g`.\n"},
	}
	for _, test := range tests {
		var got bytes.Buffer
		Wrap(&got, "- ", "  ", test.text)
		if got.String() != test.want {
			t.Errorf("got %q, want %q", &got, test.want)
		}
	}
}

func TestExplanationsShowAllFixesAndThoseForThePlatformFirst(t *testing.T) {
	t.Parallel()
	everywhere, here := explained(t, fault.NetworkDNS), explained(t, fault.NetworkDNS, fault.Kubernetes)
	if strings.Contains(everywhere, "On other platforms") {
		t.Errorf("nothing tells a platform, and yet there are others:\n%s", everywhere)
	}
	first, others, _ := strings.Cut(here, "\nOn other platforms\n")
	if !strings.Contains(first, "What to do here (Kubernetes)\n  - Kubernetes: ") ||
		strings.Contains(first, "- Docker: ") || !strings.Contains(others, "- Docker: ") {
		t.Errorf("on Kubernetes:\n%s", here)
	}
}
