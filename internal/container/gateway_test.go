package container

import "testing"

func TestTheGatewaysAddressesAreShownAndWhy(t *testing.T) {
	t.Parallel()
	docker := tree{".dockerenv": ""}
	const (
		widely = "in a container \\(/.dockerenv exists\\), on all addresses whatever GATEWAY_LISTEN says"
		here   = "not in a container; OVERRIDE_IN_DOCKER=1 says that it is one"
	)
	tests := []struct {
		name, listen, override string
		files                  tree
		want                   want
	}{
		{"the default", "", "", docker, passed("the emulator is to listen on 0.0.0.0:4566, 0.0.0.0:443", widely)},
		{"the default outside", "", "", nil, passed("the emulator is to listen on 127.0.0.1:4566", here)},
		{"a host, on all addresses", ":4566,127.0.0.1:443,127.0.0.1:4566", "", docker,
			passed("the emulator is to listen on 0.0.0.0:4566, 0.0.0.0:443", widely)},
		{"a host that does", "127.0.0.1:4566", "", nil, passed("the emulator is to listen on 127.0.0.1:4566", here)},
		{"denied", "127.0.0.1:4566", "0", docker,
			passed("the emulator is to listen on 127.0.0.1:4566", `not in a container \(OVERRIDE_IN_DOCKER is 0\)`)},
		{"invalid", "localhost:http", "", docker,
			warned(`.*GATEWAY_LISTEN: "localhost:http" has no port between 0 and 65535; .*`)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := plant(t, test.files)
			c.GatewayListen, c.Override = test.listen, test.override
			test.want.compare(t, c.gateway(t.Context()))
		})
	}
}
