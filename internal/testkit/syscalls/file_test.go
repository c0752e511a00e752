package syscalls

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// is reports whether the call is about a file with this name.
func is(c *Call, name string) bool {
	return slices.ContainsFunc(c.Files(), func(path string) bool { return filepath.Base(path) == name })
}

func TestASyncHangsAndOthersDoNot(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	held, release := make(chan *Call, 1), make(chan struct{})
	p := role(t, "disk")
	p.asPID1()
	p.intercept(Syncs, func(c *Call) unix.Errno {
		if is(c, "hanging") {
			held <- c
			c.Hold(release)
		}
		return Continue
	})
	p.feed(filepath.Join(directory, "hanging"))
	if c := await(t, held); c.PID != p.Process.Pid || c.Number != unix.SYS_FSYNC {
		t.Errorf("%v is held", c)
	}
	p.feed(filepath.Join(directory, "fine"))
	p.expect("synced fine <nil>")
	close(release)
	p.ends(7, "synced hanging <nil>")
}

func TestEveryStepOfAWriteCanHang(t *testing.T) {
	t.Parallel()
	for name, numbers := range map[string][]uintptr{"open": Opens, "write": Writes, "sync": Syncs} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var delayed record[string]
			var began record[time.Time]
			p := role(t, "disk")
			p.intercept(numbers, func(c *Call) unix.Errno {
				if is(c, "slow") {
					delayed.add(c.String())
					began.add(time.Now())
					c.Delay(300 * time.Millisecond)
				}
				return Continue
			})
			p.feed(filepath.Join(t.TempDir(), "slow"))
			p.expect("synced slow <nil>")
			if calls := delayed.all(); len(calls) != 1 {
				t.Fatalf("delayed: %v", calls)
			}
			if took := time.Since(began.all()[0]); took < 300*time.Millisecond {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestADiskIsFullForOneFile(t *testing.T) {
	t.Parallel()
	p := shell(t, `cd "$1"; echo >full || echo failed; echo >fine; stat -c "%s %n" full fine`, t.TempDir())
	p.Stderr = nil
	p.intercept(Writes, func(c *Call) unix.Errno {
		if is(c, "full") {
			return unix.ENOSPC
		}
		return Continue
	})
	p.ends(0, "failed", "0 full", "1 fine")
}

// seen starts p and returns what its calls are about when it has ended.
func (p *program) seen(numbers ...[]uintptr) []string {
	p.Helper()
	var calls record[string]
	p.intercept(slices.Concat(numbers...), func(c *Call) unix.Errno {
		name, _, _ := strings.Cut(c.String(), " by ")
		calls.add(name)
		return Continue
	})
	if rest := p.rest(); !slices.Equal(rest, []string{"<nil>"}) {
		p.Errorf("output %q", rest)
	}
	_ = p.Wait()
	return calls.all()
}

func TestFilesOfACallAreNamed(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*program){"PID 1": (*program).asPID1, "child": func(*program) {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there, here := t.TempDir(), t.TempDir()
			in := strings.NewReplacer("THERE", there, "HERE", here).Replace
			p := role(t, "at", there)
			p.Dir = here
			prepare(p)
			calls := p.seen(Opens, Renames)
			for _, want := range []string{
				"openat(THERE/one)", "openat2(THERE/two)", "renameat(THERE/one, HERE/three)",
				"renameat2(THERE/two, THERE/four)",
			} {
				if !slices.Contains(calls, in(want)) {
					t.Errorf("no %s in %q", in(want), calls)
				}
			}
			if last := calls[len(calls)-1]; !strings.HasSuffix(last, in("(THERE/four, THERE/five)")) {
				t.Errorf("%s is the last call", last)
			}
		})
	}
}

func TestFilesOfProgramsInCAreNamed(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	p := shell(t, `mount --make-rprivate / && mount -t tmpfs none "$1" && cd "$1" || exit
		echo >a; mv a b; sync -d b; sync "$1/b"; echo "<nil>"`, directory)
	p.asPID1() // with a file system that is not seen from here
	calls := p.seen(Opens, Renames, Syncs)
	for _, want := range []string{"(DIR/a)", "(DIR/a, DIR/b)", "fdatasync(DIR/b)", "fsync(DIR/b)"} {
		want = strings.ReplaceAll(want, "DIR", directory)
		if !slices.ContainsFunc(calls, func(call string) bool { return strings.HasSuffix(call, want) }) {
			t.Errorf("no %s in %q", want, calls)
		}
	}
}
