package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"localstack-entrypoint/internal/fault"
)

var update = flag.Bool("update", false, "write docs/TEST-TOKENS.md anew")

// testTokens is a license authority for the test tokens of all tests. TestMain calls stopTestTokens.
var (
	testTokens = sync.OnceValues(func() (server *licenseServer, err error) {
		if server, err = startLicenseServer(filepath.Join(binaries, "test-tokens")); err == nil {
			stopTestTokens = server.Stop
		}
		return server, err
	})
	stopTestTokens = func() {}
)

// simulate gives the world a test token, which the authority always answers in the same way.
func (w *world) simulate(answer string) {
	w.Helper()
	server, err := testTokens()
	if err != nil {
		w.Fatal(err)
	}
	create := exec.Command(filepath.Join(binaries, "licenseserver"), "token", "create", "--data", server.dir,
		"--type", cmp.Or(w.tokenType, "ci"), "--simulate", answer)
	token, err := create.Output()
	if err != nil {
		w.Fatalf("no token for %s: %v", answer, err)
	}
	w.token = strings.TrimSpace(string(token))
	w.set("LOCALSTACK_AUTH_TOKEN", w.token)
	w.set("API_ENDPOINT", server.URL)
}

// testTokensFile says what each test token shows, in a table that begins after tableHead.
const (
	testTokensFile = "../../docs/TEST-TOKENS.md"
	tableHead      = "\n| --- | --- | --- |\n"
)

// Each test token shows what docs/TEST-TOKENS.md says, with the exit code of the failure table.
func TestTestTokens(t *testing.T) {
	t.Parallel()
	help, _, _ := run3(t, os.Environ(), "licenseserver", "token", "create", "--help")
	answers := regexp.MustCompile(`(?m)^  ([a-z0-9-]+) +(.+)$`).FindAllStringSubmatch(beforeUsage(help), -1)
	if len(answers) < 9 {
		t.Fatalf("the help lists %q", answers)
	}
	rows := make([]string, len(answers))
	t.Run("tokens", func(t *testing.T) {
		for i, answer := range answers {
			t.Run(answer[1], func(t *testing.T) {
				t.Parallel()
				rows[i] = fmt.Sprintf("| `%s` | %s | %s |\n", answer[1], answer[2], madeOf(t, answer[1]))
			})
		}
	})
	kept := read(t, testTokensFile)
	head, _, _ := strings.Cut(kept, tableHead)
	made := head + tableHead + strings.Join(rows, "")
	switch {
	case *update:
		if err := os.WriteFile(testTokensFile, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	case kept != made:
		t.Errorf("docs/TEST-TOKENS.md differs, run make golden; made:\n%s", made)
	}
}

// beforeUsage is what a help says before it lists flags.
func beforeUsage(help string) string {
	text, _, _ := strings.Cut(help, "\nUsage:")
	return text
}

// madeOf is what a start with a test token shows, for the table.
func madeOf(t *testing.T, answer string) string {
	w := newWorld(t)
	w.simulate(answer)
	w.set("ACTIVATION_ATTEMPT_TIMEOUT", "1")
	_, log, code := w.start("LOG_FORMAT=json")
	if code == 0 {
		return "starts" + warnings(log)
	}
	said := readOutcome(t, log)
	row, _ := fault.Lookup(said.ID)
	if code != said.Exit || code != row.Exit {
		t.Errorf("exit code is %d, the line says %d, the table %d", code, said.Exit, row.Exit)
	}
	_, banner, textCode := w.start("LOG_FORMAT=text")
	if textCode != code || !strings.Contains(banner, "Reason: ") {
		t.Errorf("exit code %d and %s", textCode, banner)
	}
	return fmt.Sprintf("[`%s`](ERRORS.md#%s), exit code %d: %s", said.ID, anchor(said.ID), code, row.Title)
}

// anchor is that of a failure's section.
func anchor(id fault.ID) string { return strings.ReplaceAll(string(id), ".", "") }

// warnings are those of a log in JSON, without what differs from run to run.
func warnings(log string) string {
	var all []string
	for _, found := range regexp.MustCompile(`"level":"warn".*"message":"([^"]+)"`).FindAllStringSubmatch(log, -1) {
		text := regexp.MustCompile(`license_[-0-9a-f]+`).ReplaceAllString(found[1], "ID")
		text = regexp.MustCompile(`[-0-9]+T[:0-9]+\+00:00`).ReplaceAllString(text, "TIME")
		all = append(all, text)
	}
	if len(all) == 0 {
		return ""
	}
	return ", and warns: " + strings.Join(slices.Compact(all), "; ")
}
