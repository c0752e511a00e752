package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// newMachine is the folder of the programs that a machine has after the packages
// are installed; without any, those of .ci/packages.
func newMachine(t *testing.T, packages ...string) (folder string) {
	t.Helper()
	if _, err := exec.LookPath("dpkg-query"); err != nil {
		t.Skip("which package brings a program can be seen on Debian only")
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

func TestANewMachineHasWhatDebianRequiresAndWhatTheListBrings(t *testing.T) {
	t.Parallel()
	with, without := newMachine(t, "openssl"), newMachine(t, "base-files")
	for _, program := range []string{"sh", "awk", "mount", "go", "make", "git"} {
		if !has(with, program) || !has(without, program) {
			t.Errorf("a new machine lacks %s", program)
		}
	}
	if !has(with, "openssl") || has(without, "openssl") {
		t.Error("openssl is to be there when the list brings it, and only then")
	}
}

// make test hides all others, so that a test which asks for one fails on every
// machine, and not only on a new one.
func TestNoProgramIsFoundThatNothingBrings(t *testing.T) {
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
				t.Skipf("tests find %s, which no package of .ci/packages brings: make test hides such programs", found)
			}
		}
	}
}

// asked are the programs that a test, a bench or a script names by path, where no
// PATH can hide them, or in a call that starts or looks for one.
var asked = regexp.MustCompile(`(?:^|[^\w./}*-])/(?:usr/)?s?bin/([\w.+-]+)` +
	`|exec\.(?:LookPath\(|Command\(|CommandContext\([\w.()]+, )"([\w.+-]+)"`)

func TestEveryProgramThatIsNamedIsBrought(t *testing.T) {
	t.Parallel()
	list, found := newMachine(t), 0
	for _, file := range askers(t) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range asked.FindAllStringSubmatch(string(content), -1) {
			found++
			program := match[1] + match[2]
			switch {
			case has(list, program) || exists("../../cmd", program): // ours is built
			case exists("/usr/bin", program) || exists("/usr/sbin", program):
				t.Errorf("%s asks for %s, which no package of .ci/packages brings", file, program)
			default:
				t.Skipf("%s asks for %s, which is not installed: run .ci/packages", file, program)
			}
		}
	}
	if found == 0 {
		t.Error("nothing asks for any program: this test looks for the wrong words")
	}
}

var tests = regexp.MustCompile(`_test\.go$|/internal/(testkit|lab|bench)/[^/]+\.go$|\.(sh|txtar)$`)

// askers are the files that may ask for programs of the machine: what is released
// asks for those of the container that it is in.
func askers(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir("../..", func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if filepath.ToSlash(file) == "../../build" { // what others have made, as image/rootfs.sh
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

// goRoot is Go's own folder, which the go command puts into the PATH of tests.
func goRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
