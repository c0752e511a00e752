package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// With 64 open files and hundreds of clients, no answer fails because of them.
func TestFewOpenFilesSpoilNoAnswer(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.startAfter("ulimit -n 64", unlimited...)
	all := r.load(300, after(3*time.Second))
	t.Logf("ulimit -n 64, 300 clients: %s", all)
	// A client that does not send its request at once may lose its connection.
	counts := all.byStatus()
	if counts[200]+counts[0] != len(all.all) || counts[0] > len(all.all)/100 || counts[200] < 300 {
		t.Errorf("the answers are %s", all)
	}
}

func TestTooFewOpenFilesAreSaid(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, err := startShell(r.dir, "ulimit -n 40")
	if err == nil || !strings.Contains(err.Error(),
		"the limit of open files is 40, and at least 48 are needed: raise it (ulimit -n)") {
		t.Errorf("it says %v", err)
	}
	out, err := r.command("serve", "--listen", "127.0.0.1:0", "--max-connections", "100000000").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "connections, not for 100000000: raise it") {
		t.Errorf("it says %s, %v", out, err)
	}
}

// Clients that are idle, and clients that send a header byte by byte, are many more than there may be connections.
func TestManyIdleAndSlowClientsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	const idle, slow = 1500, 500
	r := newRoom(t)
	r.start(append(unlimited, "--max-connections", "300")...)
	address := strings.TrimPrefix(r.url, "http://")
	var clients sync.WaitGroup
	done := make(chan struct{})
	hold := func(step string) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return // there is no room in the queue of the kernel
		}
		defer conn.Close()
		for err == nil {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
				_, err = io.WriteString(conn, step)
			}
		}
		<-done
	}
	for range idle {
		clients.Go(func() { hold("") })
	}
	for range slow {
		clients.Go(func() { hold("G") })
	}
	all := r.load(4, after(3*time.Second))
	close(done)
	clients.Wait()
	t.Logf("%d idle and %d slow clients, 300 connections: %s", idle, slow, all)
	if counts := all.byStatus(); counts[200] != len(all.all) || all.slowest() > 5*time.Second {
		t.Errorf("the answers are %s", all)
	}
}

// A client that closes its connection before the answer ends nobody.
func TestClientsThatLeaveEndNobody(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.start()
	for range 200 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /v1/license/request HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s",
			len(body(r.token)), body(r.token))
		_ = conn.(*net.TCPConn).SetLinger(0) // a reset
		conn.Close()
	}
	if got := r.activate(r.token); got.status != 200 {
		t.Errorf("then it answers %v", got)
	}
}
