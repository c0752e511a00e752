package conformance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/credential"
)

// process is a started container: its PID 1.
type process struct {
	*exec.Cmd
	*container
	log   *journal
	began time.Time
	took  time.Duration // from its start to its end
	ended chan struct{} // closed then
}

func (p *process) wait() {
	defer close(p.ended)
	_ = p.Wait()
	p.took = time.Since(p.began)
	p.log.end()
}

// kill ends it and all that it has started.
func (p *process) kill() {
	_ = p.Process.Kill()
	<-p.ended
}

// await waits for a line of the log that contains text, also one of the past. It returns when the line
// came, after the start.
func (p *process) await(text string) time.Duration {
	p.Helper()
	return p.awaitNth(text, 1)
}

// awaitNth waits for the n-th such line.
func (p *process) awaitNth(text string, n int) time.Duration {
	p.Helper()
	at, found := p.log.await(text, n, patience)
	if !found {
		p.Fatalf("line %d with %q did not come:\n%s", n, text, p.output())
	}
	return at.Sub(p.began)
}

// output is the log so far, without tokens.
func (p *process) output() string { return credential.MaskAll(p.log.text()) }

// signal sends a signal to PID 1.
func (p *process) signal(s syscall.Signal) {
	p.Helper()
	if err := p.Process.Signal(s); err != nil {
		p.Fatal(err)
	}
}

// end waits for the end of PID 1, and returns how it ended.
func (p *process) end() syscall.WaitStatus {
	p.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.Fatalf("PID 1 does not end:\n%s", p.output())
	}
	return p.ProcessState.Sys().(syscall.WaitStatus)
}

// ends waits for the end, and wants this exit code; that of a signal is 128+n.
func (p *process) ends(code int) {
	p.Helper()
	status := p.end()
	got := status.ExitStatus()
	if status.Signaled() {
		got = 128 + int(status.Signal())
	}
	if got != code {
		p.Errorf("exit code %d, want %d:\n%s", got, code, p.output())
	}
}

// stop asks it to end, as docker stop does, and returns how long that took.
func (p *process) stop() time.Duration {
	p.Helper()
	asked := time.Now()
	p.signal(unix.SIGTERM)
	p.end()
	return time.Since(asked)
}

// exec runs a program in the container as PID 1's user, as docker exec does.
func (p *process) exec(args ...string) (stdout, stderr string, code int) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	defer cancel()
	enter := []string{
		"--target", strconv.Itoa(p.Process.Pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd",
		"--setuid", strconv.Itoa(p.uid), "--setgid", strconv.Itoa(p.gid), "--",
	}
	cmd := exec.CommandContext(ctx, "nsenter", append(enter, args...)...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.environ(), &out, &errs, time.Second
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		p.Fatalf("%s: %v\n%s", args[0], err, credential.MaskAll(errs.String()))
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// run is exec of what must succeed.
func (p *process) run(args ...string) (stdout string) {
	p.Helper()
	stdout, stderr, code := p.exec(args...)
	if code != 0 {
		p.Fatalf("%q: exit code %d\n%s", args, code, credential.MaskAll(stdout+stderr+p.output()))
	}
	return stdout
}

// python runs a script in the container, with boto3 and whatever the runtime has.
func (p *process) python(script string, args ...string) (stdout string) {
	p.Helper()
	return p.run(slices.Concat([]string{pythonOfRuntime, "-c", script}, args)...)
}

// ask sends a request to the gateway and returns the status and the body of the answer.
func (p *process) ask(method, path, body string) (status int, answer string) {
	p.Helper()
	request, err := http.NewRequestWithContext(p.Context(), method, "http://"+gatewayAddress+path, strings.NewReader(body))
	if err != nil {
		p.Fatal(err)
	}
	response, err := p.client().Do(request)
	if err != nil {
		p.Fatalf("%v\n%s", err, p.output())
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.Fatal(err)
	}
	return response.StatusCode, string(text)
}
