package resolve

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

// described is a query in a line: name, class unless IN, type, servers, and what is asked otherwise than by default.
func described(q Query) string {
	text := fmt.Sprintf("%s %s %s", q.Name, dns.Type(q.Kind), strings.Join(q.Servers, ","))
	if q.Class != dns.ClassINET {
		text += " " + dns.Class(q.Class).String()
	}
	plain := newQuery("", 0, false)
	for name, flag := range map[string][2]bool{
		"tcp": {q.OverTCP, plain.OverTCP}, "norecurse": {q.Recurse, plain.Recurse}, "short": {q.Short, plain.Short},
		"noedns": {q.EDNS, plain.EDNS}, "dnssec": {q.DNSSEC, plain.DNSSEC}, "noanswer": {q.Answer, plain.Answer},
		"nostats": {q.Stats, plain.Stats}, "nocomments": {q.Comments, plain.Comments}, "nocmd": {q.Command, plain.Command},
		"noadflag": {q.AuthenticData, plain.AuthenticData}, "cdflag": {q.CheckingDisabled, plain.CheckingDisabled},
		"noquestion": {q.Question, plain.Question}, "ignore": {q.Ignore, plain.Ignore},
	} {
		if flag[0] != flag[1] {
			text += "\n+" + name
		}
	}
	if q.Timeout != 0 || q.Tries != 0 {
		text += fmt.Sprintf("\n+time %v x %d", q.Timeout, q.Tries)
	}
	if q.Source.IsValid() {
		text += "\n-b " + q.Source.String()
	}
	lines := strings.Split(text, "\n")
	slices.Sort(lines[1:])
	return strings.Join(lines, " ")
}

func TestQuestionsInTheWordsOfDig(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	testkit.Put(t, root, "etc/resolv.conf", "nameserver 10.0.0.2\nnameserver fd00::3\n")
	testkit.Put(t, root, "etc/hosts", "10.0.0.9 ns.test\nfd00::9 ns.test\n")
	for words, want := range map[string]string{
		"":                         public + " A <all>",
		"a.test":                   "a.test A <all>",
		"aaaa":                     public + " AAAA <all>",
		"TXT a.test +tcp":          "a.test TXT <all> +tcp",
		"a.test MX +vc":            "a.test MX <all> +tcp",
		"@10.0.0.5 a.test":         "a.test A 10.0.0.5:53",
		"@10.0.0.5 -p 5353 a.test": "a.test A 10.0.0.5:5353",
		"-p 5353 a.test":           "a.test A 10.0.0.2:5353,[fd00::3]:5353",
		"a.test @10.0.0.5:5353":    "a.test A 10.0.0.5:5353",
		"@::1":                     public + " A [::1]:53",
		"@[::1]:5353":              public + " A [::1]:5353",
		"@ns.test -p 54 NS .":      ". NS 10.0.0.9:54",
		"@ns.test:55":              public + " A 10.0.0.9:55",
		"@ns.test -6":              public + " A [fd00::9]:53",
		"@localhost type65.test":   "type65.test A 127.0.0.1:53",
		"+short a.test":            "a.test A <all> +nocmd +nocomments +noquestion +nostats +short",
		"@fe80::1%eth0":            public + " A [fe80::1%eth0]:53",
		"a.test -4":                "a.test A 10.0.0.2:53",
		"-6 a.test":                "a.test A [fd00::3]:53",

		"-t MX a.test":                "a.test MX <all>",
		"a.test -tMX -p5353 -4":       "a.test MX 10.0.0.2:5353",
		"-q mx -t txt":                "mx TXT <all>",
		"-c CH -t TXT version.bind":   "version.bind TXT <all> CH",
		"version.bind txt ch":         "version.bind TXT <all> CH",
		"a.test IN A":                 "a.test A <all>",
		"IN a.test hs":                "a.test A <all> HS",
		"a.test TYPE65280 CLASS4":     "a.test TYPE65280 <all> HS",
		"a.test type15":               "a.test MX <all>",
		"-x 10.0.0.1":                 "1.0.0.10.in-addr.arpa. PTR <all>",
		"-x10.0.0.1":                  "1.0.0.10.in-addr.arpa. PTR <all>",
		"-x 10.1":                     "1.10.in-addr.arpa. PTR <all>",
		"-t any -x 10.0.0.1":          "1.0.0.10.in-addr.arpa. ANY <all> +tcp",
		"-x ::1":                      strings.Repeat("0.", 0) + "1." + strings.Repeat("0.", 31) + "ip6.arpa. PTR <all>",
		"a.test ANY":                  "a.test ANY <all> +tcp",
		"+notcp a.test ANY":           "a.test ANY <all>",
		"a.test +noall +answer":       "a.test A <all> +nocmd +nocomments +noquestion +nostats",
		"+nocomments +nostat a.test":  "a.test A <all> +nocomments +nostats",
		"a.test +time=1 +tries=2":     "a.test A <all> +time 1s x 2",
		"a.test +timeout=0 +retry=0":  "a.test A <all> +time 1s x 1",
		"a.test +noedns +norec +dnss": "a.test A <all> +dnssec +norecurse",
		"a.test +noedns +cd +noad":    "a.test A <all> +cdflag +noadflag +noedns",
		"a.test +nocookie +nosearch":  "a.test A <all>",
		"a.test +besteffort +crypto":  "a.test A <all>",
		"a.test -b 10.0.0.7":          "a.test A <all> -b 10.0.0.7:0",
		"a.test -b 10.0.0.7#4000 -r":  "a.test A <all> -b 10.0.0.7:4000",
		"a.test +ignore +IGN":         "a.test A <all> +ignore",

		"a.test b.test MX":             "a.test A <all>\nb.test MX <all>",
		"@10.0.0.5 a.test mx b.test":   "a.test MX 10.0.0.5:53\nb.test A 10.0.0.5:53",
		"a.test @10.0.0.5 b.test +tcp": "a.test A 10.0.0.5:53\nb.test A <all> +tcp",
		"+tcp a.test -x 10.0.0.1":      "a.test A <all> +tcp\n1.0.0.10.in-addr.arpa. PTR <all> +tcp",
	} {
		queries, err := New(layout.Root(root)).ParseQueries(t.Context(), strings.Fields(words), public, dns.TypeA)
		var lines []string
		for _, query := range queries {
			lines = append(lines, described(query))
		}
		want = strings.ReplaceAll(want, "<all>", "10.0.0.2:53,[fd00::3]:53")
		if got := strings.Join(lines, "\n"); err != nil || got != want {
			t.Errorf("%q: %v\ngot  %s\nwant %s", words, err, got, want)
		}
	}
}

func TestInvalidQueries(t *testing.T) {
	t.Parallel()
	names := testkit.DNS(t, testkit.Zone{})
	resolver := resolverOf(t, names)
	for words, want := range map[string]string{
		"+trace a.test":         `the option "+trace" of dig is not supported here`,
		"+nocrypto":             `the option "+nocrypto" of dig is not supported here`,
		"+subnet=10.0.0.0/8":    `the option "+subnet=10.0.0.0/8" of dig is not supported here`,
		"-f names.txt":          `the option -f of dig is not supported here`,
		"+frobnicate":           `unknown option "+frobnicate"`,
		"+":                     `unknown option "+"`,
		"+no":                   `unknown option "+no"`,
		"+t":                    `unknown option "+t"`,
		"+time":                 `"+time": this option has a value`,
		"+notime=1":             `unknown option "+notime=1"`,
		"+time=x":               `"+time=x": the value must be from 0 to 86400`,
		"+time=-1":              `"+time=-1": the value must be from 0 to 86400`,
		"+bufsize=65536":        `"+bufsize=65536": the value must be from 0 to 65535`,
		"+short=1":              `"+short=1": this option has no value`,
		"-z":                    `unknown option "-z"`,
		"-4x":                   `unknown option "-4x"`,
		"--tcp":                 `unknown option "--tcp"`,
		"-p":                    `the option -p has no value`,
		"-t nonsense":           `-t: "nonsense" is not a type`,
		"-t TYPE65536":          `-t: "TYPE65536" is not a type`,
		"-c nonsense":           `-c: "nonsense" is not a class`,
		"-b localhost":          `-b: "localhost" is not an address`,
		"a.test AXFR":           `zone transfers (AXFR, IXFR) are not supported`,
		"-6 a.test":             `no name server has an IPv6 address`,
		"@10.0.0.5 -p 0":        `"0" is not a port`,
		"-p 70000":              `"70000" is not a port`,
		"@10.0.0.5:dns":         `"dns" is not a port`,
		"a..test":               `"a..test" is not a name`,
		strings.Repeat("a", 64): `"` + strings.Repeat("a", 64) + `" is not a name`,
		"@absent.test": `cannot resolve the server "absent.test": ` +
			`network.dns: the name absent.test does not resolve (status: ` + from("NXDOMAIN", names) + ")",
		"+" + strings.Repeat("x\x1b", 500): `unknown option "+` + strings.Repeat(`x\x1b`, 19) + `x"`,
	} {
		_, err := resolver.ParseQueries(t.Context(), strings.Fields(words), public, dns.TypeA)
		if err == nil || err.Error() != want {
			t.Errorf("%.50q: %v, want %s", words, err, want)
		}
	}
}

func FuzzQueries(f *testing.F) {
	for _, words := range []string{
		"a.test MX +short", "-x 10.0.0.1 +time=1 -b 10.0.0.2#1", "@10.0.0.5:53 -p 54 -t TYPE65535 -c CLASS65535 +edns=1",
		"+noall +answer a b c d", "-x . -q . +no +bufsize= -p", "+t -", "@ @[ @]: @::1", "-t\x00 +\xff=", `\0\`,
	} {
		f.Add(words)
	}
	root := f.TempDir()
	testkit.Put(f, root, "etc/resolv.conf", "nameserver 10.0.0.2\n")
	f.Fuzz(func(t *testing.T, words string) {
		args := strings.Split(words, " ")
		if strings.Contains(words, "@") {
			return // names of servers are asked for
		}
		queries, err := New(layout.Root(root)).ParseQueries(t.Context(), args, public, dns.TypeA)
		if err == nil && len(queries) == 0 {
			t.Errorf("%q asks nothing", args)
		}
		for _, query := range queries {
			if _, err := query.message().Pack(); err != nil {
				t.Errorf("%q: %v", args, err)
			}
		}
	})
}
