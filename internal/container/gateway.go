package container

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/gateway"
)

// listen is where the gateway is to listen. The error says why GATEWAY_LISTEN cannot be used.
func (c Container) listen() (addresses gateway.Listen, err error) {
	var named gateway.Listen
	err = named.UnmarshalText([]byte(c.GatewayListen))
	inside, _ := c.Inside()
	return named.In(inside), err
}

// gateway says where the emulator is to listen, and why there.
func (c Container) gateway(context.Context) fault.Check {
	const name = "gateway"
	addresses, err := c.listen()
	if err != nil {
		return fault.Warn(name, fault.New(fault.SystemGateway, "GATEWAY_LISTEN: %v", err))
	}
	var places []string
	for _, a := range addresses {
		if !slices.Contains(places, a.String()) {
			places = append(places, a.String())
		}
	}
	listens := "the emulator is to listen on " + strings.Join(places, ", ")
	inside, sign := c.Inside()
	switch {
	case inside:
		return fault.Pass(name, listens,
			fmt.Sprintf("in a container (%s), on all addresses whatever GATEWAY_LISTEN says", sign))
	case sign != "":
		return fault.Pass(name, listens, "not in a container ("+sign+")")
	}
	return fault.Pass(name, listens, "not in a container; OVERRIDE_IN_DOCKER=1 says that it is one")
}
