package container

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/fault"
)

// fake is a process of a container that is made up.
type fake struct {
	pid, parent int
	name        string
	argv0       string
	// exe and root are what its links lead to: "" for links that may not be
	// followed. The doctor itself runs "entrypoint" in "here".
	exe, root string
	// caught and ignored are sets of signals; SIGTERM is 4000.
	caught, ignored string
	wchan           string
	cgroup          string
}

// doctor is the doctor's own process.
func doctor(pid, parent int) fake {
	return fake{pid: pid, parent: parent, name: "entrypoint", argv0: "entrypoint", exe: "entrypoint", root: "here", caught: "4000", cgroup: "0::/"}
}

// inhabit makes a container with these processes; the last one is the doctor.
func inhabit(t *testing.T, processes ...fake) Container {
	t.Helper()
	c := plant(t, tree{"files/entrypoint": "", "files/other": "", "files/here/x": "", "files/there/x": ""})
	for i, p := range processes {
		number := strconv.Itoa(p.pid)
		plantIn := func(name, content string) {
			path := c.path("proc", number, name)
			noError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			noError(t, os.WriteFile(path, []byte(content), 0o600))
		}
		plantIn("status", fmt.Sprintf("Name:\t%s\nPPid:\t%d\nSigBlk:\t%016x\nSigIgn:\t%016s\nSigCgt:\t%016s\n", p.name, p.parent, 0, p.ignored, p.caught))
		plantIn("stat", fmt.Sprintf("%d (%s) S %d%s %d 0\n", p.pid, p.name, p.parent, strings.Repeat(" 0", 17), 100+i))
		plantIn("cmdline", p.argv0+"\x00--token\x00hidden\x00")
		plantIn("wchan", p.wchan)
		plantIn("cgroup", p.cgroup+"\n")
		for link, target := range map[string]string{"exe": p.exe, "root": p.root} {
			if target != "" {
				noError(t, os.Symlink(c.path("files", target), c.path("proc", number, link)))
			}
		}
		noError(t, os.RemoveAll(c.path("proc/self")))
		noError(t, os.Symlink(number, c.path("proc/self")))
	}
	return c
}

// others are well-known processes.
var (
	entrypoint1 = fake{pid: 1, name: "docker-entrypoi", exe: "entrypoint", root: "here", caught: "4000"}
	emulator    = fake{pid: 8, parent: 1, name: "python3", exe: "other", root: "here", caught: "4002"}
	tini        = fake{pid: 1, name: "tini", exe: "other", root: "here", wchan: "do_sigtimedwait.isra.0"}
	shell       = fake{pid: 1, name: "sh", exe: "other", root: "here", caught: "10002"}
	pause       = fake{pid: 1, name: "pause", exe: "other", root: "there", caught: "4002"}
)

// with is the process with another number and parent.
func (p fake) with(pid, parent int) fake {
	p.pid, p.parent = pid, parent
	return p
}

// unseen is the process as somebody sees it who may not look at its files.
func (p fake) unseen(argv0, cgroup string) fake {
	p.exe, p.root, p.argv0, p.cgroup = "", "", argv0, cgroup
	return p
}

const supervise = "SUPERVISE=1 makes .*"

var signalCases = []struct {
	name      string
	processes []fake
	want      want
}{
	{"doctor is the container's command", []fake{doctor(1, 0)},
		want{fault.Passed, "this container's PID 1 is entrypoint, this program itself", nil}},
	{"our init", []fake{entrypoint1, emulator, doctor(20, 0)},
		want{fault.Passed, "this container's PID 1 is docker-entrypoi, the entrypoint", nil}},
	{"our init, of another user", []fake{entrypoint1.unseen("docker-entrypoint.sh", "0::/"), doctor(20, 0)},
		want{fault.Passed, "this container's PID 1 is docker-entrypoi, the entrypoint", nil}},
	{"LocalStack's own script", []fake{{pid: 1, name: "docker-entrypoi", argv0: "/bin/bash", exe: "other", root: "here", caught: "10000"}, doctor(20, 0)},
		want{fault.Warned, "this container's PID 1 is docker-entrypoi, which has no handler for SIGTERM", nil}},
	{"the emulator, with SUPERVISE=0", []fake{emulator.with(1, 0), doctor(20, 0)},
		want{fault.Passed, "this container's PID 1 is python3, which handles SIGTERM", nil}},
	{"an emulator that handles nothing", []fake{{pid: 1, name: "sleep", exe: "other", root: "here"}, doctor(20, 0)},
		want{fault.Warned, "this container's PID 1 is sleep, which has no handler for SIGTERM", nil}},
	{"one that waits for signals", []fake{{pid: 1, name: "myinit", exe: "other", root: "here", wchan: "do_sigtimedwait"}, doctor(20, 0)},
		want{fault.Passed, "this container's PID 1 is myinit, which handles SIGTERM", nil}},

	{"docker run --init", []fake{tini, emulator, doctor(20, 0)},
		want{fault.Passed, "this container's PID 1 is tini, which passes SIGTERM on", []string{supervise}}},
	{"--init and SUPERVISE=1", []fake{tini, entrypoint1.with(7, 1), emulator.with(8, 7), doctor(20, 0)},
		want{fault.Passed, "this container's PID 1 is tini, which passes SIGTERM on", nil}},
	{"--init before a shell", []fake{tini, shell.with(7, 1), entrypoint1.with(8, 7), emulator.with(9, 8), doctor(20, 0)},
		want{fault.Warned, "this container's PID 1 is tini, which passes SIGTERM on to sh, which does not", []string{"the entrypoint is process 8, .*"}}},
	{"--init before a shell with a trap", []fake{tini, {pid: 7, parent: 1, name: "bash", exe: "other", root: "here", caught: "14000"}, doctor(20, 7)},
		want{fault.Skipped, "this container's PID 1 is tini, which passes SIGTERM on to bash; whether that passes it on cannot be seen", nil}},
	{"--init, and a shell that it inherited", []fake{tini, emulator, shell.with(12, 1), emulator.with(13, 12), doctor(20, 0)},
		want{fault.Passed, "this container's PID 1 is tini, which passes SIGTERM on", []string{supervise}}},
	{"systemd", []fake{{pid: 1, name: "systemd", exe: "other", root: "here", caught: "7fe3c0fe28014a03"}, doctor(20, 0)},
		want{fault.Skipped, "this container's PID 1 is systemd, which stops on another signal than SIGTERM: .*", nil}},

	{"a shell around it", []fake{shell, entrypoint1.with(7, 1), emulator.with(8, 7), doctor(20, 0)},
		want{fault.Warned, "this container's PID 1 is sh, which passes no SIGTERM on", []string{"the entrypoint is process 7, .*"}}},
	{"a shell around the doctor", []fake{shell, doctor(7, 1)},
		want{fault.Warned, "this container's PID 1 is sh, which passes no SIGTERM on", nil}},
	{"a shell of another user", []fake{shell.unseen("sh", "0::/"), doctor(7, 1)},
		want{fault.Warned, "this container's PID 1 is sh, which passes no SIGTERM on", nil}},
	{"a shell with a trap", []fake{{pid: 1, name: "bash", exe: "other", root: "here", caught: "14000"}, doctor(7, 1)},
		want{fault.Skipped, "this container's PID 1 is bash, which handles SIGTERM; whether it passes it on cannot be seen", nil}},
	{"a wrapper around the entrypoint", []fake{{pid: 1, name: "node", exe: "other", root: "here", caught: "4002"}, entrypoint1.with(7, 1), emulator.with(8, 7), doctor(20, 0)},
		want{fault.Skipped, "this container's PID 1 is node, which handles SIGTERM; whether .*", nil}},
	{"a wrapper around the doctor", []fake{{pid: 1, name: "node", exe: "other", root: "here", caught: "4002"}, shell.with(6, 1), doctor(7, 6)},
		want{fault.Skipped, "this container's PID 1 is node, which handles SIGTERM; whether .*", nil}},
	{"an entrypoint of another container", []fake{pause, shell.with(5, 0), entrypoint1.with(6, 0).unseen("entrypoint", "0::/../two"), emulator.with(7, 6), doctor(20, 5)},
		want{fault.Warned, "PIDs are .*, this container's first process is 5, sh, which passes no SIGTERM on", nil}},
	{"another of our subcommands", []fake{emulator.with(1, 0), doctor(19, 0), doctor(20, 0)},
		want{fault.Passed, "this container's PID 1 is python3, which handles SIGTERM", nil}},

	{"a pod's shared PIDs, our init", []fake{pause, entrypoint1.with(7, 0), emulator.with(8, 7), doctor(20, 0)},
		want{fault.Passed, "PIDs are shared with others, this container's first process is 7, docker-entrypoi, the entrypoint", nil}},
	{"a pod's shared PIDs, the emulator", []fake{pause, {pid: 6, name: "nginx", exe: "other", root: "there"}, emulator.with(7, 0), doctor(20, 0)},
		want{fault.Passed, "PIDs are shared with others, this container's first process is 7, python3, which handles SIGTERM", nil}},
	{"a pod's shared PIDs, one without a handler", []fake{pause, {pid: 7, name: "sleep", exe: "other", root: "here"}, doctor(20, 0)},
		want{fault.Passed, "PIDs are shared with others, this container's first process is 7, sleep, which SIGTERM ends", nil}},
	{"a pod's shared PIDs, one that ignores it", []fake{pause, {pid: 7, name: "nohup", exe: "other", root: "here", ignored: "4000"}, doctor(20, 0)},
		want{fault.Warned, "PIDs are shared with others, this container's first process is 7, nohup, which has no handler for SIGTERM", nil}},
	{"a pod's shared PIDs, a shell", []fake{pause, shell.with(7, 0), entrypoint1.with(8, 7), emulator.with(9, 8), doctor(20, 0)},
		want{fault.Warned, "PIDs are .*, this container's first process is 7, sh, which passes no SIGTERM on", []string{"the entrypoint is process 8, .*"}}},
	{"a pod's shared PIDs, the numbers went round", []fake{pause, entrypoint1.with(30000, 0), emulator.with(30001, 30000), shell.with(9, 30001), doctor(20, 0)},
		want{fault.Passed, "PIDs are .*, this container's first process is 30000, docker-entrypoi, the entrypoint", nil}},
	{"a pod's shared PIDs, the doctor is the command", []fake{pause.unseen("/pause", "0::/../one"), doctor(7, 0)},
		want{fault.Passed, "PIDs are .*, this container's first process is 7, entrypoint, this program itself", nil}},
	{"a pod's shared PIDs, of other users", []fake{pause.unseen("/pause", "0::/kube/one"), emulator.with(6, 0).unseen("x", "0::/kube/two"), emulator.with(7, 0).unseen("python3", "0::/"), doctor(20, 0)},
		want{fault.Passed, "PIDs are .*, this container's first process is 7, python3, which handles SIGTERM", nil}},
	{"the machine's PIDs", []fake{{pid: 1, name: "systemd", exe: "other", root: "there"}, entrypoint1.with(700, 600), emulator.with(701, 700), doctor(800, 600)},
		want{fault.Passed, "PIDs are .*, this container's first process is 700, docker-entrypoi, the entrypoint", nil}},
	{"the machine's PIDs, for a user", []fake{{pid: 1, name: "systemd", cgroup: "0::/../../init.scope"}, doctor(800, 600)},
		want{fault.Passed, "PIDs are .*, this container's first process is 800, entrypoint, this program itself", nil}},
	{"a PID 1 that may be the machine's", []fake{{pid: 1, name: "systemd", cgroup: "0::/init.scope"}, doctor(800, 600)},
		want{fault.Skipped, "PID 1 is systemd, and whether this container's or another's cannot be seen", nil}},
	{"no control groups to tell by", []fake{shell.unseen("sh", ""), doctor(7, 1)},
		want{fault.Skipped, "PID 1 is sh, and whether this container's or another's cannot be seen", nil}},
	{"nothing to tell by", []fake{pause.unseen("/pause", ""), doctor(7, 0).unseen("entrypoint", "")},
		want{fault.Skipped, "PID 1 is pause of another container, and this one's first process cannot be seen", nil}},
	{"PID 1 is hidden", []fake{doctor(20, 0)}, want{fault.Skipped, "PID 1 cannot be seen from here", nil}},
}

func TestWhetherSIGTERMReachesTheEmulator(t *testing.T) {
	t.Parallel()
	for _, test := range signalCases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.compare(t, inhabit(t, test.processes...).signals(t.Context()), fault.SystemSignals)
		})
	}
	want{fault.Skipped, "cannot read /.*/proc/self: no such file or directory", nil}.compare(t, plant(t).signals(t.Context()), fault.SystemSignals)
}

func TestRealInitsAreJudgedAsPID1(t *testing.T) {
	t.Parallel()
	const mounted = "mount -t proc proc /proc && "
	tests := []struct {
		name, needs, script string
		want                want
	}{
		{"itself", "sh", "exec $LOOK", want{fault.Passed, "this container's PID 1 is container.test, this program itself", nil}},
		{"a shell", "sh", "sh -c '$LOOK; true' && true", want{fault.Warned, "this container's PID 1 is sh, which passes no SIGTERM on", nil}},
		{"bash with a trap", "bash", `exec bash -c 'trap : TERM; $LOOK; true'`, want{fault.Skipped, "this container's PID 1 is bash, which handles SIGTERM; whether .*", nil}},
		{"tini", "tini", "exec tini -- $LOOK", want{fault.Passed, "this container's PID 1 is tini, which passes SIGTERM on", []string{supervise}}},
		{"tini and a shell", "tini", "exec tini -- sh -c '$LOOK; true'", want{fault.Warned, "this container's PID 1 is tini, which passes SIGTERM on to sh, which does not", nil}},
		{"dumb-init", "dumb-init", "exec dumb-init $LOOK", want{fault.Passed, "this container's PID 1 is dumb-init, .*", []string{supervise}}},
		{"catatonit", "catatonit", "exec catatonit -- $LOOK", want{fault.Passed, "this container's PID 1 is catatonit, .*", []string{supervise}}},
		{"an init under another name", "tini", "mount -t tmpfs tmpfs /mnt && cp $(command -v tini) /mnt/mine && exec /mnt/mine -- $LOOK",
			want{fault.Skipped, "this container's PID 1 is mine, which handles SIGTERM; whether it passes it on cannot be seen", nil}},
		{"a shell of another user", "setpriv", "setpriv --reuid 1000 $LOOK; true", want{fault.Warned, "this container's PID 1 is sh, which passes no SIGTERM on", nil}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			needs(t, test.needs)
			test.want.compare(t, lookFrom(t, syscall.CLONE_NEWPID, mounted+test.script, "signals"), fault.SystemSignals)
		})
	}
}

func TestSharedPIDsAreToldByTheRootFolder(t *testing.T) {
	t.Parallel()
	// PID 1 keeps its root; what the shell behind it starts has another one,
	// with the same in it.
	const script = `mount -t proc proc /proc && mount -t tmpfs tmpfs /mnt && for each in /*; do
  if test -L $each; then cp -P $each /mnt; elif test -d $each -a $each != /mnt; then mkdir /mnt$each && mount --rbind $each /mnt$each; fi
done && chroot /mnt $LOOK && true`
	want{fault.Passed, `PIDs are shared with others, this container's first process is \d+, container.test, this program itself`, nil}.compare(t,
		lookFrom(t, syscall.CLONE_NEWPID, script, "signals"), fault.SystemSignals)
}

func TestArgumentsOfProcessesAreNeverShown(t *testing.T) {
	t.Parallel()
	for _, test := range signalCases {
		check := inhabit(t, test.processes...).signals(t.Context())
		if shown := fmt.Sprint(check.Fact, check.Evidence); strings.Contains(shown, "hidden") {
			t.Errorf("%s: %s", test.name, shown)
		}
	}
}

func FuzzProcesses(f *testing.F) {
	f.Add("Name:\tsh\nPPid:\t0\nSigCgt:\t0000000000010002\n", "1 (a ) b) S 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 42 0", "sh\x00-c\x00hidden-argument")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, status, stat, cmdline string) {
		c := plant(t, tree{"proc/1/status": status, "proc/1/stat": stat, "proc/1/cmdline": cmdline})
		noError(t, os.Symlink("1", c.path("proc/self")))
		check := c.signals(t.Context())
		if strings.ContainsAny(check.Fact, "\n\x1b\x00") || len(check.Fact) > 300 {
			t.Errorf("shown %q", check.Fact)
		}
	})
}

func TestTheStartOfAProcessIsReadBehindAnyName(t *testing.T) {
	t.Parallel()
	behind := " S 0" + strings.Repeat(" 0", 17) + " 42 0"
	for stat, want := range map[string]uint64{
		"1 (sh)" + behind:         42,
		"1 (a) S 9 (b))" + behind: 42,
		"1 (sh) S 0":              0,
		"":                        0,
	} {
		if got := parseStart(stat); got != want {
			t.Errorf("%q started at %d, want %d", stat, got, want)
		}
	}
}
