package lab

import (
	"fmt"
	"net"
	"os/exec"
	"syscall"
	"time"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
)

// daemon is a program that runs in a world until the world ends.
type daemon struct {
	argv []string
	env  []string
	// ready is an error until the program serves.
	ready func() error
}

// run starts a daemon and waits until it serves.
func (w *world) run(d daemon) {
	w.Helper()
	var log testkit.Buffer
	if w.isLate {
		d.argv, d.ready = delayed(d.argv), func() error { return nil }
	}
	cmd := exec.Command(d.argv[0], d.argv[1:]...)
	cmd.Env = append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, d.env...)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = time.Second // helpers of a daemon may keep its output open
	// A group, because some daemons have helpers.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := w.Inside(cmd.Start); err != nil {
		w.Fatalf("cannot start %s: %v", d.argv[0], err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	w.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	if err := w.await(d.ready, ended); err != nil {
		w.Fatalf("%s does not serve: %v\n%s", d.argv[0], err, credential.MaskAll(log.String()))
	}
}

// await asks until there is no error any more, or the program has ended.
func (w *world) await(ready func() error, ended <-chan struct{}) error {
	timeout := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := w.Inside(ready)
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("it has ended: %w", err)
		case <-timeout:
			return err
		case <-tick.C:
		}
	}
}

// listening is ready when somebody takes connections at address.
func listening(address string) func() error {
	return func() error {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
		}
		return err
	}
}

// naming is ready when a name server takes connections at address. By then it
// hears datagrams, too.
func naming(address string) func() error { return listening(net.JoinHostPort(address, "53")) }
