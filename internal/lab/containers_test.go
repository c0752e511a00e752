package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

// containers are what users have reported of the container itself; its network
// is as it should be.
func containers() []situation {
	return []situation{
		{name: "random uid with HOME=/root", other: byPython("import os; os.makedirs('/root/.localstack')"),
			arrange: func(w *world) {
				reachable(w)
				w.user, w.env["HOME"] = 1000690000, "/root"
				w.command = []string{"echo", "started"}
			}},
		{name: "BOOT hook with CRLF line ends", says: "CRLF", other: asHook,
			arrange: booting("#!/bin/sh\r\necho hook\r\n")},
		{name: "BOOT hook with a byte order mark", says: "byte order mark", other: asHook,
			arrange: booting("\ufeff#!/bin/sh\necho hook\n")},
		{name: "BOOT hook without a first line", says: "#!", other: asHook, arrange: booting("echo hook\n")},
		{name: "BOOT hook that is a dangling link", says: "boot.sh", other: asHook, arrange: func(w *world) {
			reachable(w)
			testkit.Put(w.T, w.root, bootHook+".readme", "")
			if err := os.Symlink("/nowhere", filepath.Join(w.root, bootHook)); err != nil {
				w.Fatal(err)
			}
		}},
		{name: "BOOT hook on a noexec mount", says: "noexec", other: asHook, arrange: func(w *world) {
			reachable(w)
			w.noexec(filepath.Dir(bootHook))
			w.hook("#!/bin/sh\necho hook\n")
		}},
		{name: "BOOT hook that never ends", says: "boot.sh", exit: fault.ExitSignal + int(unix.SIGTERM), other: asHook,
			arrange: func(w *world) {
				reachable(w)
				w.hook("#!/bin/sh\nexec sleep 20\n")
				w.stop = 3 * time.Second
			}},
		{name: "command for another architecture", id: fault.CommandNotExecutable, says: "linux/arm64", other: byCommand,
			arrange: func(w *world) {
				reachable(w)
				w.command = []string{w.foreign()}
			}},
		{name: "log pipe that nobody reads", other: func(w *world) string {
			return w.shows(w.fullPipe(), debianPython, "-c", "import sys; print('log', file=sys.stderr, flush=True)")
		}, arrange: func(w *world) {
			reachable(w)
			w.env["DEBUG"] = "1"
			w.logs, w.command = w.fullPipe(), []string{"echo", "started"}
		}},
		{name: "GATEWAY_LISTEN=[::]:4566 without IPv6", try: healthy,
			other: byPython("import urllib.request as u; print(u.urlopen('http://127.0.0.1:4566/_localstack/health').status)"),
			arrange: func(w *world) {
				reachable(w)
				w.env["GATEWAY_LISTEN"] = "[::]:4566"
				err := w.Inside(func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", []byte("1"), 0) })
				if err != nil {
					w.Fatal(err)
				}
			}},
	}
}

// healthy starts the emulator and asks for its health, as the image does.
func healthy(w *world) outcome {
	w.Helper()
	began := time.Now()
	w.run(daemon{argv: []string{w.entrypoints, w.program("emulator")}, env: w.environ(),
		ready: listening("127.0.0.1:4566")})
	got := outcome{after: time.Since(began)}
	_, got.warnings, got.exit = w.entrypoint("healthcheck")
	got.requests, got.stdout = w.requests(), "started"
	got.log = []logLine{{Message: got.warnings}}
	return got
}

// bootHook is where a BOOT hook is.
const bootHook = "etc/localstack/init/boot.d/boot.sh"

// reachable is a network as it should be.
func reachable(w *world) {
	w.publicDNS(nameServer)
	w.internet()
}

func booting(script string) func(*world) {
	return func(w *world) {
		reachable(w)
		w.hook(script)
	}
}

// hook makes an executable BOOT hook.
func (w *world) hook(script string) {
	w.Helper()
	testkit.Put(w.T, w.root, bootHook, script)
	if err := os.Chmod(filepath.Join(w.root, bootHook), 0o755); err != nil {
		w.Fatal(err)
	}
}

// noexec mounts an empty file system from which nothing can be executed.
func (w *world) noexec(folder string) {
	w.Helper()
	path := filepath.Join(w.root, folder)
	if err := errors.Join(os.MkdirAll(path, 0o755), unix.Mount("tmpfs", path, "tmpfs", unix.MS_NOEXEC, "")); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
}

// foreign is a program for an arm64 machine: one of ours with another machine in
// its header, which the kernel reads first. No emulator of that machine knows its
// version.
func (w *world) foreign() string {
	w.Helper()
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		w.Fatal(err)
	}
	const version, machine, aarch64 = 6, 18, 183
	program[version], program[machine], program[machine+1] = 0, aarch64, 0
	path := w.put("foreign", string(program))
	if err := os.Chmod(path, 0o755); err != nil {
		w.Fatal(err)
	}
	return path
}

// fullPipe is the end of a pipe into which nothing more can be written.
func (w *world) fullPipe() *os.File {
	w.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { reader.Close(); writer.Close() })
	raw, err := writer.SyscallConn()
	if err == nil {
		err = raw.Write(func(fd uintptr) bool {
			for {
				if _, err := unix.Write(int(fd), bytes.Repeat([]byte("x"), 4096)); err != nil {
					return errors.Is(err, unix.EAGAIN)
				}
			}
		})
	}
	if err != nil {
		w.Fatal(err)
	}
	writer.Fd() // blocks from now on, as a container's does
	return writer
}

// asHook has Python run the BOOT hook as LocalStack does.
func asHook(w *world) string {
	return byPython("import subprocess; subprocess.run(['" + filepath.Join(w.root, bootHook) + "'])")(w)
}

// byCommand is what bash says of the command.
func byCommand(w *world) string { return w.shows(nil, "bash", "-c", w.command[0]) }

// byPython is what Python says of a script.
func byPython(script string) func(*world) string {
	return func(w *world) string { return w.shows(nil, debianPython, "-c", script) }
}

// shows is the last line that a program prints in the container, and its exit
// code; one that does not end is ended soon.
func (w *world) shows(stderr *os.File, program string, args ...string) string {
	w.Helper()
	const enough = 2 * time.Second
	ctx, cancel := context.WithTimeout(w.Context(), enough)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.WaitDelay = w.environ(), time.Second
	w.become(cmd)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if stderr != nil {
		cmd.Stderr = stderr
	}
	_ = w.Inside(cmd.Run)
	if ctx.Err() != nil {
		return fmt.Sprintf("waits, ended after %s", enough)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	text := strings.NewReplacer(w.root, "", w.dir, "").Replace(lines[len(lines)-1])
	return fmt.Sprintf("%s: exit code %d", text, cmd.ProcessState.ExitCode())
}
