package pages

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// result is what was found on a page, in a width and a scheme.
type result struct {
	page   string
	width  int
	scheme string
	// rules that have passed, and the elements that they have looked at.
	rules, checks int
	violations    int
	bytes         int // of the page with all that it loads
}

// results are those of all tests, and stories what they have done, by their names.
var (
	mu      sync.Mutex
	results []result
	stories = map[string][]string{}
	claimed = map[string]string{} // path by name
)

// claim reports whether nobody has looked at the page with this name before. path is where it is.
func claim(name, path string) bool {
	mu.Lock()
	defer mu.Unlock()
	_, before := claimed[name]
	claimed[name] = path
	return !before
}

// forgotten are the pages at which nobody has looked, of those that docs/PERMISSIONS.md lists.
func forgotten() (patterns []string, err error) {
	text, err := os.ReadFile(filepath.Join(repository, "docs/PERMISSIONS.md"))
	if err != nil {
		return nil, err
	}
	for _, found := range regexp.MustCompile("`GET (/[^`]*)`").FindAllStringSubmatch(string(text), -1) {
		pattern := found[1]
		if strings.HasSuffix(pattern, ".css") || strings.HasPrefix(pattern, "/login/oidc") { // no pages
			continue
		}
		parts := strings.Split(strings.TrimSuffix(pattern, "{$}"), "/")
		isAt := func(path string) bool {
			path, _, _ = strings.Cut(path, "?")
			return slices.EqualFunc(parts, strings.Split(path, "/"), func(part, given string) bool {
				return part == given || strings.HasPrefix(part, "{")
			})
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(claimed)), isAt) {
			patterns = append(patterns, pattern)
		}
	}
	return patterns, nil
}

func note(r result) {
	mu.Lock()
	defer mu.Unlock()
	results = append(results, r)
}

func tell(story, line string) {
	mu.Lock()
	defer mu.Unlock()
	stories[story] = append(stories[story], masked(line))
}

// writeResults writes the table of the pages, and what the tests have done.
func writeResults() error {
	var table strings.Builder
	fmt.Fprintf(&table, "%-32s %6s %-6s %6s %7s %11s %7s\n", "page", "width", "scheme", "rules", "checks", "violations",
		"bytes")
	slices.SortFunc(results, func(a, b result) int {
		return cmp.Or(cmp.Compare(a.page, b.page), cmp.Compare(b.width, a.width), cmp.Compare(b.scheme, a.scheme))
	})
	var checks, violations int
	for _, r := range results {
		fmt.Fprintf(&table, "%-32s %6d %-6s %6d %7d %11d %7d\n", r.page, r.width, r.scheme, r.rules, r.checks,
			r.violations, r.bytes)
		checks, violations = checks+r.checks, violations+r.violations
	}
	fmt.Fprintf(&table, "%-32s %6d %-6s %6s %7d %11d\n", "all", len(results), "", "", checks, violations)
	if err := os.WriteFile(filepath.Join(output, "table.txt"), []byte(table.String()), 0o644); err != nil {
		return err
	}
	var log strings.Builder
	for _, name := range slices.Sorted(maps.Keys(stories)) {
		fmt.Fprintf(&log, "%s\n\n  %s\n\n", name, strings.Join(stories[name], "\n  "))
	}
	return os.WriteFile(filepath.Join(output, "journey.log"), []byte(log.String()), 0o644)
}

// secrets are tokens, and the secrets of links.
var secrets = regexp.MustCompile(`(ls[a-z]*-)[A-Za-z0-9]{8}(?:-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12}|(/invite/)[\w-]+`)

// masked is a text without its secrets.
func masked(text string) string { return secrets.ReplaceAllString(text, "$1$2****") }
