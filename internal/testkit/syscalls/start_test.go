package syscalls

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func pass(*Call) unix.Errno { return Continue }

// all are all system calls there are.
func all() []uintptr {
	var numbers []uintptr
	for number := range uintptr(512) {
		numbers = append(numbers, number)
	}
	return numbers
}

func TestEveryCallCanBeIntercepted(t *testing.T) {
	t.Parallel()
	p := role(t, "starter")
	p.intercept(all(), pass)
	p.ends(7)
	p = shell(t, `echo $(echo "$0" "$@")`, "a", "b")
	p.intercept(all(), pass)
	p.ends(0, "sh a b")
}

func TestNoCallButTheProgramsOwnIsSeen(t *testing.T) {
	t.Parallel()
	var seen record[uintptr]
	p := shell(t, `exec /bin/true`)
	p.intercept([]uintptr{unix.SYS_EXECVE, unix.SYS_PRLIMIT64, unix.SYS_FUTEX, unix.SYS_SENDMSG, unix.SYS_EXIT_GROUP},
		func(c *Call) unix.Errno {
			if c.Number != unix.SYS_PRLIMIT64 { // libc asks for the stack's limit
				seen.add(c.Number)
			}
			return Continue
		})
	p.ends(0)
	if want := []uintptr{unix.SYS_EXECVE, unix.SYS_EXIT_GROUP}; !slices.Equal(seen.all(), want) {
		t.Errorf("%v, want %v", seen.all(), want)
	}
}

func TestTheProgramIsStartedAsWithoutIt(t *testing.T) {
	t.Parallel()
	const script = `
		echo "$0" "$@"; pwd; umask; ulimit -n; ulimit -c; env
		grep -vE '^(Pid|PPid|Tgid|Ngid|NSpid|NSpgid|NSsid|NStgid|Vm|Rss|Seccomp|SigQ|.*ctxt)' /proc/self/status
		cat /proc/self/limits /proc/self/personality /proc/self/oom_score_adj /proc/self/timerslack_ns
		cd /proc/self/fd; echo *; readlink 0 1 2 3 4`
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	output := func(start func(*program)) []string {
		p := shell(t, script, "a  b", "")
		p.Dir = "/usr"
		p.Env = []string{"GODEBUG=inittrace=1", "GOMAXPROCS=1", "GOTRACEBACK=crash", "X=\xff"}
		p.ExtraFiles = []*os.File{null, null}
		p.Stdin, p.Stderr = nil, p.Stdout
		start(p)
		rest := p.rest()
		_ = p.Wait()
		return slices.DeleteFunc(rest, func(line string) bool { return strings.HasPrefix(line, "pipe:") })
	}
	want := output(func(p *program) {
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		_ = p.Stdout.(*os.File).Close()
	})
	got := output(func(p *program) {
		Intercept(t, p.Cmd, []uintptr{unix.SYS_SYNC}, pass)
		_ = p.Stdout.(*os.File).Close()
		if p.Path != "/bin/sh" || len(p.Args) != 6 || len(p.Env) != 4 || len(p.ExtraFiles) != 2 {
			t.Errorf("the command has become %+v", p.Cmd)
		}
	})
	if len(want) < 40 || len(got) != len(want) {
		t.Fatalf("started as\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("started with %q, want %q", got[i], want[i])
		}
	}
}

// TestTheSignalForAParentsDeathIsKept: it belongs to the thread that executes the program.
func TestTheSignalForAParentsDeathIsKept(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("deciding about system calls takes root") // here, because only the test's own goroutine can skip it
	}
	p := shell(t, `trap 'kill $!; exit 7' USR1; sleep 60 & echo ready; wait`)
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGUSR1}
	onMortalThread(func() {
		p.intercept([]uintptr{unix.SYS_SYNC}, pass)
		p.expect("ready")
	})
	p.ends(7)
}

// onMortalThread runs f on a thread that ends with it. The main thread never does.
func onMortalThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			onMortalThread(f)
			return
		}
		f()
	}()
	<-done
}

func TestAProgramThatCannotBeExecutedIsAnError(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("deciding about system calls takes root")
	}
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{"/absent": unix.ENOENT, plain: unix.EACCES, "/bin/sh\x00": unix.EINVAL} {
		cmd := exec.Command(path)
		_, err := start(cmd, all(), pass)
		if !errors.Is(err, want) || cmd.ProcessState == nil {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	cmd := exec.Command("/bin/true")
	cmd.Dir = "/absent"
	if _, err := start(cmd, all(), pass); !errors.Is(err, unix.ENOENT) {
		t.Error(err)
	}
	cmd = exec.Command("/bin/true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if _, err := start(cmd, all(), pass); !errors.Is(err, unix.EACCES) {
		t.Error(err)
	}
}
