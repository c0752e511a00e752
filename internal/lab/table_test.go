package lab

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

var printTable = flag.Bool("lab", false, "print every situation of the laboratory, as a table")

// observed is what became of a start, what the doctor said, and what became of
// the emulator's own request.
type observed struct {
	outcome
	told      examination
	emulators client
	// alone is what becomes of Python's request without the entrypoint, or of
	// another program; before is what an older entrypoint made of it; paths hides
	// where the world's files are. All are for the comparison only.
	alone  string
	before *outcome
	paths  *strings.Replacer
}

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
PYTHON: what requests says, as the emulator calls it. MS: to the banner, or to the command's start. REQUESTS: how many
HTTP requests of ours the server got.
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

func printSituations(got map[string]observed) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SITUATION\tOFFICIAL\tPYTHON\tFAILURE\tMS\tREQUESTS\tREASON")
	for _, s := range situations() {
		said, happened := got[s.name]
		if !happened {
			continue
		}
		id, reason := string(said.ID), said.Reason
		if said.ID == "" {
			id, reason = "none", fmt.Sprintf("exit code %d", said.exit)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", s.name, s.official, said.emulators.Says, id,
			said.after.Milliseconds(), said.requests, reason)
	}
	table.Flush()
	fmt.Print(officially)
}
