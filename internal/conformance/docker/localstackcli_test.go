package docker

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/version"
)

// What a user does with it, from the first license to the last stop.
func TestLocalStackCLI(t *testing.T) {
	t.Parallel()
	c := newLocalstackCLI(t)
	c.isLocalstackCLI()
	token, _ := c.Token(authority.NewToken{Kind: authority.Developer})
	for _, part := range []struct {
		name string
		do   func(localstackCLI)
	}{
		{"auth set-token", func(c localstackCLI) { c.localstack("auth", "set-token", token) }},
		{"license activate, license info", localstackCLI.activates},
		{"start -d, wait", localstackCLI.starts},
		{"status", localstackCLI.showsStatus},
		{"port 443", localstackCLI.answersAt443},
		{"its volume and its machine ID", localstackCLI.hasVolume},
		{"logs", localstackCLI.showsLogs},
		{"restart", localstackCLI.restarts},
		{"state reset", localstackCLI.resets},
		{"stop", localstackCLI.stops},
		{"start", localstackCLI.startsAttached},
	} {
		t.Run(part.name, func(t *testing.T) { part.do(c.in(t)) })
	}
}

// activates gets it a license of its own, which the containers that it starts get from it.
func (c localstackCLI) activates() {
	c.Helper()
	c.localstack("license", "activate")
	if info := c.localstack("license", "info"); !strings.Contains(info, `"license_status": "ACTIVE"`) {
		c.Error(credential.MaskAll(info))
	}
	c.asked("POST /v1/license/request 200")
}

func (c localstackCLI) starts() {
	c.Helper()
	c.localstack("start", "-d")
	c.localstack("wait", "-t", "30")
	c.isPro("127.0.0.1:4566")
	mounts := c.docker("inspect", "--format", "{{.HostConfig.Binds}}", c.name)
	if !strings.Contains(mounts, "/.cache/localstack-cli/license.json:/etc/localstack/conf.d/license.json:ro") {
		c.Errorf("it mounts %s", mounts)
	}
	c.asked("POST /v1/license/activate 200")
}

func (c localstackCLI) showsLogs() {
	c.Helper()
	log := credential.MaskAll(c.localstack("logs"))
	for _, line := range []string{"\nReady.\n", "Successfully activated license"} {
		if !strings.Contains(log, line) {
			c.Errorf("the log does not have %q:\n%s", line, log)
		}
	}
}

// restarts starts the emulator again, in the same container and without a request.
func (c localstackCLI) restarts() {
	c.Helper()
	before := c.docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", c.name)
	c.localstack("restart")
	c.eventually("a second Ready.", func() (string, bool) {
		log := c.logs(c.name)
		return log, strings.Count(log, "\nReady.\n") == 2
	})
	if after := c.docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", c.name); after != before {
		c.Errorf("the container was %s and is %s", before, after)
	}
	c.asked()
}

func (c localstackCLI) stops() {
	c.Helper()
	c.localstack("stop")
	c.ends("0") // 137 if docker had to kill it, after 10 s
	c.fails("none", "stop")
	c.fails("not running", "logs")
}

// showsStatus reads its tables as JSON.
func (c localstackCLI) showsStatus() {
	c.Helper()
	var engine struct {
		Running        bool   `json:"running"`
		RuntimeVersion string `json:"runtime_version"`
		ContainerName  string `json:"container_name"`
	}
	c.reads(&engine, "status", "docker", "--format", "json")
	if !engine.Running || engine.RuntimeVersion != version.Number || engine.ContainerName != c.name {
		c.Errorf("status docker: %+v", engine)
	}
	var services map[string]string
	c.reads(&services, "status", "services", "--format", "json")
	if state := services["s3"]; state != "running" && state != "available" {
		c.Errorf("status services: %v", services)
	}
}

// reads reads the JSON that a command prints, which may be folded at the width of a terminal.
func (c localstackCLI) reads(into any, args ...string) {
	c.Helper()
	text := c.localstack(args...)
	if err := json.Unmarshal([]byte(strings.ReplaceAll(text, "\n", "")), into); err != nil {
		c.Fatalf("%s: %v:\n%s", strings.Join(args, " "), err, text)
	}
}

// answersAt443: it publishes 443, and tells the container to listen there on 127.0.0.1, which means every address.
func (c localstackCLI) answersAt443() {
	c.Helper()
	https := &http.Client{Timeout: patience, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the emulator's own certificate
	}}
	response, err := https.Get("https://127.0.0.1:443/_localstack/health")
	if err != nil {
		c.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); !strings.Contains(string(text), `"s3"`) {
		c.Errorf("port 443 answers %q", text)
	}
}

// hasVolume: the license is on the user's disk, and the emulator is the machine that the command line is.
func (c localstackCLI) hasVolume() {
	c.Helper()
	volume := filepath.Join(c.home, ".cache/localstack/volume")
	if _, err := os.Stat(filepath.Join(volume, "cache/license.json")); err != nil {
		c.Error(err)
	}
	var machine, info struct {
		ID string `json:"machine_id"`
	}
	text, err := os.ReadFile(filepath.Join(c.home, ".cache/localstack-cli/machine.json"))
	if err != nil {
		c.Fatal(err)
	}
	answer, err := c.get("127.0.0.1:4566", "/_localstack/info")
	if err != nil {
		c.Fatal(err)
	}
	for into, text := range map[any]string{&machine: string(text), &info: answer} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			c.Fatal(err)
		}
	}
	if machine.ID == "" || info.ID != machine.ID {
		c.Errorf("the emulator is machine %q, the command line %q", info.ID, machine.ID)
	}
}

// resets deletes all buckets, or those of one service.
func (c localstackCLI) resets() {
	c.Helper()
	for _, args := range [][]string{{"state", "reset"}, {"state", "reset", "--services", "s3"}} {
		request, err := http.NewRequestWithContext(c.Context(), http.MethodPut, "http://127.0.0.1:4566/bucket", nil)
		if err != nil {
			c.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			c.Fatal(err)
		}
		response.Body.Close()
		c.localstack(args...)
		if list, err := c.get("127.0.0.1:4566", "/"); err != nil || strings.Contains(list, "<Name>bucket</Name>") {
			c.Errorf("after %s: %v\n%s", strings.Join(args, " "), err, list)
		}
	}
	c.asked()
}

// startsAttached shows the log until Ctrl-C. LEGACY_DOCKER_CLIENT: with this engine, the other one does not attach.
func (c localstackCLI) startsAttached() {
	c.Helper()
	c.set("LEGACY_DOCKER_CLIENT", "1")
	c.set("PYTHONUNBUFFERED", "1")
	screen, err := os.Create(filepath.Join(c.home, "screen"))
	if err != nil {
		c.Fatal(err)
	}
	defer screen.Close()
	cmd := c.command(c.Context(), localstackProgram, "start")
	cmd.Stdout, cmd.Stderr = screen, screen
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	limit := time.AfterFunc(patience, func() { _ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) })
	defer limit.Stop()
	shows := func(line string) {
		c.eventually("the terminal shows "+line, func() (string, bool) {
			shown, err := os.ReadFile(screen.Name())
			return string(shown), err == nil && strings.Contains(string(shown), line)
		})
	}
	shows("Successfully activated license")
	shows("\nReady.\n")
	if err := unix.Kill(-cmd.Process.Pid, unix.SIGINT); err != nil { // as a terminal does
		c.Fatal(err)
	}
	_ = cmd.Wait()
	shows("Shutting down...")
	c.ends("0")
	c.asked("POST /v1/license/activate 200")
}
