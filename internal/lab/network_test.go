package lab

import (
	"os/exec"
	"strings"
	"testing"

	"localstack-entrypoint/internal/testkit/netns"
)

// The machines of every network. They all are addresses of the loopback
// device, for which no link has to be made and no neighbor to be found.
const (
	nameServer  = "10.0.0.2"
	nameServer2 = "10.0.0.3"
	upstream    = "10.0.0.4" // a name server that only name servers know
	proxyHost   = "10.0.0.8"
	blockHost   = "10.66.0.1"
	container   = "172.17.0.2"
	dockerDNS   = "127.0.0.11"
	nameServer6 = "fd00::2"

	// Of api.localstack.cloud: as public as any, for those that are meant for
	// documentation are known to lead nowhere.
	apiHost  = "18.66.0.80"
	apiHost6 = "2600:9000::80"
	// Nobody has these, and no route leads there.
	nobody  = "18.66.0.99"
	nobody6 = "2600:9000::99"
)

// network is a network namespace.
type network struct{ netns.Namespace }

// newNetwork makes a namespace with all the addresses.
func newNetwork(t *testing.T) network {
	t.Helper()
	n := network{netns.New(t)}
	batch := "link set lo up\n"
	for _, address := range []string{nameServer, nameServer2, upstream, proxyHost, blockHost, container, apiHost} {
		batch += "addr add " + address + "/32 dev lo\n"
	}
	for _, address := range []string{apiHost6, nameServer6} {
		batch += "addr add " + address + "/128 dev lo nodad\n"
	}
	n.must(t, batch, "ip", "-batch", "-")
	return n
}

// output runs a program in the network to its end.
func (n network) output(stdin, program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := n.Inside(cmd.Start); err != nil {
		return "", err
	}
	err := cmd.Wait()
	return out.String(), err
}

func (n network) must(t *testing.T, stdin, program string, args ...string) string {
	t.Helper()
	out, err := n.output(stdin, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}

// firewall adds rules to what arrives anywhere in the network.
func (w *world) firewall(rules ...string) { w.filter("input", rules) }

// wayOut adds rules to what leaves the programs of the network.
func (w *world) wayOut(rules ...string) { w.filter("output", rules) }

func (w *world) filter(hook string, rules []string) {
	w.Helper()
	chain := "table inet lab {\nchain " + hook + " {\ntype filter hook " + hook + " priority 0;\n"
	w.must(w.T, chain+strings.Join(rules, "\n")+"\n}\n}\n", "nft", "-f", "-")
}
