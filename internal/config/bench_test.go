package config

import (
	"fmt"
	"testing"
)

// busyEnvironment is what an image, a Compose file and a cluster make together:
// some variables are ours, some of them prefixed, and one is blank.
func busyEnvironment() []string {
	entries := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "HOSTNAME=3f2a9c1d7e55",
		"LANG=C.UTF-8", "TERM=xterm", "DEBUG=0", "LOCALSTACK_AUTH_TOKEN=" + token, "LOCALSTACK_BUILD_VERSION=4.9.0",
		"LOCALSTACK_PERSISTENCE=1", "LOCALSTACK_SHUTDOWN_TIMEOUT=5", "SSL_CERT_FILE= ",
		"HTTPS_PROXY=http://proxy.example:3128", "NO_PROXY=localhost,127.0.0.1",
		"DOCKER_HOST=unix:///var/run/docker.sock", "GATEWAY_LISTEN=0.0.0.0:4566",
	}
	for i := range 10 {
		entries = append(entries, fmt.Sprintf("SERVICE_%d_PORT_80_TCP=tcp://10.0.0.%d:80", i, i))
	}
	return entries
}

func BenchmarkLoad(b *testing.B) {
	inEnvironment(b, busyEnvironment()...)
	b.ReportAllocs()
	for done := 0; b.Loop(); done++ {
		// What was lent leaves a hole in the process's own list, which grows.
		if done%64 == 0 {
			b.StopTimer()
			replaceEnvironment(b, busyEnvironment())
			b.StartTimer()
		}
		if _, _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
