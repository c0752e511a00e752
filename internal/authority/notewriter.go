package authority

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// keptDays is how long the numbers of activations are kept.
	keptDays = 90
	// forgottenAtOnce is how many old rows go with a batch of notes, so that none holds a lock for long.
	forgottenAtOnce = 1000
	// rowsAtOnce bounds a statement: SQLite takes four times as long for each row of 500 as for each of 100.
	rowsAtOnce = 100
	// saveWait bounds a batch. Whoever stops a server waits for the last one.
	saveWait = 5 * time.Second
)

// save writes a batch of notes. Each statement is a transaction of its own, and what it changes is sorted: so it holds
// few locks, for a short time, and two processes do not wait for each other.
func (n *notes) save(batch map[use]uses) error {
	ctx, cancel := context.WithTimeout(context.Background(), saveWait)
	defer cancel()
	tokens, licenses, sessions := make(lastTimes), make(lastTimes), make(lastTimes)
	for used, made := range batch {
		tokens.add(used.token, made.last)
		licenses.add(used.license, made.last)
		sessions.add(used.session, made.last)
	}
	for _, step := range []struct {
		times  lastTimes
		update string
	}{
		{tokens, useToken},
		{licenses, "UPDATE licenses SET last_activated_at = used.at FROM used WHERE licenses.id = used.id"},
		{sessions, "UPDATE sessions SET last_used_at = used.at FROM used WHERE sessions.id = used.id"},
	} {
		if err := n.saveTimes(ctx, step.times, step.update); err != nil {
			return err
		}
	}
	return n.saveCounts(ctx, batch)
}

// useToken lets a token that ends without use end later.
var useToken = fmt.Sprintf(`UPDATE tokens SET last_used_at = used.at,
	expires_at = CASE WHEN expires_at < used.at + %[1]d THEN used.at + %[1]d ELSE expires_at END
	FROM used WHERE tokens.id = used.id`, int64(unusedLife/time.Second))

// lastTimes are the last times of what has an ID.
type lastTimes map[string]time.Time

func (l lastTimes) add(id string, at time.Time) {
	if id != "" && at.After(l[id]) {
		l[id] = at
	}
}

// saveTimes carries out an update that reads times from the table used.
func (n *notes) saveTimes(ctx context.Context, times lastTimes, update string) error {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(times)), rowsAtOnce) {
		rows := values{types: []string{"TEXT", "BIGINT"}}
		for _, id := range ids {
			rows.add(id, times[id].Unix())
		}
		_, err := n.db.ExecContext(ctx, "WITH used (id, at) AS ("+rows.text.String()+") "+update, rows.args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// A machine that is one too many counts for the others.
const countUses = `
	INSERT INTO activations (token_id, day, machine, count)
	SELECT token_id, day, counted, sum(count) FROM (
		SELECT token_id, day, count, CASE
			WHEN EXISTS (SELECT 1 FROM activations a
				WHERE a.token_id = used.token_id AND a.day = used.day AND a.machine = used.machine) THEN machine
			WHEN (SELECT count(*) FROM activations a
				WHERE a.token_id = used.token_id AND a.day = used.day) < $1 THEN machine
			ELSE $2 END AS counted FROM used) AS bounded
	GROUP BY token_id, day, counted
	ON CONFLICT (token_id, day, machine) DO UPDATE SET count = activations.count + excluded.count`

// saveCounts adds to the numbers of activations, and forgets old ones.
func (n *notes) saveCounts(ctx context.Context, batch map[use]uses) error {
	var order []use
	for used := range batch {
		if used.license != "" {
			order = append(order, used)
		}
	}
	if len(order) == 0 {
		return nil
	}
	slices.SortFunc(order, func(a, b use) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.token, b.token), cmp.Compare(a.machine, b.machine))
	})
	for some := range slices.Chunk(order, rowsAtOnce) {
		rows := values{types: []string{"TEXT", "BIGINT", "TEXT", "BIGINT"}, args: []any{maxMachines, otherMachines}}
		for _, one := range some {
			rows.add(one.token, one.day, one.machine, batch[one].count)
		}
		query := "WITH used (token_id, day, machine, count) AS (" + rows.text.String() + ")" + countUses
		if _, err := n.db.ExecContext(ctx, query, rows.args...); err != nil {
			return err
		}
	}
	_, err := n.db.ExecContext(ctx, `DELETE FROM activations WHERE (token_id, day, machine) IN (
		SELECT token_id, day, machine FROM activations WHERE day < $1 LIMIT $2)`, order[0].day-keptDays, forgottenAtOnce)
	return err
}

// values are rows for a statement, as parameters behind those that it already has.
type values struct {
	types []string
	args  []any
	text  strings.Builder
}

// add adds a row. PostgreSQL learns the types from the first one.
func (v *values) add(row ...any) {
	isFirst := v.text.Len() == 0
	cells := make([]string, len(row))
	for i, value := range row {
		v.args = append(v.args, value)
		cells[i] = "$" + strconv.Itoa(len(v.args))
		if isFirst {
			cells[i] = "CAST(" + cells[i] + " AS " + v.types[i] + ")"
		}
	}
	between := ", "
	if isFirst {
		between = "VALUES "
	}
	v.text.WriteString(between + "(" + strings.Join(cells, ", ") + ")")
}
