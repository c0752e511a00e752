package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/version"
)

const (
	dnsUsage = "usage: entrypoint dns [NAME] [TYPE] [@SERVER] [OPTION…]\n" + digOptions
	digUsage = "usage: dig [@SERVER] [NAME] [TYPE] [CLASS] [OPTION…] [NAME …]\n" + digOptions

	digOptions = "options: -4 -6 -b ADDRESS -c CLASS -p PORT -q NAME -t TYPE -x ADDRESS; on or off (+no…): +short +all\n" +
		"+answer +authority +additional +question +comments +stats +cmd +qr +ttlid +class +multiline +unknownformat\n" +
		"+tcp +ignore +recurse +dnssec +edns +adflag +cdflag; +time=S +tries=N +retry=N +bufsize=N +edns=N"
)

// resolveTimeout bounds how long the names of name servers are looked up.
const resolveTimeout = 5 * time.Second

// runDNS asks name servers, and prints what they say in the shape of dig: the given one, else all of
// resolv.conf. Without a name, the question is for the licensing server.
func runDNS(out io.Writer, args []string) int {
	cfg, _, _ := config.Load() // an invalid variable has its default
	d := digger{out: out, cfg: cfg, args: args, name: "entrypoint dns", usage: dnsUsage, all: true}
	return d.run(cfg.Endpoint.Hostname(), dns.TypeA)
}

// runDig is dig, for images without it: the first server that answers is enough.
func runDig(out io.Writer, args []string) int {
	if len(args) == 1 && args[0] == "-v" {
		return runVersion(out, nil)
	}
	cfg, _, _ := config.Load()
	return digger{out: out, cfg: cfg, args: args, name: "dig", usage: digUsage}.run(".", dns.TypeNS)
}

// digger asks what a command line says.
type digger struct {
	out         io.Writer
	cfg         config.Config
	args        []string
	name, usage string
	all         bool // servers, not only up to the first that answers
}

// run asks everything, and returns dig's exit code.
func (d digger) run(name string, kind uint16) int {
	if len(d.args) == 1 && (d.args[0] == "-h" || d.args[0] == "--help") {
		fmt.Fprintln(d.out, d.usage)
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	queries, err := resolve.New(d.cfg.Root).ParseQueries(ctx, d.args, name, kind)
	cancel()
	if err != nil {
		return usageError(d.name + ": " + err.Error() + "\n" + d.usage)
	}
	page := reporter(d.out, d.cfg) // what we are asked for may be a secret by mistake
	code := 0
	for i, query := range queries {
		query.Command = query.Command && (i == 0 || d.all)
		if !d.ask(query, page.Print) {
			code = fault.ExitNoReply
		}
	}
	return code
}

// ask puts a question to its servers. It reports whether one has answered.
func (d digger) ask(query resolve.Query, show func(string)) (answered bool) {
	for i, server := range query.Servers {
		answer := query.Ask(context.Background(), server)
		text, isLast := report.PlainLines(answer.Print(query.Show, time.Now())), d.all || i+1 == len(query.Servers)
		switch {
		case answer.Reply != nil:
			answered = true
			text = d.greeting(query) + text
			if query.Stats || query.Comments {
				text += "\n"
			}
		case isLast:
			text += d.greeting(query) + resolve.NoReply
		}
		show(text)
		if answered && !d.all {
			break
		}
	}
	return answered
}

// greeting is dig's first line, if it is wanted.
func (d digger) greeting(query resolve.Query) string {
	if !query.Command {
		return ""
	}
	return fmt.Sprintf("\n; <<>> entrypoint %s <<>> %s\n", version.Number, report.Plain(strings.Join(d.args, " ")))
}
