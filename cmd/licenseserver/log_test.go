package main

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"localstack-entrypoint/internal/testkit"
)

func TestTheServersLogStopsNothing(t *testing.T) {
	testkit.Serving{
		Command: func(t testing.TB, address string) *exec.Cmd {
			cmd := exec.Command("licenseserver", "serve", "--listen", address)
			cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), noExitDelay)
			return cmd
		},
		Path:  "/healthz",
		Loses: "log messages dropped because the log was not read: ",
	}.CheckLogs(t)
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
	if !strings.Contains(running.stderr.String(), `"path":"/healthz"`) {
		t.Errorf("the log is %q", &running.stderr)
	}
}
