package main

import "testing"

func TestThePeersAreInstalled(t *testing.T) {
	if _, missing := findPeers(); len(missing) > 0 {
		t.Skipf("the bench would leave out %v: run .ci/packages", missing)
	}
}
