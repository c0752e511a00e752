package main

import (
	"bufio"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// authorityData is a data directory with tokens, and the program that serves it.
type authorityData struct {
	label, program string
	dir            string
	database       string // the URL of a PostgreSQL database; empty for SQLite
	tokens         []string
}

// createTokens creates tokens with the program's own command.
func (d *authorityData) createTokens(n int) error {
	for range n {
		token, err := d.command("token", "create", "--type", "developer").Output()
		if err != nil {
			return withStderr(err)
		}
		d.tokens = append(d.tokens, strings.TrimSpace(string(token)))
	}
	return nil
}

// withStderr is the error of a command with what it has said.
func withStderr(err error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}

// command is a command line of the program, for this data. It dies with us.
func (d *authorityData) command(args ...string) *exec.Cmd {
	args = append(args, "--data", d.dir)
	if d.database != "" {
		args = append(args, "--database", d.database)
	}
	cmd := exec.Command(d.program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	return cmd
}

func (d *authorityData) name() string {
	if d.database != "" {
		return d.label + ", PostgreSQL"
	}
	return d.label + ", SQLite"
}

func (d *authorityData) rate() floor {
	if d.database != "" {
		return postgresRate
	}
	return sqliteRate
}

// authorityServer is a license authority that runs.
type authorityServer struct {
	cmd       *exec.Cmd
	guard     *time.Timer
	address   string
	listening time.Duration // from the start until it says where
}

// serve starts a server. Its access log goes nowhere.
func (d *authorityData) serve(args ...string) (*authorityServer, error) {
	cmd := d.command(append([]string{"serve", "--listen", "127.0.0.1:0", "--rate-limit", "0"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &authorityServer{cmd: cmd, guard: guard(cmd)}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	s.listening = time.Since(began)
	_, address, says := strings.Cut(strings.TrimSpace(line), "listening on http://")
	if err != nil || !says {
		_ = s.stop()
		return nil, fmt.Errorf("learn where %s listens; it says %q: %w", d.label, line, err)
	}
	s.address = address
	return s, nil
}

func (s *authorityServer) pid() int { return s.cmd.Process.Pid }

// peak is the most memory that the server has held at once, in MiB.
func (s *authorityServer) peak() (float64, error) {
	const kibPerMiB = 1024
	held, err := field(fmt.Sprintf("/proc/%d/status", s.pid()), "VmHWM:")
	return held / kibPerMiB, err
}

func (s *authorityServer) stop() error {
	defer s.guard.Stop()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}
