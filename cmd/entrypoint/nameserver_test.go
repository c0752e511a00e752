package main

import (
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/miekg/dns"
	"github.com/rogpeppe/go-internal/testscript"

	"localstack-entrypoint/internal/testkit"
)

// nameserver is the transcripts' command of that name.
func nameserver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: nameserver FILE")
	}
	zone := testkit.Zone{}
	var silent []string
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		words := strings.Fields(line)
		switch {
		case len(words) == 2 && words[1] == "silent":
			silent = append(silent, words[0])
		case len(words) > 1:
			zone[words[0]] = zoneEntry(ts, words[1:])
		}
	}
	server, err := testkit.StartDNS(dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		for _, name := range silent {
			if dns.Fqdn(name) == question.Question[0].Name {
				return
			}
		}
		zone.ServeDNS(w, question)
	}))
	ts.Check(err)
	ts.Defer(server.Close)
	_, port, _ := net.SplitHostPort(server.Addr())
	ts.Setenv("NAMESERVER", server.Addr())
	ts.Setenv("NAMESERVER_PORT", port)
	ts.Check(os.WriteFile(ts.MkAbs("root/etc/resolv.conf"), []byte(testkit.ResolvConf(server.Addr())), 0o600))
}

// zoneEntry reads "ADDRESS…" or "CODE [EDE TEXT…]".
func zoneEntry(ts *testscript.TestScript, words []string) testkit.DNSAnswer {
	code, isCode := dns.StringToRcode[words[0]]
	if !isCode {
		return testkit.DNSAnswer{IP: words}
	}
	answer := testkit.DNSAnswer{Rcode: code}
	if len(words) > 1 {
		number, err := strconv.ParseUint(words[1], 10, 16)
		ts.Check(err)
		answer.EDE = []dns.EDNS0_EDE{{InfoCode: uint16(number), ExtraText: strings.Join(words[2:], " ")}}
	}
	return answer
}
