// Package conformance tests the programs together with the real programs of their users:
// the entrypoint with LocalStack's own runtime and license client, and the reference
// emulator with AWS's clients, other S3 clients and a browser. It is a module of its own, so
// that the programs' go.mod lists none of these. `make clients` runs it. CLIENTS_ROOT has the
// layers of a root file system with the clients; .ci/clients makes them and prints the
// variable. Package docker has the tests with clients of a Docker engine, package pages those of the pages of the
// license authority, in a browser.
//
// # How a test is written
//
// A [container] is what a container engine would be told: files, environment, user,
// command, volume. newContainer makes one, whose only network is a loopback device of its
// own: nothing in it reaches the world. Its files are the root, then our programs, then
// what the test lays over them with put, script and hook. licensing starts a license
// authority there and sets API_ENDPOINT; its requests lists every request so far.
//
//	kit.Client(t, "boto3", "1.44.0")    // a row of the table that .ci/clients prints
//	c := newContainer(t, pythonOfRuntime) // skips the test if .ci/clients could not install it
//	l := c.licensing(server.Options{})
//	token, _ := l.Token(authority.NewToken{Kind: authority.Developer})
//	c.set("LOCALSTACK_AUTH_TOKEN", token)
//	p := c.start()                      // docker-entrypoint.sh is PID 1
//	p.await("Ready.")
//	p.python(`print("boto3, for example")`)
//	p.signal(unix.SIGTERM)
//	p.ends(0)
//	l.Wants(t, "POST /v1/license/request 200")
//
// Each start gets fresh files; only the volume stays, as with "docker run --rm -v". What was
// started ends with the test. All waits have limits. Use t.Parallel: most of a test is
// waiting.
//
// # Web pages
//
// newBrowser adds a headless Chromium to a container's network, with a name server for the names of
// the test's pages. visit opens a page, which is a script of attempts, and returns what each attempt got.
//
// # The table of licenses
//
// CLIENTS_ROOT=ROOT go test -v -run LicenseClients . -licenses
// prints what each license client makes of each stored license.
package conformance
