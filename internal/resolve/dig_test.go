package resolve

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/testkit"
)

// realDig is what dig says, without what comes before its answer. It is asked
// without a cookie, for we send none.
func realDig(t *testing.T, server, name, kind string, options ...string) string {
	t.Helper()
	path, err := exec.LookPath("dig")
	if err != nil {
		t.Skip("there is no dig here (package dnsutils)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*testkit.Soon)
	defer cancel()
	address, port, _ := net.SplitHostPort(server)
	args := append([]string{"-r", "@" + address, "-p", port, name, kind, "+nocookie", "+tries=1", "+time=5"}, options...)
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout = &out
	_ = cmd.Run() // 9 is its code for no answer
	return out.String()
}

// normal leaves out of an answer what differs each time, and dig's own head.
func normal(text string) string {
	for pattern, replacement := range map[string]string{
		`(?m)^; <<>> DiG.*\n`: "", `(?m)^;; global options.*\n`: "", `(?m)^; \(\d+ server found\)\n`: "",
		`\bid: \d+`: "id: _", `(?m)^;; Query time: \d+ msec$`: ";; Query time: _", `(?m)^;; WHEN: .*$`: ";; WHEN: _",
		`[ \t]+`: " ",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, replacement)
	}
	return strings.TrimSpace(regexp.MustCompile(`\n{2,}`).ReplaceAllString(text, "\n"))
}

func TestDigIsLikeTheRealOne(t *testing.T) {
	t.Parallel()
	ede := func(code uint16, text string) []dns.EDNS0_EDE {
		return []dns.EDNS0_EDE{{InfoCode: code, ExtraText: text}}
	}
	for name, handler := range map[string]dns.Handler{
		"address":           testkit.Zone{host: {IP: []string{"10.0.0.1", "10.0.0.2"}}},
		"alias":             testkit.Zone{host: {CNAME: "a.test"}, "a.test": {IP: []string{"10.0.0.1"}, TTL: 86400}},
		"authenticated":     testkit.Zone{host: {IP: []string{"10.0.0.1"}, Authenticated: true}},
		"no address":        testkit.Zone{host: {IP: []string{"::1"}}},
		"no such name":      testkit.Zone{},
		"blocked":           testkit.Zone{host: {Rcode: dns.RcodeNameError, EDE: ede(15, "by policy")}},
		"blocked silently":  testkit.Zone{host: {Rcode: dns.RcodeRefused, EDE: ede(18, "")}},
		"unknown reason":    testkit.Zone{host: {Rcode: dns.RcodeServerFailure, EDE: ede(4711, "house rule")}},
		"hostile reason":    testkit.Zone{host: {Rcode: dns.RcodeRefused, EDE: ede(17, "a\x1b[2Jb\"c\\d\n;; é x")}},
		"every reason":      everyReason(),
		"unknown code":      testkit.Zone{host: {Rcode: 12}},
		"cut short":         testkit.Zone{host: {IP: []string{"10.0.0.1"}, Truncated: true}},
		"cut short, closed": overUDP(testkit.Zone{host: {IP: []string{"10.0.0.1"}, Truncated: true}}),
		"many":              replying(many(200)),
		"authority":         replying(soa),
		"strange records":   replying(strange),
		"all flags": replying(func(m *dns.Msg) {
			m.Authoritative, m.RecursionAvailable, m.CheckingDisabled = true,
				true, true
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testkit.DNS(t, handler)
			compareDig(t, server.Addr(), dns.TypeA, false)
		})
	}
}

func compareDig(t *testing.T, server string, kind uint16, overTCP bool) {
	t.Helper()
	options := map[bool][]string{true: {"+tcp"}}[overTCP]
	want := normal(realDig(t, server, host, dns.TypeToString[kind], options...))
	if got := normal(Ask(t.Context(), server, host, kind, overTCP).Dig(time.Now())); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDigOfOtherQuestionsIsLikeTheRealOne(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{host: {IP: []string{"10.0.0.1", "::1"}}})
	compareDig(t, server.Addr(), dns.TypeAAAA, false)
	compareDig(t, server.Addr(), dns.TypeA, true)
	compareDig(t, server.Addr(), dns.TypeMX, false)
}

func TestDigOfAServerThatIsNotThereIsLikeTheRealOne(t *testing.T) {
	t.Parallel()
	_, port := testkit.Refuse(t, "127.0.0.1", 0)
	compareDig(t, fmt.Sprintf("127.0.0.1:%d", port), dns.TypeA, false)
}

func TestDigOfASilentServerIsLikeTheRealOne(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Silent{})
	want := normal(realDig(t, server.Addr(), host, "A", "+time=1"))
	if got := normal(Ask(testkit.Limited(t), server.Addr(), host, dns.TypeA, false).Dig(time.Now())); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// everyReason explains its answer with every extended error that dig 9.18 can
// name; newer ones are known to us only.
func everyReason() testkit.Zone {
	answer := testkit.DNSAnswer{Rcode: dns.RcodeNameError}
	for code := range dns.ExtendedErrorCodeInvalidData + 1 {
		answer.EDE = append(answer.EDE, dns.EDNS0_EDE{InfoCode: code})
	}
	return testkit.Zone{host: answer}
}

func soa(m *dns.Msg) {
	m.Rcode = dns.RcodeNameError
	m.Ns = append(m.Ns, parsed("test. 900 IN SOA ns.test. admin.test. 2026010101 1800 900 604800 86400"))
	m.Extra = append(m.Extra, parsed("ns.test. 60 IN A 10.0.0.53"))
}

func strange(m *dns.Msg) {
	for _, line := range []string{
		host + `. 60 IN TXT "a \"quoted\" \007 text" "more"`, host + ". 60 IN MX 10 mail.test.", host +
			`. 60 IN SRV 1 2 443 b.test.`,
		host + ". 60 IN CAA 0 issue \"ca.test\"", host + ". 60 IN AAAA 2001:db8::1",
	} {
		m.Answer = append(m.Answer, parsed(line))
	}
}

func parsed(line string) dns.RR {
	record, err := dns.NewRR(line)
	if err != nil {
		panic(err)
	}
	return record
}
