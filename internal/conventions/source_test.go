package conventions

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

var programs = []string{"cmd/entrypoint", "cmd/licenseserver", "cmd/emulator"}

func TestSomeThingsAreDoneInOnePlaceOnly(t *testing.T) {
	t.Parallel()
	rules := []struct {
		names  []string
		may    func(goPackage) bool
		reason string
	}{
		{[]string{"os.Getenv", "os.Environ", "os.LookupEnv", "os.ExpandEnv", "syscall.Getenv", "syscall.Environ"},
			func(p goPackage) bool { return p.Path == "internal/config" || p.Path != "cmd/entrypoint" && isMain(p) },
			"a variable that internal/config does not read has no row, no check and no line in docs/CONFIG.md"},
		{[]string{"os.Exit", "syscall.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln"}, isMain,
			"an exit outside main skips deferred clean-up and cannot be tested"},
		{[]string{"fmt.Print", "fmt.Printf", "fmt.Println", "log.Print", "log.Printf", "os.Stdout", "os.Stderr"}, isMain,
			"a package is told where to print"},
	}
	for _, rule := range rules {
		found := false
		for _, p := range linked(t, programs...) {
			for _, place := range p.uses(t, rule.names) {
				found = true
				if !rule.may(p) {
					t.Errorf("%s: %s", place, rule.reason)
				}
			}
		}
		if !found {
			t.Errorf("nobody uses %q: this test looks for the wrong names", rule.names)
		}
	}
}

func isMain(p goPackage) bool { return p.Name == "main" }

func TestOnlyTaskStartsGoroutines(t *testing.T) {
	t.Parallel()
	started := false
	for _, p := range linked(t, "cmd/entrypoint") {
		p.inspect(t, func(_ *ast.File, node ast.Node) bool {
			_, starts := node.(*ast.GoStmt)
			started = started || starts
			return starts && p.Path != "internal/task"
		}, func(place string) {
			t.Errorf("%s: a panic in a goroutine that internal/task does not start ends PID 1", place)
		})
	}
	if !started {
		t.Error("internal/task starts no goroutine: this test looks in the wrong place")
	}
}

// uses are the places where the package mentions one of names, which are written like os.Exit.
func (p goPackage) uses(t *testing.T, names []string) (places []string) {
	t.Helper()
	p.inspect(t, func(file *ast.File, node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		from, ok := selector.X.(*ast.Ident)
		return ok && slices.Contains(names, importedAs(file, from.Name)+"."+selector.Sel.Name)
	}, func(place string) { places = append(places, place) })
	return places
}

// importedAs is the import path that name stands for in a file; "" for none.
func importedAs(file *ast.File, name string) string {
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if spec.Name != nil && spec.Name.Name == name || spec.Name == nil && path.Base(imported) == name {
			return imported
		}
	}
	return ""
}

// inspect tells every place in the package's files that is wanted.
func (p goPackage) inspect(t *testing.T, wanted func(*ast.File, ast.Node) bool, tell func(place string)) {
	t.Helper()
	for _, name := range p.GoFiles {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if node != nil && wanted(file, node) {
				tell(files.Position(node.Pos()).String())
			}
			return true
		})
	}
}
