package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"localstack-entrypoint/internal/license"
)

// asker is a client that keeps its connection. It sends the same bytes again and again, because the work of the load
// must be small beside the server's.
type asker struct {
	conn    net.Conn
	answers *bufio.Reader
	request []byte

	took   series // milliseconds of each answer
	failed int    // answers of another status than 200
}

// load has clients ask for licenses at once, one request after the other, and returns how long each took.
func (d *authorityData) load(address string, clients int, during time.Duration) (took series, failed int, err error) {
	askers := make([]*asker, clients)
	for i := range askers {
		body, err := activation(d.tokens[i%len(d.tokens)], fmt.Sprintf("bench-%d", i))
		if err != nil {
			return nil, 0, err
		}
		if askers[i], err = newAsker(address, post("/v1/license/request", "application/json", body)); err != nil {
			return nil, 0, err
		}
		defer askers[i].conn.Close()
	}
	errs := make([]error, clients)
	var running sync.WaitGroup
	end := time.Now().Add(during)
	for i, a := range askers {
		running.Go(func() { errs[i] = a.askUntil(end) })
	}
	running.Wait()
	for _, a := range askers {
		took = append(took, a.took...)
		failed += a.failed
	}
	return took, failed, errors.Join(errs...)
}

// activation is a request for a license, as a container sends it.
func activation(token, machine string) ([]byte, error) {
	return json.Marshal(license.Request{
		Credentials: license.Credentials{Type: license.AuthToken, Token: token},
		Product:     license.Product{Name: license.ProductName, Version: "4.14.0"},
		Machine:     license.Machine{ID: machine, System: "Linux(Container),6.1.0,x86_64"},
	})
}

// post is a request in the form in which it is sent.
func post(path, kind string, body []byte) []byte {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nContent-Type: %s\r\n"+
		"Content-Length: %d\r\n\r\n", path, kind, len(body))
	return append([]byte(head), body...)
}

// newAsker connects a client, and has one answer for it.
func newAsker(address string, request []byte) (*asker, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	a := &asker{conn: conn, answers: bufio.NewReader(conn), request: request}
	_, err = a.ask()
	return a, errors.Join(err, conn.SetDeadline(time.Now().Add(patience)))
}

func (a *asker) askUntil(end time.Time) error {
	for began := time.Now(); began.Before(end); {
		status, err := a.ask()
		if err != nil {
			return err
		}
		now := time.Now()
		a.took = append(a.took, milliseconds(now.Sub(began)))
		began = now
		if status != http.StatusOK {
			a.failed++
		}
	}
	return nil
}

// ask sends the request, and returns the status of the answer, which it reads whole.
func (a *asker) ask() (status int, err error) {
	if _, err := a.conn.Write(a.request); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(a.answers, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, errors.Join(err, answer.Body.Close())
}
