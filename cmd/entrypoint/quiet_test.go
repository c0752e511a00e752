package main

import (
	"bytes"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/syscalls"
)

// issues are the starts that have something to say of the license or of the way to it.
var issues = []struct {
	name    string
	says    string
	arrange func(*world)
	disk    syscalls.Decision // for the calls that open files
	renews  bool
}{
	{name: "no license", says: "License activation failed!", arrange: func(*world) {}},
	{name: "a developer's token in CI", says: "the variable CI is set", arrange: func(w *world) {
		w.set("CI", "1")
		w.set("LOCALSTACK_AUTH_TOKEN", strings.Replace(w.token, credential.CIPrefix, credential.DeveloperPrefix, 1))
	}},
	{name: "an endpoint without encryption", says: "is not encrypted", arrange: func(w *world) {
		testkit.Put(w.T, w.root, "etc/hosts", "127.0.0.1 licenses.test\n")
		w.set("API_ENDPOINT", "http://licenses.test:1/v1")
	}},
	{name: "certificates that are not checked", says: "SSL_NO_VERIFY=1", arrange: func(w *world) {
		w.set("API_ENDPOINT", "https://127.0.0.1:1/v1")
		w.set("SSL_NO_VERIFY", "1")
	}},
	{name: "a bundle that is not there", says: "REQUESTS_CA_BUNDLE=", arrange: func(w *world) {
		w.set("API_ENDPOINT", "https://127.0.0.1:1/v1")
		w.set("REQUESTS_CA_BUNDLE", "/nowhere.pem")
	}},
	{name: "proxies that differ", says: "HTTPS_PROXY", arrange: func(w *world) {
		w.set("https_proxy", "http://127.0.0.1:1")
		w.set("HTTPS_PROXY", "http://127.0.0.1:2")
		w.set("API_ENDPOINT", "https://api.localstack.test/v1")
	}},
	{name: "a wrong clock", says: "the clock of this machine is wrong",
		arrange: func(w *world) { w.simulate("clock-ahead") }},
	{name: "another's signature", says: "does not match this credential",
		arrange: func(w *world) { w.simulate("wrong-signature") }},
	{name: "a volume that cannot be written", says: "cannot store", arrange: func(w *world) {
		testkit.Put(w.T, w.root, "var/lib/localstack/cache", "a file")
		w.answer(http.StatusOK, string(w.document(func(*license.Document) {})))
	}},
	{name: "a silent server", says: "waiting for the answer from 127.0.0.1:", arrange: func(w *world) {
		w.simulate("slow")
		w.set("ACTIVATION_TIMEOUT", "2.5")
	}},
	{name: "a slow disk", says: "cannot read the stored licenses",
		arrange: func(w *world) { w.store(func(*license.Document) {}) },
		disk: func(c *syscalls.Call) unix.Errno {
			if slices.ContainsFunc(c.Files(), func(path string) bool { return strings.HasSuffix(path, "/license.json") }) {
				c.Delay(2 * file.DiskTimeout)
			}
			return syscalls.Continue
		}},
	{name: "a renewal without network", says: "cannot renew the license", renews: true, arrange: aged},
	{name: "a renewal that is refused", says: "the next start will fail", renews: true, arrange: func(w *world) {
		w.simulate("expired")
		aged(w)
	}},
	{name: "a renewal of a license that nobody knows", says: "no longer knows", renews: true, arrange: func(w *world) {
		w.simulate("unassigned")
		aged(w)
	}},
}

// aged has a stored license that is due for its renewal.
func aged(w *world) {
	w.store(func(*license.Document) {})
	w.age()
}

func TestIssuesWithTheLicenseAreNotPrintedToThoseWhoDoNotWantThem(t *testing.T) {
	t.Parallel()
	for _, issue := range issues {
		t.Run(issue.name, func(t *testing.T) {
			t.Parallel()
			codes := map[string]int{}
			for _, wanted := range []string{"1", "0"} {
				w := newWorld(t)
				issue.arrange(w)
				w.set("LOG_LICENSE_ISSUES", wanted)
				cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "entrypoint"), "true")
				if cmd.Env = w.environ(); issue.renews {
					cmd.Args = []string{renewName}
				}
				var said bytes.Buffer
				cmd.Stderr = &said
				if issue.disk != nil {
					syscalls.Intercept(t, cmd, syscalls.Opens, issue.disk)
				} else if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait()
				codes[wanted] = cmd.ProcessState.ExitCode()
				if got := strings.Contains(said.String(), issue.says); got != (wanted == "1") {
					t.Errorf("with %s it says %s", wanted, said.String())
				}
				for line := range strings.Lines(said.String()) {
					if wanted == "0" && !strings.Contains(line, " INFO --- ") {
						t.Errorf("with 0 it says %s", line)
					}
				}
			}
			if codes["0"] != codes["1"] {
				t.Errorf("the exit codes are %v", codes)
			}
		})
	}
}
