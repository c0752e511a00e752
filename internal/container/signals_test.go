package container

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// fake is a process of a container that is made up.
type fake struct {
	pid, parent int
	name        string
	// exe and root are what its links lead to: "" for links that may not be
	// followed. The doctor itself runs "entrypoint" in "here".
	exe, root string
	// caught is a set of signals; SIGTERM is 4000.
	caught string
	wchan  string
	// cmdline are its words, separated by blanks here.
	cmdline string
}

// doctor is the doctor's own process.
func doctor(pid int) fake {
	return fake{pid: pid, name: "entrypoint", exe: "entrypoint", root: "here", caught: "4000"}
}

// inhabit makes a container with these processes; the last one is the doctor.
func inhabit(t *testing.T, processes ...fake) Container {
	t.Helper()
	files := tree{"files/entrypoint": "", "files/other": "", "files/here/x": "", "files/there/x": ""}
	for _, p := range processes {
		folder := "proc/" + strconv.Itoa(p.pid)
		files[folder+"/status"] = fmt.Sprintf("Name:\t%s\nSigBlk:\t%016x\nSigCgt:\t%016s\n", p.name, 0, p.caught)
		files[folder+"/wchan"] = p.wchan
		files[folder+"/cmdline"] = strings.ReplaceAll(p.cmdline, " ", "\x00")
		files[fmt.Sprintf("proc/%d/task/%[1]d/children", p.parent)] += strconv.Itoa(p.pid) + " "
	}
	c := plant(t, files)
	for _, p := range processes {
		for link, target := range map[string]string{"exe": p.exe, "root": p.root} {
			if target != "" {
				noError(t, os.Symlink(c.path("files", target), c.path("proc", strconv.Itoa(p.pid), link)))
			}
		}
	}
	noError(t, os.Symlink(strconv.Itoa(processes[len(processes)-1].pid), c.path("proc/self")))
	return c
}

// Well-known processes.
var (
	entrypoint = fake{pid: 1, name: "docker-entrypoi", exe: "entrypoint", root: "here", caught: "4000"}
	emulator   = fake{pid: 1, name: "python3", exe: "other", root: "here", caught: "4002"}
	tini       = fake{pid: 1, name: "tini", exe: "other", root: "here", wchan: "do_sigtimedwait.isra.0"}
	shell      = fake{pid: 1, name: "sh", exe: "other", root: "here", caught: "10002"}
	trapping   = fake{pid: 1, name: "bash", exe: "other", root: "here", caught: "14000"}
	script     = fake{pid: 1, name: "docker-entrypoi", exe: "other", root: "here", caught: "10000",
		cmdline: "/bin/bash /usr/local/bin/docker-entrypoint.sh --token secret"}
	otherInit = fake{pid: 1, name: "myinit", exe: "other", root: "here", wchan: "do_sigtimedwait"}
	pause     = fake{pid: 1, name: "pause", exe: "other", root: "there", caught: "4002"}
)

// below is the process with another number and parent.
func (p fake) below(parent, pid int) fake {
	p.pid, p.parent = pid, parent
	return p
}

// unseen is the process as somebody sees it who may not look at its files.
func (p fake) unseen() fake {
	p.exe, p.root = "", ""
	return p
}

const supervise = "with SUPERVISE=1, .*"

func TestWhetherSIGTERMReachesTheEmulator(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		processes []fake
		want      want
	}{
		{"doctor is the container's command", []fake{doctor(1)}, passed("PID 1 is the entrypoint")},
		{"our init", []fake{entrypoint, emulator.below(1, 8), doctor(20)},
			passed("PID 1 is the entrypoint")},
		{"our init, of another user", []fake{entrypoint.unseen(), doctor(20)},
			passed("PID 1 is the entrypoint")},
		{"LocalStack's own script", []fake{script, doctor(20)},
			warned("PID 1 is docker-entrypoint.sh, which has no handler for SIGTERM")},
		{"a program with a long name", []fake{{pid: 1, name: "fifteen-letters", exe: "other", root: "here",
			cmdline: "/opt/fifteen-letters fifteen-letters-secret"}, doctor(20)},
			warned("PID 1 is fifteen-letters, which has no handler for SIGTERM")},
		{"one that hides its words", []fake{{pid: 1, name: "docker-entrypoi", exe: "other", root: "here"}, doctor(20)},
			warned("PID 1 is docker-entrypoi, which has no handler for SIGTERM")},
		{"the emulator, with SUPERVISE=0", []fake{emulator, doctor(20)},
			passed("PID 1 is python3, which handles SIGTERM")},
		{"an emulator that handles nothing", []fake{{pid: 1, name: "sleep", exe: "other", root: "here"}, doctor(20)},
			warned("PID 1 is sleep, which has no handler for SIGTERM")},
		{"one that waits for signals", []fake{otherInit, doctor(20)},
			passed("PID 1 is myinit, which handles SIGTERM")},

		{"docker run --init", []fake{tini, emulator.below(1, 8), doctor(20)},
			passed("PID 1 is tini, which forwards SIGTERM", supervise)},
		{"--init and SUPERVISE=1", []fake{tini, entrypoint.below(1, 7), emulator.below(7, 8), doctor(20)},
			passed("PID 1 is tini, which forwards SIGTERM")},
		{"--init before a shell", []fake{tini, shell.below(1, 7), entrypoint.below(7, 8), doctor(20)},
			warned("PID 1 is tini and its child is sh, which does not forward SIGTERM")},
		{"--init before a shell with a trap", []fake{tini, trapping.below(1, 7), doctor(20).below(7, 20)},
			skipped("PID 1 is tini and its child is bash, which handles SIGTERM; whether it forwards it is unknown")},
		{"--init, and a shell that it inherited", []fake{tini, emulator.below(1, 8), shell.below(1, 12), doctor(20)},
			passed("PID 1 is tini, which forwards SIGTERM", supervise)},

		{"a shell around it", []fake{shell, entrypoint.below(1, 7), emulator.below(7, 8), doctor(20)},
			warned("PID 1 is sh, which does not forward SIGTERM")},
		{"a shell of another user", []fake{shell.unseen(), doctor(7).below(1, 7)},
			warned("PID 1 is sh, which does not forward SIGTERM")},
		{"a shell with a trap", []fake{trapping, doctor(7).below(1, 7)},
			skipped("PID 1 is bash, which handles SIGTERM; whether it forwards it is unknown")},

		{"a process that may be another container's", []fake{pause.unseen(), doctor(20)},
			skipped("PID 1 is pause; whether it belongs to this container is unknown")},
		{"a pod's shared PIDs", []fake{pause, entrypoint.below(0, 7), doctor(20)},
			skipped("PID 1 is pause, which belongs to another container or to the host")},
		{"PID 1 is hidden", []fake{doctor(20)}, skipped("PID 1 cannot be seen from here")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.compare(t, inhabit(t, test.processes...).signals(t.Context()))
		})
	}
}

func TestRealInitsAreJudgedAsPID1(t *testing.T) {
	t.Parallel()
	const mounted = "mount -t proc proc /proc && "
	tests := []struct {
		name, needs, script string
		want                want
	}{
		{"itself", "sh", "exec $LOOK", passed("PID 1 is the entrypoint")},
		{"a shell", "sh", "sh -c '$LOOK; true' && true", warned("PID 1 is sh, which does not forward SIGTERM")},
		{"bash with a trap", "bash", `exec bash -c 'trap : TERM; $LOOK; true'`,
			skipped("PID 1 is bash, which handles SIGTERM; whether .*")},
		{"tini", "tini", "exec tini -- $LOOK", passed("PID 1 is tini, which forwards SIGTERM")},
		{"tini and a shell", "tini", "exec tini -- sh -c '$LOOK; true'",
			warned("PID 1 is tini and its child is sh, which does not forward SIGTERM")},
		{"dumb-init", "dumb-init", "exec dumb-init $LOOK", passed("PID 1 is dumb-init, which forwards SIGTERM")},
		{"catatonit", "catatonit", "exec catatonit -- $LOOK", passed("PID 1 is catatonit, which forwards SIGTERM")},
		{"an init under another name", "tini",
			"mount -t tmpfs tmpfs /mnt && cp $(command -v tini) /mnt/mine && exec /mnt/mine -- $LOOK",
			passed("PID 1 is mine, which handles SIGTERM")},
		{"a shell of another user", "setpriv", "setpriv --reuid 1000 $LOOK; true",
			warned("PID 1 is sh, which does not forward SIGTERM")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			needs(t, test.needs)
			test.want.compare(t, lookFrom(t, syscall.CLONE_NEWPID, mounted+test.script, "signals"))
		})
	}
}

func TestSharedPIDsAreDetectedByTheRootDirectory(t *testing.T) {
	t.Parallel()
	// PID 1 keeps its root; what the shell behind it starts has another one,
	// with the same in it.
	const script = `mount -t proc proc /proc && mount -t tmpfs tmpfs /mnt && for each in /*; do
  if test -L $each; then cp -P $each /mnt
  elif test -d $each -a $each != /mnt; then mkdir /mnt$each && mount --rbind $each /mnt$each; fi
done && chroot /mnt $LOOK && true`
	skipped("PID 1 is sh, which belongs to another container or to the host").compare(t,
		lookFrom(t, syscall.CLONE_NEWPID, script, "signals"))
}

func FuzzProcesses(f *testing.F) {
	f.Add("Name:\tsh\nPPid:\t0\nSigCgt:\t0000000000010002\n", "1 2")
	f.Add("Name:\ttini\n", "/../../x")
	f.Fuzz(func(t *testing.T, status, children string) {
		c := plant(t, tree{"proc/1/status": status, "proc/1/task/1/children": children})
		noError(t, os.Symlink("1", c.path("proc/self")))
		if check := c.signals(t.Context()); strings.ContainsAny(check.Fact, "\n") {
			t.Errorf("shown %q", check.Fact)
		}
	})
}
