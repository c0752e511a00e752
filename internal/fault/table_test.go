package fault

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// declaredIDs are the values of all constants of type ID.
func declaredIDs(t *testing.T) (ids []ID) {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), "id.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(source, func(node ast.Node) bool {
		constant, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := constant.Type.(*ast.Ident); ok && kind.Name == "ID" {
			text, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, ID(text))
		}
		return false
	})
	return ids
}

func TestEveryConstantHasASection(t *testing.T) {
	t.Parallel()
	var rows []ID
	for _, row := range Table() {
		rows = append(rows, row.ID)
		if found, ok := Lookup(row.ID); !ok || !reflect.DeepEqual(found, row) {
			t.Errorf("looked up, %s is %+v", row.ID, found)
		}
	}
	if declared := declaredIDs(t); len(declared) == 0 || !slices.Equal(declared, rows) {
		t.Errorf("constants and sections differ, or come in another order:\nconstants %q\nsections  %q", declared, rows)
	}
	slices.Sort(rows)
	if unique := slices.Compact(slices.Clone(rows)); len(unique) != len(rows) {
		t.Errorf("an ID has two sections: %q", rows)
	}
}

func TestEverySectionCanBeRead(t *testing.T) {
	t.Parallel()
	chapters, _, _ := strings.Cut(table, shared)
	sections := strings.Split(chapters, "\n## ")
	for _, section := range sections[1:] {
		section, _, _ = strings.Cut(section, "\n# ")
		if _, err := parse(section); err != nil {
			t.Error(err)
		}
	}
	for line := range strings.Lines(table) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 110 && strings.Count(line, "`") < 2 {
			t.Errorf("a line has %d characters: %s", n, line)
		}
	}
}

func TestBrokenSectionsAreRefused(t *testing.T) {
	t.Parallel()
	for section, want := range map[string]string{
		"a.b: title":                                         "no properties",
		"a.b: title\n\nexit none":                            `unknown property "exit none"`,
		"a.b: title\n\nexit 55, stage nowhere":               `unknown property "stage nowhere"`,
		"a.b: title\n\nexit 55, fine":                        `unknown property "fine"`,
		"a.b: title\n\nexit 55\n\nReasons: many":             `unexpected paragraph "Reasons"`,
		"a.b: title\n\nexit 55\n\nReason: a\n\nReason: b":    `unexpected paragraph "Reason"`,
		"a.b: title\n\nexit 55\n\nwords without a beginning": `unexpected paragraph "words without a beginning"`,
	} {
		if _, err := parse(section); err == nil || err.Error() != "a.b: "+want {
			t.Errorf("%q: %v, want %s", section, err, want)
		}
	}
}

func TestSharedTextsAreShared(t *testing.T) {
	t.Parallel()
	chapters, texts, _ := strings.Cut(table, shared)
	for text := range strings.SplitSeq(strings.TrimSpace(texts), "\n\n") {
		name, _, _ := strings.Cut(text, ": ")
		if uses := strings.Count(chapters, name); uses < 2 {
			t.Errorf("%s is used %d times", name, uses)
		}
	}
}

func TestIDsAreLowerCaseWordsJoinedByDots(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^[a-z]+(\.[a-z_]+)+$`)
	for _, row := range Table() {
		if !shape.MatchString(string(row.ID)) {
			t.Errorf("%q", row.ID)
		}
	}
}

// Where the facts of a case stand. {fix} stands at the end of a remedy's sentence only.
var (
	aFact     = regexp.MustCompile(`\{(detail|server|host|domain|address|variable)\}`)
	aFix      = regexp.MustCompile(`\. \{fix\}`)
	lookAlike = regexp.MustCompile(`\{[a-z-]+\}`)
)

func TestRowsUseKnownPlaceholdersOnly(t *testing.T) {
	t.Parallel()
	for _, row := range Table() {
		text := row.Reason + aFix.ReplaceAllString(row.Remedy, ".")
		if rest := aFact.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}") {
			t.Errorf("%s has an unknown placeholder: %s", row.ID, rest)
		}
		if !strings.Contains(text, "{detail}") {
			t.Errorf("%s does not say what was seen", row.ID)
		}
		for _, text := range helpOf(row) {
			if rest := aFact.ReplaceAllString(text, ""); lookAlike.MatchString(rest) {
				t.Errorf("%s has an unknown placeholder: %s", row.ID, rest)
			}
		}
	}
}

// helpOf are the texts that stand below the reason and the remedy.
func helpOf(row Row) []string {
	texts := []string{row.Meaning, row.Known}
	for _, fix := range row.Fixes {
		texts = append(texts, fix.Do)
	}
	return texts
}

func TestSentencesBeginAndEndProperly(t *testing.T) {
	t.Parallel()
	for _, row := range Table() {
		for _, text := range []string{row.Reason, aFix.ReplaceAllString(row.Remedy, ".")} {
			if text == "" {
				continue
			}
			if !unicode.IsUpper(rune(text[0])) {
				t.Errorf("%s begins in lower case: %s", row.ID, text)
			}
			_, command, hasCommand := cutCommand(text)
			if !strings.HasSuffix(text, ".") && !hasCommand {
				t.Errorf("%s does not end with a full stop: %s", row.ID, text)
			}
			if strings.HasSuffix(command, ".") {
				t.Errorf("%s: a full stop would be copied with the command: %s", row.ID, text)
			}
			for _, flaw := range []string{"  ", "..", " .", "\n", " ,"} {
				if strings.Contains(text, flaw) || text != strings.TrimSpace(text) {
					t.Errorf("%s contains %q: %q", row.ID, flaw, text)
				}
			}
		}
		if row.Reason == "" {
			t.Errorf("%s has no reason", row.ID)
		}
	}
}

func TestNoTwoRowsReadAlike(t *testing.T) {
	t.Parallel()
	seen := map[string]ID{}
	for _, row := range Table() {
		text := row.Reason + row.Remedy
		if other, twice := seen[text]; twice {
			t.Errorf("%s and %s read alike: %s", other, row.ID, text)
		}
		seen[text] = row.ID
	}
}

func TestExitCodesAreThoseOfAStart(t *testing.T) {
	t.Parallel()
	codes := []int{ExitNone, ExitLicense, ExitInternal, ExitConfig, ExitNotExecutable, ExitNotFound}
	for _, row := range Table() {
		if !slices.Contains(codes, row.Exit) {
			t.Errorf("%s exits with %d", row.ID, row.Exit)
		}
		if row.Stage != StageNone && row.Exit != ExitLicense {
			t.Errorf("%s is on the way to the license, and exits with %d", row.ID, row.Exit)
		}
	}
}

// codeSpan is what stands between backticks, to be copied as it is.
var codeSpan = regexp.MustCompile("`[^`]+`")

func TestEveryRowHasHelpThatCanBeRead(t *testing.T) {
	t.Parallel()
	const longestTitle, longest = 40, 300 // in characters: a line of a list, four lines of a terminal
	for _, row := range Table() {
		if n := utf8.RuneCountInString(row.Title); n == 0 || n > longestTitle || strings.HasSuffix(row.Title, ".") {
			t.Errorf("%s has the title %q", row.ID, row.Title)
		}
		for _, text := range helpOf(row) {
			if text == "" || utf8.RuneCountInString(text) > longest {
				t.Errorf("%s has a text of %d characters: %q", row.ID, utf8.RuneCountInString(text), text)
				continue
			}
			prose := aFact.ReplaceAllString(codeSpan.ReplaceAllString(text, "Code"), "Fact")
			if !unicode.IsUpper(rune(prose[0])) || !strings.HasSuffix(prose, ".") {
				t.Errorf("%s has a text that is no sentence: %s", row.ID, text)
			}
			for _, flaw := range []string{"`", "{", "}", "  ", "..", " .", "\n", " ,"} {
				if strings.Contains(prose, flaw) {
					t.Errorf("%s contains %q outside code: %s", row.ID, flaw, text)
				}
			}
		}
	}
}

func TestEveryRowHasAFewFixesByPlace(t *testing.T) {
	t.Parallel()
	for _, row := range Table() {
		if len(row.Fixes) < 2 || len(row.Fixes) > 7 { // a container on one platform shows fewer
			t.Errorf("%s has %d fixes, want 2 to 7", row.ID, len(row.Fixes))
		}
		seen := map[Fix]bool{}
		left := map[Place]bool{} // places that came before the one at hand
		for i, fix := range row.Fixes {
			if left[fix.Where] {
				t.Errorf("%s: what is for %s does not stand together", row.ID, fix.Where)
			}
			if next := i + 1; next < len(row.Fixes) && row.Fixes[next].Where != fix.Where && fix.Where != "" {
				left[fix.Where] = true
			}
			if seen[fix] {
				t.Errorf("%s says twice: %s", row.ID, fix.Do)
			}
			seen[fix] = true
		}
	}
}

func TestNoTwoRowsHaveTheSameTitle(t *testing.T) {
	t.Parallel()
	seen := map[string]ID{}
	for _, row := range Table() {
		if other, twice := seen[row.Title]; twice {
			t.Errorf("%s and %s: %s", other, row.ID, row.Title)
		}
		seen[row.Title] = row.ID
	}
}

// cutCommand finds what is to be copied from the end of a sentence.
func cutCommand(text string) (before, command string, found bool) {
	for _, lead := range []string{"Check with: "} {
		if before, command, found = strings.Cut(text, lead); found {
			return before, command, true
		}
	}
	return text, "", false
}
