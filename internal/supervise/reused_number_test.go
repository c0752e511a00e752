package supervise

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestTheNumberOfTheCommandsGroupMayBeAnothers: while it is decided what to start again, the kernel gives
// the number of the command that has ended to a stranger, which is not ours to kill.
func TestTheNumberOfTheCommandsGroupMayBeAnothers(t *testing.T) {
	t.Parallel()
	const script = `
		mount -t proc proc /proc; exec 3<&0
		init -ask /bin/sh -c 'echo $$ >"$DIR/group"; echo ready; exec sleep 60' <&3 & init=$!
		trap 'stop=1' USR2
		until [ "$stop" ]; do sleep 0.01; done
		read group <"$DIR/group"; echo $((group - 1)) >/proc/sys/kernel/ns_last_pid
		setsid /bin/sh -c 'trap "" TERM; echo "number $$"; while :; do sleep 0.1; done' & stranger=$!
		[ $stranger = $group ] || echo "its number is $stranger, not $group"
		wait $init; echo "the init ended with $?"
		kill -0 $stranger && echo "it lives on"`
	p := start(t, inDirectory(t, belowShell(t, asPID1, script)), "init")
	p.expect("deciding")
	p.feed("go")
	p.expect("ready")
	init := children(strconv.Itoa(p.cmd.Process.Pid))[0]
	_ = unix.Kill(init, unix.SIGUSR1)
	p.expect("deciding again")
	p.signal(unix.SIGUSR2)
	line, _ := p.next()
	_ = unix.Kill(init, unix.SIGTERM)
	p.expect("the init ended with 143")
	p.expect("it lives on")
	if numberOf(line) == 0 {
		t.Error(line)
	}
}

// belowShell runs a script of the shell in its place, which may call the role by its name.
func belowShell(t *testing.T, how setup, script string) setup {
	return func(cmd *exec.Cmd) {
		how(cmd)
		folder := t.TempDir()
		_ = os.Symlink(cmd.Path, filepath.Join(folder, cmd.Args[0]))
		cmd.Path, cmd.Args = "/bin/sh", []string{"/bin/sh", "-c", "PATH=" + folder + ":$PATH\n" + script}
	}
}
