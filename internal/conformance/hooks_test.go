package conformance

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The runtime runs the hooks of three stages, the entrypoint those of BOOT. All go on after one that fails.
func TestHooksOfEveryStageRunInBothLanguages(t *testing.T) {
	t.Parallel()
	c, _ := newLicensed(t, pythonOfRuntime)
	var want []string
	for _, stage := range []string{"boot", "start", "ready", "shutdown"} {
		c.hook(stage, "1.sh", "echo hook "+stage+".sh; exit 3\n")
		c.hook(stage, "2.py", "print('hook "+stage+".py', flush=True)\n")
		want = append(want, "hook "+stage+".sh", "hook "+stage+".py")
	}
	p := c.start()
	p.await("Ready.")
	states := hookStates(p)
	p.stop()
	p.ends(0)
	var got []string
	for _, l := range p.log.all() {
		if strings.HasPrefix(l.text, "hook ") {
			got = append(got, l.text)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("hooks %q, want %q:\n%s", got, want, p.output())
	}
	// Of BOOT scripts the runtime knows that they were there, and no more: as in LocalStack's image.
	for script, want := range map[string]string{
		"BOOT 1.sh": "UNKNOWN", "BOOT 2.py": "UNKNOWN", "START 1.sh": "ERROR", "START 2.py": "SUCCESSFUL",
		"READY 1.sh": "ERROR", "READY 2.py": "SUCCESSFUL", "SHUTDOWN 1.sh": "UNKNOWN",
	} {
		if states[script] != want {
			t.Errorf("%s is %q, want %q", script, states[script], want)
		}
	}
}

// hookStates is what the runtime says of its hooks: the state of each, such as of "READY 1.sh".
func hookStates(p *process) map[string]string {
	p.Helper()
	_, answer := p.ask(http.MethodGet, "/_localstack/init", "")
	var said struct {
		Scripts []struct{ Stage, Name, State string }
	}
	if err := json.Unmarshal([]byte(answer), &said); err != nil {
		p.Fatalf("%v: %s", err, answer)
	}
	states := map[string]string{}
	for _, s := range said.Scripts {
		states[s.Stage+" "+s.Name] = s.State
	}
	return states
}

// What a BOOT .py script sets in its environment is the environment of later BOOT scripts, and not of the runtime.
func TestVariablesOfBootScriptsReachBootScriptsOnly(t *testing.T) {
	t.Parallel()
	c, _ := newLicensed(t, pythonOfRuntime)
	c.hook("boot", "1.py", "import os\nos.environ['COLOR'] = 'blue'\n")
	c.hook("boot", "2.sh", "echo boot sh ${COLOR-unset}\n")
	c.hook("boot", "3.py", "import os\nprint('boot py', os.environ.get('COLOR', 'unset'), flush=True)\n")
	c.hook("start", "4.sh", "echo start sh ${COLOR-unset}\n")
	p := c.start()
	p.await("Ready.")
	for _, want := range []string{"boot sh blue", "boot py blue", "start sh unset"} {
		p.await(want)
	}
	p.stop()
	p.ends(0)
}

// However a BOOT script ends, and if it never does, the other scripts and the runtime run.
func TestBootScriptsThatFailCostNothingButThemselves(t *testing.T) {
	t.Parallel()
	c, _ := newLicensed(t, pythonOfRuntime)
	c.set("BOOT_HOOK_TIMEOUT", "5")
	const set = "import os, signal, sys\nos.environ['COLOR'] = "
	c.hook("boot", "1.py", set+"'blue'\n")
	c.hook("boot", "2.py", set+"'red'\nos._exit(3)\n")
	c.hook("boot", "3.py", set+"'red'\nos.kill(os.getpid(), signal.SIGKILL)\n")
	c.hook("boot", "4.sh", "sleep 600 & wait\n")
	c.hook("boot", "5.py", "import boto3\nprint('boot', os.environ)\n")
	c.hook("boot", "6.py", "import os, sys\nprint('boot', os.environ['COLOR'], flush=True)\nsys.exit(4)\n")
	c.hook("boot", "7.sh", "echo boot sh ${COLOR-unset}\n")
	p := c.start()
	for _, want := range []string{
		"2.py: exit status 3", "3.py: signal: killed",
		"4.sh: it took longer than BOOT_HOOK_TIMEOUT (5s) and was stopped",
		"NameError: name 'os' is not defined", "5.py: exit status 1",
		"boot blue", "6.py: exit status 4", "boot sh blue", "Ready.",
	} {
		p.await(want)
	}
	p.stop()
	p.ends(0)
}
