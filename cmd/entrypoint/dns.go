package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/report"
	"localstack-entrypoint/internal/resolve"
	"localstack-entrypoint/internal/version"
)

const dnsUsage = "usage: entrypoint dns [NAME] [A|AAAA|TYPE] [@SERVER] [-p PORT] [+tcp] [+short]"

// dnsTimeout is how long one server is waited for, as dig waits for one datagram.
const dnsTimeout = 5 * time.Second

// runDNS asks name servers, and prints what they say in the shape of dig: the
// given one, else all of resolv.conf. It is for images without dig.
func runDNS(args []string) int {
	cfg, _, _ := config.Load()       // an invalid variable has its default
	page := reporter(os.Stdout, cfg) // what we are asked for may be a secret by mistake
	ctx, cancel := context.WithTimeout(context.Background(), dnsTimeout)
	query, err := resolve.New(cfg.Root).ParseQuery(ctx, args, cfg.Endpoint.Hostname())
	cancel()
	if err != nil {
		return usageError("entrypoint dns: " + err.Error() + "\n" + dnsUsage)
	}
	code := fault.ExitNoReply
	for _, server := range query.Servers {
		ctx, cancel := context.WithTimeout(context.Background(), dnsTimeout)
		answer := resolve.Ask(ctx, server, query.Name, query.Kind, query.OverTCP)
		cancel()
		if answer.Reply != nil {
			code = 0
		}
		if query.Short {
			page.Print(report.PlainLines(answer.Short()))
			continue
		}
		page.Print(fmt.Sprintf("\n; <<>> entrypoint %s <<>> %s\n", version.Number, report.Plain(strings.Join(args, " "))) +
			report.PlainLines(answer.Dig(time.Now())) + "\n")
	}
	return code
}
