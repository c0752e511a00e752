package conformance

import (
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/conformance/kit"
)

// licensing is a license authority in a container's network.
type licensing struct {
	*container
	*kit.Authority
}

// licensing starts an authority on a free port and sets API_ENDPOINT.
func (c *container) licensing(options server.Options) *licensing {
	c.Helper()
	l := &licensing{c, kit.NewAuthority(c.T, c.listen(c.T, "127.0.0.1:0"), options)}
	c.set("API_ENDPOINT", l.URL)
	return l
}
