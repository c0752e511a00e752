package conformance

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

var printLicenses = flag.Bool("licenses", false, "print what both clients make of each stored license, as a table")

// licenseRow is what a client has made of a document that one or both of the clients have stored.
type licenseRow struct {
	stored, by, read string
	activation
	took time.Duration
}

type licenseRows struct {
	mu   sync.Mutex
	rows []licenseRow
}

// add adds a row. Two that differ only in who has stored the document become one.
func (l *licenseRows) add(row licenseRow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, other := range l.rows {
		if other.stored == row.stored && other.read == row.read && other.activation == row.activation {
			l.rows[i].by, l.rows[i].took = "either", min(other.took, row.took)
			return
		}
	}
	l.rows = append(l.rows, row)
}

// print prints the rows in the order of the cases.
func (l *licenseRows) print() {
	order := make(map[string]int)
	for i, c := range licenseCases() {
		order[c.name] = i
	}
	slices.SortFunc(l.rows, func(a, b licenseRow) int {
		return cmp.Or(cmp.Compare(order[a.stored], order[b.stored]), -cmp.Compare(a.read, b.read), cmp.Compare(a.by, b.by))
	})
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STORED LICENSE\tBY\tREAD BY\tREQUESTS\tEXIT\tDOCUMENT\tSECONDS\tSAYS")
	for _, row := range l.rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%.1f\t%.110s\n", row.stored, row.by, row.read,
			cmp.Or(row.requests, "none"), row.exit, row.document, row.took.Seconds(), row.says)
	}
	_ = table.Flush()
}
