package authority

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// racerVariable is set in the environment of a racer.
const racerVariable = "TEST_AUTHORITY_RACER"

// racers are two processes that do something at once.
type racers [2]*racer

// racer is a process with a Store of its own.
type racer struct {
	to   *json.Encoder
	from *json.Decoder
}

// task is what a racer does, with which authority.
type task struct {
	Race          int // in races
	Dir, Database string
	Args          []string
	// At is the moment at which it begins, in nanoseconds.
	At int64
	// Now is what the racer's clock says, in seconds.
	Now int64
}

func (t task) open() (*Store, error) {
	now := func() time.Time { return time.Unix(t.Now, 0) }
	return Open(context.Background(), Source{Dir: t.Dir, Database: t.Database, Create: true, Now: now})
}

// result is what has become of a task. Refused is an error that is a [Refusal].
type result struct {
	Value   string
	Error   string
	Refused bool
}

func (r result) won() bool { return r.Error == "" }

func TestMain(m *testing.M) {
	if os.Getenv(racerVariable) != "" {
		if err := serveTasks(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveTasks is a racer.
func serveTasks(in io.Reader, out io.Writer) error {
	to, from := json.NewEncoder(out), json.NewDecoder(in)
	var store *Store
	for {
		var next task
		if err := from.Decode(&next); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		run := races[next.Race]
		if store == nil && !run.opens {
			var err error
			if store, err = next.open(); err != nil {
				return err
			}
			defer store.Close()
		}
		if err := to.Encode(run.do(store, next)); err != nil {
			return err
		}
	}
}

func (r race) do(store *Store, next task) result {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for time.Now().UnixNano() < next.At { // a sleep would end too late for a race
		continue
	}
	value, err := r.act(ctx, store, next)
	if err == nil {
		return result{Value: value}
	}
	_, refused := errors.AsType[Refusal](err)
	return result{Error: err.Error(), Refused: refused}
}

// startRacers starts two processes, which end with the test.
func startRacers(t *testing.T) (started racers) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for i := range started {
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), racerVariable+"=1")
		cmd.Stderr = t.Output()
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
		started[i] = &racer{json.NewEncoder(in), json.NewDecoder(out)}
	}
	return started
}

// run has both do the task of the same place at once.
func (r racers) run(t *testing.T, tasks [2]task) (got [2]result) {
	t.Helper()
	at := time.Now().Add(time.Millisecond).UnixNano()
	for i := range r {
		tasks[i].At = at
		if err := r[i].to.Encode(tasks[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range r {
		if err := r[i].from.Decode(&got[i]); err != nil {
			t.Fatal(err)
		}
	}
	return got
}
