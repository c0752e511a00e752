// Package docker tests the images with the real clients of a Docker engine: testcontainers, Compose, LocalStack's
// command line. `make clients` runs it, by root on Debian.
//
// The test binary starts itself again in namespaces of its own, with a network that has nothing but a loopback
// device. There it starts one dockerd with a containerd, folders, a socket and a bridge of its own, and builds the
// images with the Dockerfile. Ports that containers publish are on this network's 127.0.0.1. Nothing reaches the
// world, and no engine of the machine is seen or touched. When the binary ends, for whatever reason, the kernel
// takes away all processes, mounts and networks, and a cleaner that outlives it removes the control groups. All
// files are in memory, below /run.
//
// # How a test is written
//
// A [room] is where the commands of one test run: it has a home and an environment of its own, in which nothing of
// the machine's leads to another engine or another emulator. Every command has a limit, and with it ends all that
// the command has started.
//
//	r := newRoom(t)
//	kit.Client(t, "docker", "20.10.24")     // a row of the table that .ci/clients prints
//	a := r.authority(authority.Options{})
//	token, _ := a.Token(authority.NewToken{Kind: authority.Developer})
//	t.Run("good token", func(t *testing.T) {    // a check of that row
//		r := r.in(t)
//		r.set("LOCALSTACK_AUTH_TOKEN", token)
//		r.run("some-client", "up")          // fails the test unless it succeeds; exec does not
//		r.isPro("127.0.0.1:4566")
//		a.Wants(t, "POST /v1/license/request 200")
//	})
//
// newRoomWithClients is a room whose commands have the clients' root as theirs, with its Python and its environments
// below /opt (CLIENTS_ROOT: its layers, which .ci/clients makes and prints). They see the engine's socket where
// everybody looks for it, and home at the same path, so that the engine can mount what they name. What they write
// elsewhere all of them see.
//
// Clients that are libraries of Go run in the test itself: its DOCKER_HOST is the engine's.
//
// A name or a port of a client's own choice, such as LocalStack's 4566, can be had once at a time. A test that
// needs it does not call t.Parallel. All others do: most of a test is waiting.
package docker
