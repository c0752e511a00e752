// Package survey looks at the way to a host after it has failed, stage by stage.
package survey

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/proxy"
	"localstack-entrypoint/internal/resolve"
)

// Survey looks at the way to a host stage by stage, where a connection only tells where it broke. It
// never sends a credential for the host.
type Survey struct {
	target         *url.URL
	proxy          *connect.Proxy
	unusedProxy    string // why a proxy that is set is not used; "" when none is
	settings       connect.Settings
	localstackHost string
	clockDiffers   func(ours, theirs time.Time) bool
	resolver       *resolve.Resolver
	// answer is the server's to a look's own request; nil while there is none.
	answer *connect.Page
}

// New returns a survey of the way to target, a base URL of the licensing API. localstackHost is
// LOCALSTACK_HOST, which may capture the target's name; clockDiffers reports whether two clocks cannot
// both be right.
func New(
	target *url.URL, settings connect.Settings, localstackHost string, clockDiffers func(ours, theirs time.Time) bool,
) *Survey {
	target = connect.InASCII(target)
	return &Survey{
		target: target, proxy: settings.Proxy(target), unusedProxy: whyUnused(target, settings), settings: settings,
		localstackHost: localstackHost, clockDiffers: clockDiffers, resolver: resolve.New(settings.Root),
	}
}

// whyUnused is why a proxy that is set is not used for target; "" when none is set.
func whyUnused(target *url.URL, settings connect.Settings) string {
	if settings.Proxy(target) != nil {
		return ""
	}
	except := settings.NoProxy
	settings.NoProxy = proxy.Exceptions{}
	entry, isExcepted := except.Match(target)
	switch {
	case isExcepted && settings.Proxy(target) != nil:
		return fmt.Sprintf("the entry %.100q of %s matches %s", entry, cmp.Or(except.Variable, "NO_PROXY"),
			target.Hostname())
	case target.Scheme == "https" && settings.HTTPProxy.IsSet() && !settings.HTTPSProxy.IsSet():
		return settings.HTTPProxy.Variable + " is for http:// addresses only"
	}
	return ""
}

// half is a context that ends when half of ctx's time is over, so that something is left for the stages
// to come.
func half(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/2)
}
