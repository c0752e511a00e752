package pages

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/conformance/kit"
)

// patience bounds every wait. It is far more than any takes.
const patience = 30 * time.Second

// repository is the root of the repository, output where the pictures, the log and the table go.
const (
	repository = "../../.."
	output     = repository + "/build/pages"
)

// inside is the name of this program in namespaces of its own.
const inside = "conformance-pages"

// chromium is the context of the browser that all tests share, each with cookies of its own.
var chromium context.Context

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Args[0] != inside && flag.Lookup("test.list").Value.String() == "" {
		code, err := enter()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
	code := 1
	defer func() { os.Exit(code) }()
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	home, err := os.MkdirTemp("", "pages-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer os.RemoveAll(home)
	var end context.CancelFunc
	chromium, end = chromedp.NewExecAllocator(context.Background(), options(home)...)
	defer end()
	chromium, end = chromedp.NewContext(chromium)
	defer end()
	code = m.Run()
	if err := finish(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
}

// finish writes what the tests have found, and checks that all of them together have looked at each page.
func finish() error {
	if err := writeResults(); err != nil {
		return err
	}
	missing, err := forgotten()
	if err != nil || len(missing) == 0 || flag.Lookup("test.run").Value.String() != "" || kit.Root == "" {
		return err
	}
	return fmt.Errorf("no test looks at %s", strings.Join(missing, ", "))
}

// enter runs the tests in namespaces of their own. The network has nothing but a loopback device, so no page reaches
// the world. When this process ends, whatever ends it, the kernel ends all processes that the tests have started.
func enter() (code int, err error) {
	build := exec.Command("make", "--silent", "--directory", repository, "build")
	build.Env = append(os.Environ(), "MAKEFLAGS=") // the caller may be a make, too
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("cannot make the programs: %w\n%s", err, out)
	}
	runtime.LockOSThread() // Pdeathsig is about the thread
	first := exec.Command("/proc/self/exe")
	first.Args = append([]string{inside}, os.Args[1:]...)
	first.Stdin, first.Stdout, first.Stderr = os.Stdin, os.Stdout, os.Stderr
	first.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC,
		Pdeathsig:  unix.SIGKILL,
	}
	if os.Getuid() != 0 { // who then is root in a namespace of users
		first.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		first.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		first.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if err := first.Run(); first.ProcessState == nil {
		return 1, fmt.Errorf("cannot start a process in namespaces of its own: %w", err)
	}
	return first.ProcessState.ExitCode(), nil
}

// prepare makes the namespaces usable.
func prepare() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot make the mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("cannot mount /proc: %w", err)
	}
	if err := raiseLoopback(); err != nil {
		return fmt.Errorf("cannot start the loopback device: %w", err)
	}
	return os.MkdirAll(output, 0o755)
}

func raiseLoopback() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	device, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	device.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, device)
}

// options are those of the browser. Names below .test are this machine's.
func options(home string) []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"),
		chromedp.NoSandbox,
		chromedp.UserDataDir(filepath.Join(home, "data")),
		chromedp.NoInheritEnv,
		chromedp.Env("PATH="+os.Getenv("PATH"), "HOME="+home, "LANG=C.UTF-8"),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1, EXCLUDE 127.0.0.1, EXCLUDE localhost, MAP * ~NOTFOUND"),
		chromedp.WSURLReadTimeout(patience),
	)
}
