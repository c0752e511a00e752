package authority

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"
)

// Activation is how often a token activated on a machine on a day.
type Activation struct {
	Day time.Time `json:"day"`
	// Machine is the name that the client gave; empty where it gave none, and for all machines that were too many.
	Machine string `json:"machine"`
	Count   int64  `json:"count"`
}

// Activations returns the activations of the token with an ID, the newest day first, but at most a number of rows.
func (s *Store) Activations(ctx context.Context, tokenID string, most int) ([]Activation, error) {
	all, err := s.activations(ctx, tokenID, most)
	if err != nil {
		return nil, fmt.Errorf("cannot list the activations of %s: %w", tokenID, err)
	}
	return all, nil
}

func (s *Store) activations(ctx context.Context, tokenID string, most int) ([]Activation, error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT day, machine, count FROM activations WHERE token_id = $1
		ORDER BY day DESC, count DESC, machine LIMIT $2`, tokenID, most)
	return collect(rows, err, scanActivation)
}

func scanActivation(rows *sql.Rows) (one Activation, err error) {
	var day int64
	err = rows.Scan(&day, &one.Machine, &one.Count)
	one.Day = moment(day * secondsPerDay)
	return one, err
}

// activationsAfter returns a page of the activations of a token, the newest day first: what follows the page whose Next
// is after.
func (s *Store) activationsAfter(ctx context.Context, tokenID, after string) (Page[Activation], error) {
	day, machine := readActivationKey(after)
	rows, err := s.reads.QueryContext(ctx, `SELECT day, machine, count FROM activations WHERE token_id = $1
		AND (day < $2 OR day = $2 AND machine > $3) ORDER BY day DESC, machine LIMIT $4`, tokenID, day, machine, PageSize+1)
	found, err := collect(rows, err, scanActivation)
	return pageOf(found, Activation.key), err
}

// key is where a page goes on after the row.
func (a Activation) key() string { return a.Day.Format(time.DateOnly) + "/" + a.Machine }

// readActivationKey reads what key has written; anything else is where the first page begins.
func readActivationKey(key string) (day int64, machine string) {
	date, machine, _ := strings.Cut(key, "/")
	at, err := time.Parse(time.DateOnly, date)
	if err != nil || strings.ContainsFunc(machine, notPrintable) { // such as what PostgreSQL takes for no text
		return math.MaxInt64, ""
	}
	return at.Unix() / secondsPerDay, machine
}

// maxMachineName is the length of a UUID, and less than that of any token.
const maxMachineName = 36

// machineName is what the store keeps of a machine: its name, or a hash of what is no name. A client can send anything
// there, also a token.
func (s *Store) machineName(sent string) string {
	isOdd := func(r rune) bool { return r != ':' && notPlain(r) }
	if len(sent) > maxMachineName || strings.ContainsFunc(sent, isOdd) {
		return "#" + s.hash(sent)[:maxMachineName-1]
	}
	return sent
}
