package lab

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/testkit"
)

// digZone is unbound's zone with records of many types.
var digZone = []string{
	`  local-zone: "example.org." static`,
	`  local-data: "example.org. 3600 SOA ns.example.org. admin.example.org. 2026112601 1800 900 604800 86400"`,
	`  local-data: "example.org. 3600 NS ns.example.org."`,
	`  local-data: "ns.example.org. 60 A 10.0.0.2"`,
	`  local-data: "www.example.org. 60 A 18.66.1.1"`,
	`  local-data: "www.example.org. 60 AAAA 2600:9000::1"`,
	`  local-data: "example.org. 60 MX 10 mail.example.org."`,
	`  local-data: 'example.org. 60 TXT "v=spf1 -all" "a \"b\" \\ c"'`,
	`  local-data: "_ldap._tcp.example.org. 60 SRV 1 2 389 www.example.org."`,
	`  local-data: "odd.example.org. 60 TYPE65280 \# 4 0a000001"`,
	`  local-data-ptr: "18.66.1.1 60 www.example.org"`,
	`  local-data-ptr: "2600:9000::1 60 www.example.org"`,
	`  local-zone: "refused.example.com." always_refuse`,
}

func TestDigTakesTheArgumentsOfTheRealOne(t *testing.T) {
	need(t)
	w := newWorld(t)
	w.unbound(nameServer, digZone...)
	testkit.Put(t, w.root, ".digrc", "+nocookie\n") // we send none
	w.env["HOME"] = w.root
	// What follows `dig @10.0.0.2`, a command line each.
	lines, err := os.ReadFile("testdata/dig.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(lines)), "\n") {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"@" + nameServer}, strings.Fields(line)...)
			ours, ourCode := w.runs(w.program("entrypoint"), append([]string{"dig"}, args...)...)
			theirs, theirCode := w.runs("dig", args...)
			// The two word the refusal of an option differently.
			if refused := theirCode == 1 || theirCode == 10; refused != (ourCode == 2) || !refused && ourCode != theirCode {
				t.Errorf("our exit code is %d, dig's %d", ourCode, theirCode)
			} else if refused {
				return
			}
			if ours, theirs := alike(ours), alike(theirs); ours != theirs {
				t.Errorf("we print\n%s\nand dig\n%s", ours, theirs)
			}
		})
	}
}

// runs runs a program in the container, and returns what it prints and its exit code.
func (w *world) runs(program string, args ...string) (stdout string, code int) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = w.environ()
	var out strings.Builder
	cmd.Stdout = &out
	if err := w.Inside(cmd.Start); err != nil {
		w.Fatal(err)
	}
	_ = cmd.Wait()
	return out.String(), cmd.ProcessState.ExitCode()
}

// digNoise is what differs every time, or says which program it is, and what replaces it.
var digNoise = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`(?m)^; <<>> (DiG|entrypoint) .*$`), "; <<>>"},
	{regexp.MustCompile(`(?m)^; \(\d+ servers? found\)\n`), ""},
	{regexp.MustCompile(`(?m)^;; global options:.*\n`), ""},
	{regexp.MustCompile(`\bid: \d+`), "id: _"},
	{regexp.MustCompile(`(?m)^;; Query time: .*$`), ";; Query time: _"},
	{regexp.MustCompile(`(?m)^;; WHEN: .*$`), ";; WHEN: _"},
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(`(?m) $`), ""},
	{regexp.MustCompile(`\n{2,}`), "\n"},
}

// alike is a text without that.
func alike(text string) string {
	for _, noise := range digNoise {
		text = noise.pattern.ReplaceAllString(text, noise.with)
	}
	return strings.TrimSpace(text)
}
