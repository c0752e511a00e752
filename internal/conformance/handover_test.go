package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
)

// handed is the environment that the runtime was started with.
func (p *process) handed() (entries []string) {
	p.Helper()
	block := p.run("sh", "-c", `for p in /proc/[0-9]*; do
		if tr '\0' ' ' <"$p/cmdline" | grep -q '^[^ ]*python -m localstack'; then cat "$p/environ"; exit; fi
	done`)
	return strings.Split(strings.TrimSuffix(block, "\x00"), "\x00")
}

// tells returns the value of a variable, "absent" without it.
func tells(entries []string, name string) string {
	for _, entry := range entries {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	return "absent"
}

// TestTheRuntimeIsHandedALicense: and warns of nothing that we have set. Of a user's ACTIVATE_PRO it does warn.
func TestTheRuntimeIsHandedALicense(t *testing.T) {
	t.Parallel()
	for _, choice := range []string{"", "1"} {
		t.Run("ACTIVATE_PRO="+choice, func(t *testing.T) {
			t.Parallel()
			c := newContainer(t, pythonOfRuntime)
			l := c.licensing(server.Options{})
			token, _ := l.Token(authority.NewToken{Kind: authority.CI})
			c.set("LOCALSTACK_AUTH_TOKEN_OVERRIDE", token)
			c.set("LOCALSTACK_AUTH_TOKEN", "another one")
			c.set("API_KEY", "mine")
			want := "absent"
			if choice != "" {
				c.set("LOCALSTACK_ACTIVATE_PRO", choice)
				want = choice
			}
			p := c.start()
			p.await("Ready.")
			entries := p.handed()
			for name, want := range map[string]string{
				"PRO_ACTIVATED": "1", "ACTIVATE_PRO": want, "SUPERVISOR_PID": "1", "API_KEY": "mine",
				"LOCALSTACK_AUTH_TOKEN": token, "LOCALSTACK_AUTH_TOKEN_OVERRIDE": token,
			} {
				if tells(entries, name) != want {
					t.Errorf("%s is not what it should be", name)
				}
			}
			p.stop()
			p.ends(0)
			if strings.Contains(p.output(), "ACTIVATE_PRO is deprecated") != (choice != "") {
				t.Errorf("the runtime says:\n%s", p.output())
			}
			document, err := os.ReadFile(filepath.Join(c.volume, "cache/license.json"))
			if err != nil || !strings.Contains(string(document), `"localstack_version":"2026.3.0"`) {
				t.Errorf("the license is not for the installed version: %v", err)
			}
			l.Wants(t, "POST /v1/license/request 200")
		})
	}
}

// TestTheRuntimeIsHandedNoCredentialWithoutPro, whatever the variables are called.
func TestTheRuntimeIsHandedNoCredentialWithoutPro(t *testing.T) {
	c := withoutLicense(t)
	const token = "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"
	c.set("LOCALSTACK_AUTH_TOKEN", token)
	c.set("MINE", `"`+token+`"`)
	c.set("auth_token", "mine")
	c.set("PRO_ACTIVATED", "1")
	p := c.start()
	p.await("LocalStack 2026.3 and later may not start without a license")
	p.await("Ready.")
	entries := p.handed()
	if slices.ContainsFunc(entries, func(entry string) bool { return strings.Contains(entry, token) }) {
		t.Error("a variable has the token")
	}
	for name, want := range map[string]string{"PRO_ACTIVATED": "absent", "ACTIVATE_PRO": "0", "auth_token": "mine"} {
		if got := tells(entries, name); got != want {
			t.Errorf("%s=%q, want %q", name, got, want)
		}
	}
}

// TestTheRuntimeStartsWithAsMuchEnvironmentAsTheKernelTakes: with the prefix rule it would be twice as much. A setting
// is still made.
func TestTheRuntimeStartsWithAsMuchEnvironmentAsTheKernelTakes(t *testing.T) {
	c := withoutLicense(t)
	for i := range 15 {
		c.set(fmt.Sprintf("LOCALSTACK_LARGE%d", i), strings.Repeat("x", 100_000))
	}
	c.set("LOCALSTACK_DEBUG", "1")
	c.hook("boot", "large.py", `import os; print("hook has", len(os.environ["LOCALSTACK_LARGE14"]))`)
	c.hook("ready", "large.sh", `echo "hook has ${#LOCALSTACK_LARGE14}"`)
	p := c.start()
	p.await("Ready.")
	p.awaitNth("hook has 100000", 2)
	if got := tells(p.handed(), "DEBUG"); got != "1" {
		t.Errorf("DEBUG is %s", got)
	}
	p.stop()
	p.ends(0)
}

// TestTheRuntimeStartsWithVariablesThatEndTheOfficialEntrypoint: with each of them, its shell exits with 1, 2 or 127.
func TestTheRuntimeStartsWithVariablesThatEndTheOfficialEntrypoint(t *testing.T) {
	c := withoutLicense(t)
	const lines = "a\nLOCALSTACK_PATH=\n{"
	c.set("LINES_OF_TEXT", lines)
	c.set("LOCALSTACK_my-var", "1")
	c.set("LOCALSTACK_UID", "5")
	c.set("LOCALSTACK_PATH", "/nowhere")
	c.set("LOCALSTACK_BYTES", "\xff\xfe")
	p := c.start()
	p.await("Ready.")
	entries := p.handed()
	for name, want := range map[string]string{
		"LINES_OF_TEXT": lines, "LOCALSTACK_my-var": "1", "UID": "absent", "BYTES": "\xff\xfe",
	} {
		if got := tells(entries, name); got != want {
			t.Errorf("%s=%q, want %q", name, got, want)
		}
	}
	if got := tells(entries, "PATH"); !strings.HasPrefix(got, "/opt/code/localstack/.venv/bin:/usr/local/sbin:") {
		t.Errorf("PATH=%s", got)
	}
	p.stop()
	p.ends(0)
}
