package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

const (
	saysNew     = ": Successfully requested and activated new license license_"
	saysAsked   = ": Successfully activated license license_"
	saysCached  = ": Successfully activated cached license license_"
	saysOffline = " offline, until "
)

// bySignal is how an emulator asks for a restart.
const bySignal = "kill -USR1 $SUPERVISOR_PID; exec sleep 60"

// licensedStarts are starts with a real license authority, and how many licensing requests each of them sends.
var licensedStarts = []struct {
	name, tokenType string
	// arrange makes what an earlier start, an image or somebody at the authority has left.
	arrange func(w *world, run func(string))
	// restart is what the emulator of an earlier start does to be restarted in place; then that start is counted.
	restart  string
	requests int
	code     int
	// says ends at the end of its line.
	says, ends string
}{
	{name: "developer, nothing stored", requests: 1, says: saysNew, ends: ":pro"},
	{name: "developer, stored", arrange: startedBefore, requests: 1, says: saysAsked, ends: ":pro"},
	{name: "developer, stored, revoked", arrange: revokedAfterwards, requests: 1, code: 55, says: "are invalid"},
	{name: "developer, restart in place", restart: bySignal, says: saysCached, ends: "/cache/license.json"},
	{name: "developer, restart after a crash", restart: "exit 3", says: saysCached, ends: "/cache/license.json"},
	{name: "developer, restart without a license", requests: 1, says: saysNew, ends: ":pro",
		restart: "rm $FILESYSTEM_ROOT/var/lib/localstack/cache/license.json; " + bySignal},
	{name: "CI, nothing stored", tokenType: "ci", requests: 1, says: saysNew, ends: ":pro"},
	{name: "CI, stored", tokenType: "ci", arrange: startedBefore, says: saysCached, ends: "/cache/license.json"},
	{name: "CI, stored, revoked", tokenType: "ci", arrange: revokedAfterwards, says: saysCached,
		ends: "/cache/license.json"},
	{name: "CI, restart in place", tokenType: "ci", restart: bySignal, says: saysCached, ends: "/cache/license.json"},
	{name: "CI, stored for another version", tokenType: "ci", requests: 1, says: saysAsked, ends: ":pro",
		arrange: func(w *world, run func(string)) {
			w.set("LOCALSTACK_BUILD_VERSION", "4.13.0")
			startedBefore(w, run)
			w.set("LOCALSTACK_BUILD_VERSION", "4.14.0")
		}},
	{name: "CI, mounted", tokenType: "ci", says: saysCached, ends: "/etc/localstack/conf.d/license.json",
		arrange: func(w *world, _ func(string)) {
			testkit.Put(w.T, w.root, "etc/localstack/conf.d/license.json", string(w.document(func(*license.Document) {})))
		}},
	{name: "override, nothing stored", arrange: overrides, requests: 1, says: saysNew, ends: ":pro"},
	{name: "override, stored", says: saysCached, ends: "/cache/license.json",
		arrange: func(w *world, run func(string)) {
			overrides(w, run)
			startedBefore(w, run)
		}},
	{name: "override, baked for good", says: saysCached, ends: "/usr/lib/localstack/license.json",
		arrange: func(w *world, run func(string)) {
			overrides(w, run)
			w.bake(func(d *license.Document) {
				d.ReactivateAfter, d.Issued = nil, license.Time{Time: time.Now().AddDate(0, -6, 0)}
			})
		}},
	{name: "override, baked, too old", requests: 2, says: saysNew, ends: ":pro",
		// The authority does not know its ID.
		arrange: func(w *world, run func(string)) {
			overrides(w, run)
			w.bake(func(d *license.Document) { d.ReactivateAfter = &license.Time{Time: time.Now().Add(-time.Hour)} })
		}},
	{name: "developer, baked for good, no override", requests: 2, says: saysNew, ends: ":pro",
		arrange: func(w *world, _ func(string)) { w.bake(func(d *license.Document) { d.ReactivateAfter = nil }) }},
}

func startedBefore(w *world, _ func(string)) {
	if _, stderr, code := w.start("LOG_FORMAT=text"); code != 0 {
		w.Fatalf("the start before: exit code %d, %s", code, stderr)
	}
}

func revokedAfterwards(w *world, run func(string)) {
	startedBefore(w, run)
	run("token revoke ID")
}

func overrides(w *world, _ func(string)) {
	w.set("LOCALSTACK_AUTH_TOKEN_OVERRIDE", w.token)
	w.set("LOCALSTACK_AUTH_TOKEN", "ls-another")
}

// bake puts a document where an offline image has it.
func (w *world) bake(change func(*license.Document)) {
	testkit.Put(w.T, w.root, "usr/lib/localstack/license.json", string(w.document(change)))
}

func TestLicensingRequestsOfAStart(t *testing.T) {
	t.Parallel()
	for _, c := range licensedStarts {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.tokenType = c.tokenType
			server, run := w.authority()
			if c.arrange != nil {
				c.arrange(w, run)
			}
			earlier := 0
			if exists(w.license()) {
				earlier++ // the log may not have it yet
			}
			args := []string{"-c", "true"}
			if c.restart != "" {
				earlier++ // that of the start in the same run
				args[1] = "mkdir " + w.root + "/again || exit 0; " + c.restart
				w.set("SUPERVISE", "1")
				w.set("RESTART_ON_CRASH", "1")
			}
			w.command = "sh"
			_, said, code := w.start("LOG_FORMAT=text", args...)
			server.Stop() // then it has logged everything
			requests := strings.Count(server.log.String(), "/v1/license/") - earlier
			if requests != c.requests || code != c.code {
				t.Errorf("%d licensing requests, exit code %d: %s\n%s", requests, code, said, server.log.String())
			}
			isIt := func(line string) bool { return strings.Contains(line, c.says) && strings.HasSuffix(line, c.ends) }
			if !slices.ContainsFunc(strings.Split(said, "\n"), isIt) {
				t.Errorf("no line with %q that ends with %q: %s", c.says, c.ends, said)
			}
			t.Logf("%d licensing requests: %s", requests, c.name)
		})
	}
}

// Without a request, no name is resolved, no certificate authority read, and no machine ID sent.
func TestAStartWithoutARequestNeedsNoNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("API_ENDPOINT", "https://api.localstack.test/v1")
	testkit.Put(t, w.root, "etc/localstack/conf.d/license.json", string(w.document(func(*license.Document) {})))
	testkit.Put(t, w.root, "etc/ssl/certs/ca-certificates.crt", "")
	if err := os.MkdirAll(filepath.Join(w.root, "var/lib/localstack"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "entrypoint"), "true")
	var said strings.Builder
	cmd.Env, cmd.Stderr = w.environ(), &said
	calls := []uintptr{unix.SYS_SOCKET, unix.SYS_OPENAT, unix.SYS_MKDIRAT}
	syscalls.Intercept(t, cmd, calls, func(c *syscalls.Call) unix.Errno {
		for _, path := range c.Files() {
			for _, needless := range []string{"resolv.conf", "etc/hosts", "ca-certificates", "machine.json"} {
				if strings.Contains(path, needless) {
					t.Errorf("it opens %s", path)
				}
			}
		}
		if c.Number == unix.SYS_SOCKET || c.Number == unix.SYS_MKDIRAT {
			t.Errorf("it calls %d", c.Number)
		}
		return syscalls.Continue
	})
	if err := cmd.Wait(); err != nil || !strings.Contains(said.String(), saysCached) {
		t.Errorf("%v: %s", err, said.String())
	}
}
