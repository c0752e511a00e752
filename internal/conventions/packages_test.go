package conventions

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// top is the folder of the module.
var top = filepath.Join("..", "..")

// module is what the import paths of our packages begin with.
const module = "localstack-entrypoint/"

// goPackage is what "go list" says of a package. Its imports and dependencies of this module are
// without the module's name, as its own path is.
type goPackage struct {
	Path                   string `json:"ImportPath"`
	Name, Dir              string
	GoFiles, Imports, Deps []string
}

// packages are those of this module by their path.
var packages = sync.OnceValues(func() (map[string]goPackage, error) {
	list := exec.Command("go", "list", "-json=ImportPath,Name,Dir,GoFiles,Imports,Deps", "./...")
	list.Dir = top
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(stderr.String()))
	}
	out = bytes.ReplaceAll(out, []byte(`"`+module), []byte(`"`))
	found := map[string]goPackage{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var one goPackage
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		found[one.Path] = one
	}
})

func allPackages(t *testing.T) map[string]goPackage {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// linked are the packages of this module that the programs named are made of.
func linked(t *testing.T, programs ...string) map[string]goPackage {
	t.Helper()
	all := allPackages(t)
	reached := map[string]goPackage{}
	for _, program := range programs {
		for _, path := range append([]string{program}, all[program].Deps...) {
			if p, isOurs := all[path]; isOurs {
				reached[path] = p
			}
		}
	}
	if len(reached) == 0 {
		t.Fatalf("%s are no programs", strings.Join(programs, ", "))
	}
	return reached
}
