package lab

import (
	"context"
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

// digLines are command lines behind `dig @10.0.0.2`.
var digLines = []string{
	"www.example.org", "www.example.org A", "A www.example.org", "-t A www.example.org", "www.example.org -t AAAA",
	"www.example.org IN A", "www.example.org A IN", "-c IN -t A -q www.example.org", "-qwww.example.org -tA", "-r www.example.org",
	"www.example.org +noall +answer", "+noall +answer www.example.org", "www.example.org +noall +answer +question",
	"www.example.org +noall +stats", "www.example.org +noall +comments", "www.example.org +noall +authority +additional",
	"www.example.org +nocomments", "www.example.org +nocmd", "+nocmd www.example.org +nostats", "www.example.org +nostats",
	"www.example.org +noquestion", "www.example.org +noanswer", "www.example.org +nocomments +noquestion +nostats",
	"www.example.org +short", "+short www.example.org", "example.org MX +short", "example.org TXT +short", "absent.example.org +short",
	"www.example.org +short +stats", "www.example.org +short +nocomments +unknown",
	"www.example.org +tcp", "www.example.org +vc", "www.example.org +notcp", "www.example.org ANY", "example.org ANY +notcp",
	"-x 18.66.1.1", "-x18.66.1.1 +short", "-x 2600:9000::1 +short", "-x 18.66", "-x 18.66.1.1 +noall +answer",
	"www.example.org +time=1", "www.example.org +timeout=1 +tries=1", "www.example.org +retry=0", "-4 www.example.org",
	"www.example.org +norecurse", "www.example.org +norec +noad", "www.example.org +cd", "www.example.org +dnssec", "www.example.org +do",
	"www.example.org +noedns", "www.example.org +edns=0", "www.example.org +bufsize=512", "www.example.org +edns",
	"www.example.org +ignore", "www.example.org +nottlid", "www.example.org +noclass", "www.example.org +nottlid +noclass",
	"example.org SOA", "example.org SOA +multiline", "example.org SOA +multiline +noall +answer", "example.org NS", "absent.example.org",
	"www.example.org +unknownformat", "www.example.org +qr", "odd.example.org TYPE65280", "odd.example.org -t type65280 +short",
	"_ldap._tcp.example.org SRV", "www.example.org +nosearch +nocookie +besteffort +nodnssec", "www.example.org +all",
	"www.example.org MX www.example.org AAAA", "www.example.org +short example.org MX", "+short www.example.org example.org MX",
	"+noall +answer www.example.org -x 18.66.1.1", "www.example.org example.org +short", "a.refused.example.com", ". NS +short",
	"www.example.org +nostat", "www.example.org +noques", "www.example.org +mult", "www.example.org +sho",
	"CH version.server TXT", "version.server TXT CH +short", "-c CH -t TXT version.server", "WWW.Example.ORG", "www.example.org.",
	"printer.local", "printer.local +short", "+frobnicate www.example.org",
	"-p", "-z www.example.org", "+time=x www.example.org", "-p 54 +time=1 +tries=2 www.example.org", "-p 54 +tries=1 +short www.example.org",
	"-p 54 +tries=1 +noall www.example.org", "-b 10.0.0.3 www.example.org",
}

func TestDigTakesTheArgumentsOfTheRealOne(t *testing.T) {
	need(t)
	w := newWorld(t)
	w.unbound(nameServer, digZone...)
	testkit.Put(t, w.root, ".digrc", "+nocookie\n") // we send none
	w.env["HOME"] = w.root
	for _, line := range digLines {
		t.Run(line, func(t *testing.T) {
			args := append([]string{"@" + nameServer}, strings.Fields(line)...)
			ours, ourCode := w.runs(w.program("entrypoint"), append([]string{"dig"}, args...)...)
			theirs, theirCode := w.runs("dig", args...)
			// Whoever does not know an option says it in his own words.
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
	if err := w.inside(cmd.Start); err != nil {
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
