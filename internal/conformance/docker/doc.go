// Package docker tests the images with the real clients of a Docker engine: docker, testcontainers, Compose, Swarm
// and LocalStack's command line; and with Podman. `make clients` runs it, as root on Debian.
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
// The commands of a test run in a [room]. It has a home directory and an environment of its own, without the
// machine's variables and settings that name another engine or emulator. Every command has a time limit; when it
// ends, so does all that it has started.
//
//	r := newRoom(t)
//	kit.Client(t, "docker", "20.10.24")     // a row of the table that .ci/clients prints
//	a := r.authority(server.Options{})
//	token, _ := a.Token(authority.NewToken{Kind: authority.Developer})
//	t.Run("good token", func(t *testing.T) {    // a check of that row
//		r := r.in(t)
//		r.set("LOCALSTACK_AUTH_TOKEN", token)
//		r.run("some-client", "up")          // fails the test unless it succeeds; exec does not
//		r.isPro("127.0.0.1:4566")
//		a.Wants(t, "POST /v1/license/request 200")
//	})
//
// The commands of a room of newRoomWithClients run in the clients' root file system (CLIENTS_ROOT, see package
// conformance), with its Python and the environments below /opt. The engine's socket is at its usual path. The home
// directory has the same path inside and outside, so that the engine can mount files from it. Files elsewhere are
// shared by all such rooms.
//
// Go libraries run in the test itself: its DOCKER_HOST is the engine's.
//
// A name or a port that a client chooses, such as LocalStack's 4566, can be used by one test at a time. A test that
// needs it does not call t.Parallel. All others do: most of a test is waiting.
package docker
