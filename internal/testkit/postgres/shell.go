package postgres

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// shell runs commands in a temporary directory, one after the other. It ends when its input does, also because the
// test binary was killed, and then it stops the server and removes the directory.
type shell struct {
	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser // nil after the end
	out *bufio.Reader
	dir string
}

// prologue is what the shell begins with. A signal for the test binary is none for the server.
const prologue = `
trap '' PIPE
start() { pg_ctl --pgdata=data --log=log --wait start; }
stop() { pg_ctl --pgdata=data --mode="$1" --wait stop || ! pg_ctl --pgdata=data status; }
end() {
	if pid=$(head -n 1 data/postmaster.pid); then
		kill -CONT $pid $(cat /proc/$pid/task/$pid/children) # it may be frozen
		stop immediate
	fi
	cd /
	rm -rf "$dir"
}
dir=$(mktemp -dt postgres.XXXXXX) && cd "$dir" || exit
trap 'end >/dev/null 2>&1' EXIT
echo "$dir"
`

// startShell starts a shell that finds programs in this folder. As root it becomes another user.
func startShell(programs string) (*shell, error) {
	cmd := exec.Command("/bin/sh")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + programs + ":/usr/bin:/bin", "LC_ALL=C", "TMPDIR=" + os.TempDir()}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		credential, err := unprivileged()
		if err != nil {
			return nil, err
		}
		cmd.SysProcAttr.Credential = credential
	}
	s := &shell{cmd: cmd}
	var err error
	if s.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	s.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if s.dir, err = s.line(prologue); err == nil && !filepath.IsAbs(s.dir) {
		err = errors.New(s.dir)
	}
	if err != nil {
		s.end()
		return nil, fmt.Errorf("cannot make a directory for PostgreSQL: %w", err)
	}
	return s, nil
}

// unprivileged is the user "postgres" of Debian's package, or "nobody".
func unprivileged() (*syscall.Credential, error) {
	found, err := user.Lookup("postgres")
	if err != nil {
		found, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// run runs a command. Its error has the output and the server's log.
func (s *shell) run(command string) error {
	code, err := s.ask("{ " + command + "; } </dev/null >>output 2>&1; echo $?")
	if err == nil && code != "0" {
		output, _ := os.ReadFile(filepath.Join(s.dir, "output"))
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		err = fmt.Errorf("exit code %s: %s%s", code, output, log)
	}
	return err
}

// write appends to a file in the directory.
func (s *shell) write(name, text string) error {
	file, err := os.OpenFile(filepath.Join(s.dir, name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// ask runs a command that prints one line.
func (s *shell) ask(command string) (line string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.in == nil {
		return "", errors.New("the server's test has ended")
	}
	return s.line(command)
}

func (s *shell) line(command string) (string, error) {
	if _, err := io.WriteString(s.in, command+"\n"); err != nil {
		return "", err
	}
	line, err := s.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// end stops the server, and returns when nothing is left of it.
func (s *shell) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.in.Close()
	s.in = nil
	_ = s.cmd.Wait()
}
