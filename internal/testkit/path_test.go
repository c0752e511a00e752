package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// newMachine returns a folder with the programs of a new machine on which the packages
// are installed; by default, those of .ci/packages.
func newMachine(t *testing.T, packages ...string) (folder string) {
	t.Helper()
	if _, err := exec.LookPath("dpkg-query"); err != nil {
		t.Skip("only Debian can list the programs of a package")
	}
	folder = filepath.Join(t.TempDir(), "path")
	if out, err := exec.Command("../../.ci/path", append([]string{folder}, packages...)...).CombinedOutput(); err != nil {
		t.Fatalf(".ci/path: %v: %s", err, out)
	}
	return folder
}

func has(folder, program string) bool {
	_, err := exec.LookPath(filepath.Join(folder, program))
	return err == nil
}

func TestANewMachineHasRequiredAndListedPackages(t *testing.T) {
	t.Parallel()
	with, without := newMachine(t, "openssl"), newMachine(t, "base-files")
	for _, program := range []string{"sh", "awk", "mount", "go", "make", "git"} {
		if !has(with, program) || !has(without, program) {
			t.Errorf("a new machine lacks %s", program)
		}
	}
	if !has(with, "openssl") || has(without, "openssl") {
		t.Error("openssl must be there if it is listed, and only then")
	}
}

// make test hides all other programs, so that a test that needs one fails on every
// machine, not only on a new one.
func TestOnlyListedProgramsAreFound(t *testing.T) {
	t.Parallel()
	list := newMachine(t)
	for _, folder := range []string{"/usr/local/bin", "/usr/bin", "/usr/sbin"} {
		programs, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, program := range programs {
			if has(list, program.Name()) {
				continue
			}
			if found, err := exec.LookPath(program.Name()); err == nil && !strings.HasPrefix(found, goRoot(t)) {
				t.Skipf("tests find %s, which is in no package of .ci/packages: make test hides such programs", found)
			}
		}
	}
}

// namedProgram finds a program that a test, a benchmark or a script names by its path,
// which PATH cannot hide, or in a call that starts it or looks for it.
var namedProgram = regexp.MustCompile(`(?:^|[^\w./}*-])/(?:usr/)?s?bin/([\w.+-]+)` +
	`|exec\.(?:LookPath\(|Command\(|CommandContext\([\w.()]+, )"([\w.+-]+)"`)

func TestEveryNamedProgramIsInAPackage(t *testing.T) {
	t.Parallel()
	list, found := newMachine(t), 0
	for _, file := range testFiles(t) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range namedProgram.FindAllStringSubmatch(string(content), -1) {
			found++
			program := match[1] + match[2]
			switch {
			case has(list, program) || exists("../../cmd", program): // built by make
			case exists("/usr/bin", program) || exists("/usr/sbin", program):
				t.Errorf("%s needs %s, which is in no package of .ci/packages", file, program)
			default:
				t.Skipf("%s needs %s, which is not installed: run .ci/packages", file, program)
			}
		}
	}
	if found == 0 {
		t.Error("no file names a program: the pattern is wrong")
	}
}

var tests = regexp.MustCompile(`_test\.go$|/internal/(testkit|lab|bench)/.+\.go$|\.(sh|txtar)$`)

// testFiles are the files that may need programs of the machine: the released programs
// need those of their container.
func testFiles(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir("../..", func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if filepath.ToSlash(file) == "../../build" { // generated, for example by image/rootfs.sh
				return filepath.SkipDir
			}
			return err
		}
		if tests.MatchString(filepath.ToSlash(file)) {
			files = append(files, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func exists(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

// goRoot returns GOROOT, which the go command adds to the PATH of tests.
func goRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
