package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/testkit"
)

// password is that of every member.
const password = "correct horse battery staple"

// authority is a license authority that serves.
type authority struct {
	testing.TB
	// URL is where its pages are, without a slash at the end.
	URL string
	dir string
	log testkit.Buffer
}

// ports are given out one by one: nobody else is in this network.
var ports atomic.Uint32

// freeAddress is an address of this machine at which nobody listens.
func freeAddress() string { return fmt.Sprint("127.0.0.1:", 8000+ports.Add(1)) }

// newAuthority starts `licenseserver serve` with flags. It ends with the test.
func newAuthority(t testing.TB, flags ...string) *authority {
	t.Helper()
	address := freeAddress()
	a := &authority{TB: t, URL: "http://" + address, dir: t.TempDir()}
	a.do("workspace", "create", "Example")
	cmd := a.command(append([]string{"serve", "--listen", address, "--public-url", a.URL}, flags...)...)
	cmd.Stdout, cmd.Stderr = &a.log, &a.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		select {
		case <-ended:
		case <-time.After(patience):
			t.Error("licenseserver does not end")
			_ = cmd.Process.Kill()
		}
		if t.Failed() {
			t.Logf("the log of licenseserver:\n%s", masked(a.log.String()))
		}
	})
	await(t, "licenseserver answers", func() bool {
		select {
		case <-ended:
			t.Fatalf("licenseserver has ended:\n%s", masked(a.log.String()))
		default:
		}
		response, err := http.Get(a.URL + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return a
}

func (a *authority) command(args ...string) *exec.Cmd {
	cmd := exec.Command(program(a, "licenseserver"), args...)
	cmd.Env = []string{"LICENSESERVER_DATA=" + a.dir, "LICENSESERVER_PUBLIC_URL=" + a.URL}
	return cmd
}

// do runs a command of licenseserver, and returns what it prints.
func (a *authority) do(args ...string) string {
	a.Helper()
	var out, errors strings.Builder
	cmd := a.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil {
		a.Fatalf("licenseserver %s: %v\n%s", args[0], err, masked(errors.String()))
	}
	return strings.TrimSpace(out.String())
}

// invite adds a member, and returns the link by which they join. Flags are those of `licenseserver member add`.
func (a *authority) invite(email string, flags ...string) string {
	a.Helper()
	return a.do(append([]string{"member", "add", email}, flags...)...)
}

// member adds a member, who joins with password.
func (a *authority) member(email string, flags ...string) {
	a.Helper()
	client := &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.PostForm(a.invite(email, flags...), url.Values{"password": {password}, "again": {password}})
	if err != nil {
		a.Fatal("cannot open an invitation") // err has the link
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		a.Fatalf("an invitation answers with status %d", answer.StatusCode)
	}
}

// program is the path of one of our programs.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(repository, "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// await waits until something is so.
func await(t testing.TB, what string, isSo func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !isSo(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("after %s, it is still not so that %s", patience, what)
		}
	}
}
