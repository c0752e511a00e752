package report

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"localstack-entrypoint/internal/config"
	"localstack-entrypoint/internal/fault"
)

// moreAt begins what a reason with [fault.Row.More] ends with; the ID follows.
const moreAt = "More: entrypoint doctor, entrypoint explain "

// Reason is the failure in the user's terms: what happened, then why no stored
// document could help, then what to do, then where to read on. Where the
// remedy ends with a command, nothing follows that would be copied with it.
func Reason(failed *fault.Error) string {
	reason := Sentence(failed)
	if failed.Stored != nil {
		reason += " " + Sentence(failed.Stored)
	}
	reason = strings.TrimSpace(reason + " " + Remedy(failed))
	if failed.Row().More && strings.HasSuffix(reason, ".") {
		reason += " " + moreAt + string(failed.ID)
	}
	return reason
}

// Sentence is what happened, without why no stored document helped and what
// to do.
func Sentence(failed *fault.Error) string { return fillIn(failed, failed.Row().Reason, noFix) }

// Remedy is what the user can do about it; it may be empty. When the stored
// document's flaw has a remedy of its own, that comes first: it follows the
// flaw, and a command at the end of ours stays at the end.
func Remedy(failed *fault.Error) string {
	remedy := fillIn(failed, failed.Row().Remedy, firstStep(failed))
	if failed.Stored != nil {
		remedy = Remedy(failed.Stored) + " " + remedy
	}
	return strings.TrimSpace(remedy)
}

// Steps are what the user can do on this platform, most likely first.
func Steps(failed *fault.Error) []string {
	var steps []string
	row := failed.Row()
	if row.Remedy != "" {
		steps = append(steps, fillIn(failed, row.Remedy, noFix))
	}
	here, _ := row.FixesOn(failed.Platforms)
	for _, fix := range here {
		steps = append(steps, step(failed, fix))
	}
	return steps
}

// step is a fix with the place where it helps.
func step(failed *fault.Error, fix fault.Fix) string {
	do := fillIn(failed, fix.Do, noFix)
	if fix.Where == "" {
		return do
	}
	return string(fix.Where) + ": " + do
}

// firstStep is the platform's own fix, as a sentence after a space; it may be empty.
func firstStep(failed *fault.Error) string {
	fix, found := failed.Row().FirstFix(failed.Platforms)
	if !found {
		return noFix
	}
	return " " + firstSentence(step(failed, fix))
}

// noFix stands for {fix} where the fixes are listed below.
const noFix = ""

// firstSentence is text up to the first full stop that is not in code.
func firstSentence(text string) string {
	isCode := false
	for i, c := range text {
		switch {
		case c == '`':
			isCode = !isCode
		case !isCode && strings.HasPrefix(text[i:], ". "):
			return text[:i+1]
		}
	}
	return text
}

// fillIn puts the facts into a text of the table, and fix for {fix}. Where no server is known, it is the default one.
func fillIn(failed *fault.Error, text, fix string) string {
	server := cmp.Or(failed.Server, config.DefaultEndpoint)
	address := &url.URL{}
	if parsed, err := url.Parse(server); err == nil {
		address = parsed
	}
	host := cmp.Or(failed.Host, address.Hostname())
	port := cmp.Or(address.Port(), map[string]string{"http": "80"}[address.Scheme], "443")
	return strings.NewReplacer("{detail}", failed.Seen(), "{server}", server, "{host}", host, "{domain}", domain(host),
		"{address}", net.JoinHostPort(address.Hostname(), port),
		"{variable}", cmp.Or(failed.Variable, "the proxy variables"), " {fix}", fix).Replace(text)
}

// domain is the domain that a host belongs to, as far as its name tells: what a filter lets through.
func domain(host string) string {
	_, above, found := strings.Cut(host, ".")
	if _, err := netip.ParseAddr(host); err == nil || !found || !strings.Contains(above, ".") || isRegistry(above) {
		return host
	}
	return above
}

// isRegistry reports whether others register their domains below this one of two labels, as below co.uk.
func isRegistry(domain string) bool {
	second, first, _ := strings.Cut(domain, ".")
	generic := []string{"ac", "co", "com", "edu", "go", "gob", "gov", "ltd", "mil", "ne", "net", "nom", "or", "org"}
	return len(first) == 2 && slices.Contains(generic, second)
}
