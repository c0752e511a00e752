package conventions

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// listed are the packages in the order of docs/ARCHITECTURE.md.
func listed(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, "docs/ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, line := range regexp.MustCompile(`(?m)^((?:cmd|internal)/\S+)/ `).FindAllStringSubmatch(string(text), -1) {
		paths = append(paths, line[1])
	}
	return paths
}

func TestImportsPointDownTheListOfTheArchitecture(t *testing.T) {
	t.Parallel()
	order, all := listed(t), allPackages(t)
	for _, path := range order {
		if _, exists := all[path]; !exists && !containsOnlyTests(path) {
			t.Errorf("docs/ARCHITECTURE.md lists %s, which does not exist", path)
		}
	}
	for path, p := range all {
		from := position(order, path)
		if from < 0 {
			t.Errorf("docs/ARCHITECTURE.md does not list %s", path)
		}
		for _, imported := range p.Imports {
			if _, isOurs := all[imported]; isOurs && position(order, imported) < from {
				t.Errorf("%s imports %s, which docs/ARCHITECTURE.md lists above it", path, imported)
			}
		}
	}
}

// position is where a package, or one that it is below, is in the list; -1 for nowhere.
func position(order []string, path string) int {
	return slices.IndexFunc(order, func(listed string) bool { return strings.HasPrefix(path+"/", listed+"/") })
}

func containsOnlyTests(path string) bool {
	tests, _ := filepath.Glob(filepath.Join(top, path, "*_test.go"))
	return len(tests) > 0
}

func TestPackagesCannotReachWhatTheyMustNot(t *testing.T) {
	t.Parallel()
	rules := []struct{ from, to, reason string }{
		{"cmd/entrypoint", "internal/authority", "the image must not be able to issue licenses"},
		{"cmd/entrypoint", "internal/emulator", "the emulator is another program that is started, not linked"},
		{"cmd/entrypoint", "internal/testkit", "fake name servers and certificate authorities belong into tests"},
		{"cmd/entrypoint", "testing", "test code belongs into tests"},
		{"internal/credential", "net", "who holds a secret must not be able to send it"},
		{"internal/license", "net", "the server, the client and the status command share its rules"},
		{"internal/supervise", "net", "PID 1 must stay small"},
		{"internal/supervise", "go.uber.org/zap", "PID 1 must stay small"},
		{"internal/supervise", "internal/config", "its options say all"},
		{"internal/survey", "internal/config", "the way to a host is handed its settings"},
		{"internal/survey", "internal/license", "the way to a host knows nothing of licenses"},
	}
	all := allPackages(t)
	for _, rule := range rules {
		from, exists := all[rule.from]
		if !exists {
			t.Errorf("%s does not exist", rule.from)
		}
		if slices.Contains(from.Deps, rule.to) {
			t.Errorf("%s must not reach %s: %s", rule.from, rule.to, rule.reason)
		}
	}
}

// Every other import has to be initialized first, while a SIGTERM is not ours yet.
func TestTheMailboxImportsOnlyUnsafe(t *testing.T) {
	t.Parallel()
	if imports := allPackages(t)["internal/mailbox"].Imports; !slices.Equal(imports, []string{"unsafe"}) {
		t.Errorf("it imports %q", imports)
	}
}

// In PID 1 the init alone starts processes and waits for them; the hooks are a process of their own.
func TestOnlyHooksCanStartProcesses(t *testing.T) {
	t.Parallel()
	may := []string{"cmd/entrypoint", "internal/hook"}
	for path, p := range linked(t, "cmd/entrypoint") {
		if slices.Contains(p.Deps, "os/exec") != slices.Contains(may, path) {
			t.Errorf("%s must not reach os/exec, or is wrongly among those that may", path)
		}
	}
}
