package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
)

// withToken fails the test unless the demo says what it does not start, and where it sends a token that is set.
func withToken(d *demo) {
	d.ends("no license authority runs here.\n  For its pages, unset them", "activates at http://127.0.0.1:1/v1",
		"LOCALSTACK_AUTH_TOKEN=ls-demo0000-0000-0000-0000-000000000000", "API_ENDPOINT=http://127.0.0.1:1/v1",
		"ACTIVATION_ATTEMPTS=1", "GATEWAY_LISTEN="+freeAddress(d))
}

// atUsedPort fails the test unless the demo says how to use another port, and leaves what another demo has noted.
func atUsedPort(d *demo) {
	d.start()
	noted := d.read("authority.pid")
	address := strings.TrimPrefix(d.pages, "http://")
	d.ends("DEMO_AUTHORITY=127.0.0.1:PORT changes that", "address already in use", "DEMO_AUTHORITY="+address)
	if now := d.read("authority.pid"); now != noted {
		d.Errorf("authority.pid was %q, and is %q", noted, now)
	}
}

// besideAnother fails the test unless the demo says how to use another port for the emulator before it prints what to
// try.
func besideAnother(d *demo) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	address := other.Listener.Addr().String()
	output := d.ends("cannot listen on "+address, "GATEWAY_LISTEN=127.0.0.1:PORT changes that", "GATEWAY_LISTEN="+address)
	if strings.Count(output, "\n") != 1 {
		d.Errorf("the demo says %s", shown(output))
	}
}

// withoutAuthority does what the demo prints to see a start without network.
func withoutAuthority(d *demo) {
	d.start()
	lines := d.printed(`(?s)\n( +kill \$\(cat .*? bin/emulator)\n`)
	cmd := exec.Command("sh", "-c", strings.Replace(lines, "127.0.0.1:4577 ", freeAddress(d)+" exec ", 1))
	cmd.Dir, cmd.Env = d.dir, d.environment()
	output, stop := d.startsReady(cmd)
	stop()
	if !strings.Contains(output.String(), " offline, until ") {
		d.Errorf("the start says %s", shown(output.String()))
	}
}

// ends fails the test unless the demo ends with a failure, and says these two things. It returns what the demo says.
func (d *demo) ends(first, second string, environment ...string) string {
	d.Helper()
	ctx, cancel := context.WithTimeout(d.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "image/demo.sh")
	cmd.Dir, cmd.Env = d.dir, d.environment(environment...)
	output, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(output), first) || !strings.Contains(string(output), second) {
		d.Errorf("the demo ends with %v: %s", err, shown(string(output)))
	}
	return string(output)
}
