package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// peerTini is what the others are compared with.
const peerTini = "tini"

// patience bounds whatever is started here: far more than any of it needs.
const patience = 2 * time.Minute

// initProgram is a program that can be PID 1.
type initProgram struct {
	name string
	argv []string // before the command's own; none for no init at all
	env  []string
	// stderr gets what it and the command say there; nil for ours.
	stderr io.Writer
}

// direct is no init at all.
var direct = initProgram{name: "no init"}

// findPeers returns the peers that are installed, and the names of the others.
func findPeers() (found []initProgram, missing []string) {
	for _, argv := range [][]string{{peerTini, "-s", "--"}, {"dumb-init"}, {"catatonit", "--"}} {
		if _, err := exec.LookPath(argv[0]); err != nil {
			missing = append(missing, argv[0])
			continue
		}
		found = append(found, initProgram{name: argv[0], argv: argv, env: os.Environ()})
	}
	return found, missing
}

// inits are the peers and ours, which asks for no license, as they do not.
func (s *stage) inits() []initProgram {
	return append(s.peers[:len(s.peers):len(s.peers)], initProgram{
		name: entrypoint, argv: s.ours(), env: s.env("ACTIVATE_PRO=0"),
	})
}

// behind is the init's whole command line.
func (p initProgram) behind(command ...string) []string {
	return append(p.argv[:len(p.argv):len(p.argv)], command...)
}

// container is an init that runs, with a command that talks to us. It dies
// with us.
type container struct {
	cmd     *exec.Cmd
	stdin   *os.File
	stdout  *bufio.Reader
	closers []io.Closer
	guard   *time.Timer
}

// contain starts a command behind the init, which is PID 1 of a new namespace,
// with a /proc that belongs to it. Without an init, the command is an ordinary
// process.
func (p initProgram) contain(command ...string) (*container, error) {
	argv, attributes := p.behind(command...), &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if len(p.argv) > 0 {
		argv = append([]string{ourselves(), rolePID1}, argv...)
		attributes.Cloneflags = unix.CLONE_NEWPID | unix.CLONE_NEWNS
	}
	c := &container{cmd: exec.Command(argv[0], argv[1:]...)}
	c.cmd.Env, c.cmd.SysProcAttr, c.cmd.Stderr = p.env, attributes, os.Stderr
	if p.stderr != nil {
		c.cmd.Stderr = p.stderr
	}
	theirs, err := c.connect()
	if err == nil {
		err = c.cmd.Start()
	}
	for _, end := range theirs {
		_ = end.Close()
	}
	if err != nil {
		c.close()
		return nil, fmt.Errorf("start %s as PID 1: %w", p.name, err)
	}
	c.guard = guard(c.cmd)
	return c, nil
}

// containSleep is contain for a command that has begun to do nothing.
func (p initProgram) containSleep() (*container, error) {
	c, err := p.contain("sh", "-c", "echo ready; exec sleep 100000")
	if err != nil {
		return nil, err
	}
	if err := c.expect("ready"); err != nil {
		c.close()
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	return c, nil
}

// connect makes the pipes; it returns their other ends. They block: a reader
// that Go's scheduler has to wake up would keep a core busy that the init needs.
func (c *container) connect() (theirs []io.Closer, err error) {
	var in, out [2]int
	if err := unix.Pipe2(in[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	stdin := os.NewFile(uintptr(in[0]), "stdin")
	c.cmd.Stdin, c.stdin = stdin, os.NewFile(uintptr(in[1]), "stdin")
	c.closers, theirs = append(c.closers, c.stdin), append(theirs, stdin)
	if err := unix.Pipe2(out[:], unix.O_CLOEXEC); err != nil {
		return theirs, err
	}
	read, stdout := os.NewFile(uintptr(out[0]), "stdout"), os.NewFile(uintptr(out[1]), "stdout")
	c.cmd.Stdout, c.stdout = stdout, bufio.NewReader(read)
	c.closers, theirs = append(c.closers, read), append(theirs, stdout)
	return theirs, nil
}

// expect reads the command's next line, which must be this one.
func (c *container) expect(word string) error {
	line, err := c.stdout.ReadString('\n')
	if err == nil && strings.TrimSpace(line) != word {
		err = fmt.Errorf("it says %q", line)
	}
	if err != nil {
		return fmt.Errorf("hear %q from the command: %w", word, err)
	}
	return nil
}

// pid is the init's, as we see it.
func (c *container) pid() int { return c.cmd.Process.Pid }

// close ends the init, and with it all that is in its namespace.
func (c *container) close() {
	if c.cmd.Process != nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		c.guard.Stop()
	}
	for _, end := range c.closers {
		_ = end.Close()
	}
}

// guard kills a process that takes far too long, which ends every wait for it,
// until it is stopped.
func guard(cmd *exec.Cmd) *time.Timer {
	return time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
}

// canContain reports why we may not make PID namespaces; nil when we may.
func (s *stage) canContain() error {
	probe := initProgram{name: "echo", argv: []string{"echo", "ready"}, env: os.Environ()}
	c, err := probe.contain()
	if err != nil {
		return err
	}
	defer c.close()
	return c.expect("ready")
}
