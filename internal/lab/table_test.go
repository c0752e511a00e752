package lab

import (
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
)

var printTable = flag.Bool("lab", false, "print every situation of the laboratory, as a table")

// What the official image says, as far as it is known: read in public reports,
// none of it tried here.
const (
	licensed    = "starts"
	unresolved  = "A"
	notReached  = "B"
	notFound    = "C"
	captured    = "D"
	brokenLater = "E"
)

// officially tells what the letters mean.
const officially = `
OFFICIAL, as read, not as tried here:
A  a stack trace that ends with "NewConnectionError … Failed to establish a new connection: [Errno -2] Name or service
   not known" or "[Errno -3] Temporary failure in name resolution" (localstack/localstack#4958 and #5862, of 2021 and
   2022), or B
B  "License activation failed! … Reason: The credentials defined in your environment are invalid." or a stack trace:
   the published reasons are no credentials, invalid credentials and a version that is not covered, nothing about
   the network
C  "License activation failed!" and exit code 55, although the way to the server is free (orgs/localstack discussion 47)
D  B; the documentation knows that such a LOCALSTACK_HOST breaks the activation
E  B: Python 3.13 verifies strictly (the doctor of lstk warns of such authorities)
`

func printSituations(got map[string]outcome) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SITUATION\tOFFICIAL\tFAILURE\tMS TO BANNER\tREASON")
	for _, s := range situations() {
		said, happened := got[s.name]
		if !happened {
			continue
		}
		id, reason, banner := string(said.ID), said.Reason, fmt.Sprint(said.banner.Milliseconds())
		if said.ID == "" {
			id, banner, reason = "none", "", fmt.Sprintf("exit code %d", said.exit)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", s.name, s.official, id, banner, reason)
	}
	table.Flush()
	fmt.Print(officially)
}
