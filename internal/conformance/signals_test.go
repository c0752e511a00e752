package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
)

// withoutLicense is a container in which the runtime starts without pro features: these tests are about processes.
func withoutLicense(t *testing.T) *container {
	t.Helper()
	t.Parallel()
	c := newContainer(t, pythonOfRuntime)
	c.set("ACTIVATE_PRO", "0")
	return c
}

// restart has the container restarted in place, and returns how long that took until the n-th "Ready.".
func (p *process) restart(n int, how func()) time.Duration {
	p.Helper()
	asked := time.Now()
	how()
	p.awaitNth("Ready.", n)
	return time.Since(asked)
}

// post sends an action to the runtime, which must accept it.
func (p *process) post(action string) {
	p.Helper()
	status, answer := p.ask(http.MethodPost, "/_localstack/health", fmt.Sprintf(`{"action":%q}`, action))
	if status != http.StatusOK || answer != "ok" {
		p.Errorf("%s: %d %q", action, status, answer)
	}
}

// zombies are the processes of the container that have ended and that nobody has reaped.
func (p *process) zombies() string {
	p.Helper()
	return p.run("sh", "-c", `cat /proc/[0-9]*/stat 2>/dev/null | grep -F ") Z " || true`)
}

// orphans leaves processes behind that end soon, some of them children of others.
const orphans = `for i in 1 2 3 4 5; do (sleep 0.1 & (sleep 0.2 &) ) & done`

// TestTheRuntimeIsRestartedAndKilled: by a signal to the container, and by LocalStack's own interface.
func TestTheRuntimeIsRestartedAndKilled(t *testing.T) {
	c := withoutLicense(t)
	for _, stage := range []string{"boot", "start", "ready", "shutdown"} {
		c.hook(stage, "says.sh", "echo hook of "+stage+"; "+orphans)
	}
	p := c.start()
	ready := p.await("Ready.")
	p.run("sh", "-c", orphans)
	byAPI := p.restart(2, func() { p.post("restart") })
	bySignal := p.restart(3, func() { p.signal(unix.SIGUSR1) })
	if status, _ := p.ask(http.MethodGet, "/_localstack/health", ""); status != http.StatusOK {
		t.Errorf("health: %d", status)
	}
	for until := time.Now().Add(patience); p.zombies() != "" && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
	}
	if left := p.zombies(); left != "" {
		t.Errorf("zombies: %s", left)
	}
	asked := time.Now()
	p.post("kill")
	p.ends(0)
	for stage, want := range map[string]int{"boot": 1, "start": 3, "ready": 3, "shutdown": 3} {
		if got := strings.Count(p.output(), "hook of "+stage+"\n"); got != want {
			t.Errorf("the hook of %s ran %d times, want %d", stage, got, want)
		}
	}
	t.Logf("ready after %v, restart by request %v, by signal %v, kill %v", ready, byAPI, bySignal, time.Since(asked))
}

// inHook arranges a hook that says that it is reached, after some preparation.
func inHook(stage, prepare, then string) func(c *container) {
	return func(c *container) { c.hook(stage, "hook.sh", prepare+"\necho reached\n"+then) }
}

// TestAStopEndsTheContainerInEveryPhase has one start for each; [TestTheRuntimeStartsUnderOurPID1] stops one that
// has nothing to do.
func TestAStopEndsTheContainerInEveryPhase(t *testing.T) {
	const timeout = 4 * time.Second // for those that last as long; half of the default
	const soon, inTime, late = time.Second, 2 * timeout, timeout + time.Second
	for _, test := range []struct {
		phase       string
		arrange     func(c *container)
		until       func(p *process)
		code        int
		least, most time.Duration
	}{
		{"BOOT hook", inHook("boot", "", "sleep 60"), reached, 143, 0, soon},
		{"decision", silent, waiting, 143, 0, soon},
		{"the runtime is loaded", nil, loading, 143, 0, soon},
		// LocalStack loses this signal, and acts on none that follows.
		{"START hook", inHook("start", "", "sleep 60"), reached, 137, timeout, late},
		{"READY hook", inHook("ready", "", "sleep 60"), reached, 0, 0, inTime},
		{"SHUTDOWN hook", inHook("shutdown", "", "sleep 0.5"), shuttingDown, 0, 0, inTime},
		{"restart", nil, restarting, 0, 0, inTime},
		{"SHUTDOWN hook without an end", inHook("shutdown", "trap '' TERM", "sleep 60"), shuttingDown, 137, soon, late},
	} {
		t.Run(test.phase, func(t *testing.T) {
			c := withoutLicense(t)
			if test.code == 137 {
				c.set("SHUTDOWN_TIMEOUT", timeout.String())
			}
			if test.arrange != nil {
				test.arrange(c)
			}
			p, took := c.stoppedAt(test.until)
			for range 2 {
				if test.code == 0 && strings.Contains(p.output(), brokenShutdown) {
					t.Log("once more: LocalStack's shutdown has failed by itself")
					p, took = c.stoppedAt(test.until)
				}
			}
			p.ends(test.code)
			if took < test.least || took > test.most {
				t.Errorf("the stop took %v, want %v to %v:\n%s", took, test.least, test.most, p.output())
			}
			t.Logf("exit code %d after %v", test.code, took)
		})
	}
}

// brokenShutdown is what LocalStack says, now and then, when two signals end it within a moment. It never ends then.
const brokenShutdown = "ReactorNotRunning: Can't stop reactor that isn't running"

// stoppedAt starts the container, waits for a moment, and stops it.
func (c *container) stoppedAt(moment func(*process)) (p *process, took time.Duration) {
	c.Helper()
	p = c.start()
	moment(p)
	return p, p.stop()
}

func reached(p *process) { p.await("reached") }

// shuttingDown has the runtime stopped once before.
func shuttingDown(p *process) {
	p.await("Ready.")
	p.signal(unix.SIGTERM)
	reached(p)
}

// silent has a licensing server that takes questions, and does not answer in time.
func silent(c *container) {
	l := c.licensing(server.Options{})
	token, _ := l.Token(authority.NewToken{Kind: authority.Developer, Simulate: "slow"})
	c.set("ACTIVATE_PRO", "1")
	c.set("LOCALSTACK_AUTH_TOKEN", token)
}

// restarting waits until the runtime stops for a restart.
func restarting(p *process) {
	p.await("Ready.")
	p.signal(unix.SIGUSR1)
	p.await("received signal 15")
}

// waiting waits until a start says that it waits for the server.
func waiting(p *process) { p.await("aiting for") }

// loading waits until Python runs. Our warning comes before it; until then this is not the container's /proc.
func loading(p *process) {
	p.await("ACTIVATE_PRO is off")
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if out, _, _ := p.exec("sh", "-c", "cat /proc/[0-9]*/comm"); strings.Contains(out, "python") {
			return
		}
	}
	p.Fatal("Python does not run")
}

// killRuntime has the runtime killed by somebody else in the container.
func (p *process) killRuntime() {
	p.Helper()
	p.run("sh", "-c", `cd /proc
		for pid in [0-9]*; do read name <$pid/comm && [ "$name" = python ] && kill -KILL $pid; done; true`)
}

// worker is a START hook that leaves a process running, which goes on until the runtime has ended when it is told to
// stop.
const worker = `runtime=$PPID
	(trap 'while kill -0 $runtime 2>/dev/null; do sleep 0.01; done; echo saved; exit' TERM
	while :; do sleep 0.05; done) &`

func TestARuntimeThatWasKilledIsStartedAgain(t *testing.T) {
	c := withoutLicense(t)
	c.set("RESTART_ON_CRASH", "1")
	c.set("WAIT_FOR_GROUP", "1")
	c.hook("start", "worker.sh", worker)
	p := c.start()
	p.await("Ready.")
	again := p.restart(2, p.killRuntime)
	p.await("the command was killed by SIGKILL (exit code 137): restarting, attempt 1 of 1")
	stopped := p.stop()
	p.ends(0)
	if n := strings.Count(p.output(), "saved\n"); n != 1 {
		t.Errorf("%d processes of hooks could finish, want the last one:\n%s", n, p.output())
	}
	t.Logf("ready again after %v, stopped after %v", again, stopped)
}

func TestTheExitCodeIsTheRuntimes(t *testing.T) {
	c := withoutLicense(t)
	c.set("GATEWAY_LISTEN", "localhost:none")
	p := c.start()
	p.ends(1)
	p.await("ValueError: specified port none not a number")
	p.await("the command exited with code 1")
}

// TestAUserWithoutAHomeDirectoryGetsOne as on OpenShift: HOME is that of root.
func TestAUserWithoutAHomeDirectoryGetsOne(t *testing.T) {
	c := withoutLicense(t)
	c.as(1234567, 0)
	c.hook("boot", "profile.sh", `mkdir ~/.aws; echo "[profile mine]" >~/.aws/config`)
	c.hook("start", "profile.py", "import boto3, os\n"+
		`print(os.path.expanduser("~"), boto3.Session().available_profiles)`)
	p := c.start()
	const home = "/tmp/localstack-home-1234567"
	p.await("HOME=/root cannot be written (permission denied): hooks and the emulator get HOME=" + home)
	p.await(home + " ['mine']")
	p.await("Ready.")
	p.stop()
	p.ends(0)
}
