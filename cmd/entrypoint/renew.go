package main

import (
	"context"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/supervise"
)

// renew renews the stored licence if it is time to. The init runs it beside the
// emulator now and then; whatever it finds, the emulator goes on.
func renew() int {
	supervise.Mortal()
	b, err := prepare(start{})
	if err != nil || !bool(b.cfg.ActivatePro) {
		return 0 // as the boot stage has said
	}
	pro, err := credential.Read(b.cfg.Sources())
	if err != nil || !pro.IsSet() {
		return 0 // it is gone; the next start will say so, we would every few minutes
	}
	b.out.Hide(pro)
	activation, _ := b.activation(pro)
	activation.Renew(context.Background())
	return 0
}
