package fault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is what the import paths of our packages begin with.
const module = "localstack-entrypoint/"

// goPackage is what "go list" says of a package.
type goPackage struct {
	ImportPath, Name, Dir  string
	GoFiles, Imports, Deps []string
}

// listPackages runs "go list" at the top of the module.
func listPackages(t *testing.T, args ...string) []goPackage {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Name,Dir,GoFiles,Imports,Deps"}, args...)...)
	list.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, &stderr)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var one goPackage
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, one)
	}
	return packages
}

// ours are those of paths that belong to this module, without its name.
func ours(paths []string) []string {
	var short []string
	for _, path := range paths {
		if rest, found := strings.CutPrefix(path, module); found {
			short = append(short, rest)
		}
	}
	return short
}

func TestLowPackagesImportOnlyWhatIsBelowThem(t *testing.T) {
	t.Parallel()
	rules := []struct {
		from   string
		may    []string
		reason string
	}{
		{"internal/fault", nil, "every package returns its errors: an import from here would be a cycle sooner or later"},
		{"internal/task", nil, "whoever starts a goroutine needs it"},
		{"internal/mailbox", nil, "it must be initialized before everything else"},
		{"internal/gateway", nil, "the entrypoint and the emulator share it"},
		{"internal/file", []string{"internal/task"}, "it is about files and knows nothing of licenses"},
		{"internal/machine", []string{"internal/file", "internal/task"}, "the entrypoint and the emulator share it"},
		{"internal/license", []string{"internal/fault", "internal/file", "internal/task"}, "the rules are pure: the server, the client and the status command share them"},
		{"internal/credential", []string{"internal/fault", "internal/file", "internal/task"}, "whoever holds a secret must not be able to send or print it"},
		{"internal/supervise", []string{"internal/fault", "internal/mailbox", "internal/task"}, "PID 1 must stay small: no logger, no TLS, no configuration"},
	}
	for _, rule := range rules {
		t.Run(rule.from, func(t *testing.T) {
			t.Parallel()
			for _, found := range ours(listPackages(t, "./"+rule.from)[0].Deps) {
				if !slices.Contains(rule.may, found) {
					t.Errorf("%s must not depend on %s: %s", rule.from, found, rule.reason)
				}
			}
		})
	}
}

// Every other import has to be initialized first, while a SIGTERM is not ours yet.
func TestTheMailboxImportsOnlyUnsafe(t *testing.T) {
	t.Parallel()
	if imports := listPackages(t, "./internal/mailbox")[0].Imports; !slices.Equal(imports, []string{"unsafe"}) {
		t.Errorf("it imports %q", imports)
	}
}

func TestTheEntrypointContainsNothingOfTheServers(t *testing.T) {
	t.Parallel()
	bans := []struct{ path, reason string }{
		{"internal/authority", "the image must not be able to issue licenses"},
		{"internal/emulator", "the emulator is another program that is started, not linked"},
		{"internal/testkit", "fake name servers and certificate authorities belong into tests"},
		{"testing", "test code belongs into tests"},
	}
	reached := listPackages(t, "./cmd/entrypoint")[0].Deps
	for _, ban := range bans {
		if slices.Contains(reached, ban.path) || slices.Contains(reached, module+ban.path) {
			t.Errorf("cmd/entrypoint must not reach %s: %s", ban.path, ban.reason)
		}
	}
}

// uses are the places where files of the package call one of names, which are
// written like os.Exit.
func (p goPackage) uses(t *testing.T, names ...string) []string {
	t.Helper()
	var places []string
	for _, name := range p.GoFiles {
		files := token.NewFileSet()
		source, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		imported := map[string]string{}
		for _, spec := range source.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			local := path[strings.LastIndex(path, "/")+1:]
			if spec.Name != nil {
				local = spec.Name.Name
			}
			imported[local] = path
		}
		ast.Inspect(source, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if from, ok := selector.X.(*ast.Ident); ok && slices.Contains(names, imported[from.Name]+"."+selector.Sel.Name) {
				places = append(places, files.Position(selector.Pos()).String())
			}
			return true
		})
	}
	return places
}

func TestOnlyConfigReadsTheEnvironment(t *testing.T) {
	t.Parallel()
	readers := 0
	for _, p := range listPackages(t, "-deps", "./cmd/entrypoint") {
		if len(ours([]string{p.ImportPath})) == 0 {
			continue
		}
		places := p.uses(t, "os.Getenv", "os.Environ", "os.LookupEnv", "os.ExpandEnv", "syscall.Getenv", "syscall.Environ")
		if p.ImportPath == module+"internal/config" {
			readers += len(places)
			continue
		}
		for _, place := range places {
			t.Errorf("%s: what is read past internal/config has no row, no check and no line in docs/CONFIG.md", place)
		}
	}
	if readers == 0 {
		t.Error("internal/config does not read the environment: this test looks for the wrong names")
	}
}

// reachable are the packages of ours that cmd/entrypoint is made of.
func reachable(t *testing.T) (all []goPackage) {
	t.Helper()
	for _, p := range listPackages(t, "-deps", "./cmd/entrypoint") {
		if len(ours([]string{p.ImportPath})) > 0 {
			all = append(all, p)
		}
	}
	return all
}

func TestOnlyTaskStartsGoroutines(t *testing.T) {
	t.Parallel()
	begun := 0
	for _, p := range reachable(t) {
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			source, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(source, func(node ast.Node) bool {
				if _, ok := node.(*ast.GoStmt); !ok {
					return true
				}
				begun++
				if p.ImportPath != module+"internal/task" {
					t.Errorf("%s: a panic in a goroutine that internal/task does not start ends PID 1", files.Position(node.Pos()))
				}
				return true
			})
		}
	}
	if begun == 0 {
		t.Error("internal/task starts no goroutine: this test looks in the wrong place")
	}
}

func TestADecisionStartsNoProcess(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"activate", "netcheck", "credential", "license", "machine", "report", "config", "container", "doctor"} {
		deps := listPackages(t, "./internal/"+name)[0].Deps
		if slices.Contains(deps, "os/exec") {
			t.Errorf("internal/%s must not reach os/exec: in PID 1 the init alone waits for processes", name)
		}
	}
	if !slices.Contains(listPackages(t, "./internal/hook")[0].Deps, "os/exec") {
		t.Error("internal/hook does not reach os/exec: this test looks for the wrong name")
	}
}

func TestOnlyMainPackagesExit(t *testing.T) {
	t.Parallel()
	exits := 0
	for _, p := range listPackages(t, "./...") {
		places := p.uses(t, "os.Exit", "syscall.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln")
		if p.Name == "main" {
			exits += len(places)
			continue
		}
		for _, place := range places {
			t.Errorf("%s: an exit outside main skips deferred clean-up and cannot be tested", place)
		}
	}
	if exits == 0 {
		t.Error("no main package exits: this test looks for the wrong names")
	}
}
