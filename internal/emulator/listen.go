package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"

	"localstack-entrypoint/internal/gateway"
)

// listen starts listening on all addresses, or on none: the error names the
// address that is in use.
func listen(ctx context.Context, addresses gateway.Listen) (listeners []net.Listener, err error) {
	for _, address := range addresses {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, address.Network(), address.String())
		if err != nil {
			for _, opened := range listeners {
				opened.Close()
			}
			return nil, fmt.Errorf("cannot listen on %s: %w", address, rootCause(err))
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

// rootCause leaves out the address, which net repeats in its own notation.
func rootCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
