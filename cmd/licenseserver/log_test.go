package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/testkit"
)

// The server runs in a process of its own: writing to a closed pipe ends programs.
func TestTheServerWaitsForNoReaderOfItsLog(t *testing.T) {
	for name, newLog := range map[string]func(testing.TB) *testkit.Log{
		"full": testkit.FullPipe, "closed": testkit.ClosedPipe,
	} {
		t.Run(name, func(t *testing.T) {
			running, err := startLogging(t.TempDir(), newLog(t).Writer, "--data", "data")
			if err != nil {
				t.Fatal(err)
			}
			client := &http.Client{Timeout: patience / 4}
			defer client.CloseIdleConnections()
			for range 3 {
				response, err := client.Post(running.url+"/v1/license/request", "application/json", strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
			}
			client.CloseIdleConnections()
			began := time.Now()
			if err := running.stop(); err != nil {
				t.Errorf("it ends with %v", err)
			}
			if took := time.Since(began); took > stopTimeout/2 {
				t.Errorf("it stops after %s", took)
			}
		})
	}
}

func TestTheLastLineOfTheLogIsWritten(t *testing.T) {
	running, err := startProcess(t.TempDir(), "--data", "data")
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(running.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if err := running.stop(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(running.stderr.Bytes(), []byte(`"path":"/healthz"`)) {
		t.Errorf("the log is %q", &running.stderr)
	}
}
