package resolve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
)

func TestLookupFindsAddressesOfBothFamilies(t *testing.T) {
	t.Parallel()
	zone := testkit.Zone{host: {IP: []string{"127.0.0.1", "127.0.0.2", "::1"}}}
	// IPv4 comes second, because it would not wait long for IPv6.
	six, answered := testkit.Reporting(zone)
	expect(t, resolverOf(t, testkit.DNS(t, byFamily(after(1, answered, zone), six))), host, "127.0.0.1", "127.0.0.2",
		"::1")
}

func TestLookupFindsAddressesOfOneFamily(t *testing.T) {
	t.Parallel()
	r := resolverOf(t,
		testkit.DNS(t, testkit.Zone{"four.test": {IP: []string{"127.0.0.4"}}, "six.test": {IP: []string{"fd00::6"}}}))
	expect(t, r, "four.test", "127.0.0.4")
	expect(t, r, "six.test", "fd00::6")
}

func TestLookupFollowsAliases(t *testing.T) {
	t.Parallel()
	zone := testkit.Zone{host: {CNAME: "a1.test"}, "a15.test": {IP: []string{"127.0.0.1"}}}
	for i := 1; i < 15; i++ {
		zone[fmt.Sprintf("a%d.test", i)] = testkit.DNSAnswer{CNAME: fmt.Sprintf("a%d.test", i+1)}
	}
	expect(t, resolverOf(t, testkit.DNS(t, zone)), host, "127.0.0.1")
}

func TestLookupIgnoresCaseAndFinalDot(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, here())
	r := resolverWith(t, "search corp.test", server)
	expect(t, r, "API.LocalStack.test", "127.0.0.1")
	expect(t, r, host+".", "127.0.0.1")
	if _, err := r.Lookup(t.Context(), "absent.test."); !errors.Is(err, ErrNoSuchName) {
		t.Errorf("absent.test.: %v", err)
	}
	if n := server.Count(testkit.DNSQuery{Name: "absent.test.corp.test"}); n > 0 {
		t.Error("a name with a final dot was looked for in a search domain")
	}
}

func TestHostsFileAnswersWithoutAQuestion(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, here())
	root := testkit.Root(t, server)
	testkit.Put(t, root, "etc/hosts", "127.0.0.9\tother "+host+" # ours\r\nfd00::9 API.localstack.TEST.\n")
	expect(t, New(layout.Root(root)), host, "127.0.0.9", "fd00::9")
	if asked := server.Queries(); len(asked) > 0 {
		t.Errorf("asked %v", asked)
	}
}

func TestAddressesAndLocalhostNeedNoNameServer(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, here())
	r := resolverOf(t, server)
	expect(t, r, "127.0.0.3", "127.0.0.3")
	expect(t, r, "fd00::1", "fd00::1")
	expect(t, r, "fe80::1%lo", "fe80::1%lo")
	expect(t, r, "localhost", "127.0.0.1", "::1")
	expect(t, r, "LocalHost.", "127.0.0.1", "::1")
	expect(t, r, "api.localhost", "127.0.0.1", "::1")
	if asked := server.Queries(); len(asked) > 0 {
		t.Errorf("asked %v", asked)
	}
}

func TestSilentServerDoesNotDelayTheOthers(t *testing.T) {
	t.Parallel()
	r := resolverOf(t, testkit.DNS(t, testkit.Silent{}), testkit.DNS(t, testkit.Silent{}), testkit.DNS(t, here()))
	testkit.Within(t, testkit.Soon, func() { expect(t, r, host, "127.0.0.1") })
}

func TestAddressFromOneServerOutweighsWhatOthersSay(t *testing.T) {
	t.Parallel()
	denying, denied := testkit.Reporting(testkit.Zone{})
	last := testkit.DNS(t, after(2, denied, here()))
	expect(t, resolverOf(t, testkit.DNS(t, denying), testkit.DNS(t, failing(dns.RcodeRefused)), last), host, "127.0.0.1")
}

func TestOnlyTheFirstThreeServersAreAsked(t *testing.T) {
	t.Parallel()
	refusing := testkit.DNS(t, failing(dns.RcodeRefused))
	servers := []*testkit.DNSServer{refusing, refusing, refusing}
	fourth := testkit.DNS(t, here())
	for range 97 {
		servers = append(servers, fourth)
	}
	said := from("REFUSED", refusing)
	expectFailure(t, resolverOf(t, servers...), host, said+"; "+said+"; "+said, false)
	if asked := fourth.Queries(); len(asked) > 0 {
		t.Errorf("asked %v", asked)
	}
}

func TestSecondFamilyThatStaysSilentDelaysLittle(t *testing.T) {
	t.Parallel()
	r := resolverOf(t, testkit.DNS(t, byFamily(here(), testkit.Silent{})))
	testkit.Within(t, testkit.Soon, func() { expect(t, r, host, "127.0.0.1") })
}

func TestSlowIPv4AddressIsWaitedFor(t *testing.T) {
	t.Parallel()
	slow := testkit.Zone{host: {IP: []string{"127.0.0.1"}, Delay: 3 * secondFamily}}
	fast := testkit.Zone{host: {IP: []string{"::1"}}}
	expect(t, resolverOf(t, testkit.DNS(t, byFamily(slow, fast))), host, "127.0.0.1", "::1")
}

func TestMissingIPv4AddressIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, byFamily(testkit.Silent{}, testkit.Zone{host: {IP: []string{"::1"}}}))
	testkit.Within(t, denialWait+testkit.Soon, func() { expect(t, resolverOf(t, server), host, "::1") })
}

func TestLostDatagramIsSentAgain(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Lose(2, here())) // one for each family
	r := resolverOf(t, server)
	testkit.Within(t, resend+testkit.Soon, func() { expect(t, r, host, "127.0.0.1") })
	if n := server.Count(testkit.DNSQuery{Type: "A"}); n < 2 {
		t.Errorf("the question was sent %d times", n)
	}
}

func TestAnswersAreRememberedAndFailuresAreNot(t *testing.T) {
	t.Parallel()
	var up atomic.Bool
	server := testkit.DNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		if up.Load() {
			here().ServeDNS(w, question)
		} else {
			testkit.Zone{}.ServeDNS(w, question)
		}
	}))
	r := resolverWith(t, sendOnce, server)
	expectFailure(t, r, host, from("NXDOMAIN", server), true)
	up.Store(true)
	expect(t, r, host, "127.0.0.1")
	asked := server.Count(testkit.DNSQuery{Type: "A"})
	expect(t, r, host, "127.0.0.1")
	if now := server.Count(testkit.DNSQuery{Type: "A"}); now != asked {
		t.Errorf("asked again for a name that is known: %v", server.Queries())
	}
}

func TestConcurrentLookupsOfANameShareOneQuestion(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{host: {IP: []string{"127.0.0.1"}, Delay: 20 * time.Millisecond}})
	r := resolverWith(t, sendOnce, server)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { expect(t, r, host, "127.0.0.1") })
	}
	all.Wait()
	if n := server.Count(testkit.DNSQuery{Type: "A"}); n != 1 {
		t.Errorf("asked %v", server.Queries())
	}
}

func TestCancellationEndsALookupAndThoseThatWaitForIt(t *testing.T) {
	t.Parallel()
	handler, heard := testkit.Reporting(testkit.Silent{})
	r := resolverOf(t, testkit.DNS(t, handler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for range cap(ended) {
		go func() {
			_, err := r.Lookup(ctx, host)
			ended <- err
		}()
	}
	<-heard
	testkit.Within(t, testkit.Soon, func() {
		cancel()
		for range cap(ended) {
			err := <-ended
			if !errors.Is(err, context.Canceled) || !errors.Is(err, &fault.Error{ID: fault.NetworkDNSUnreachable}) {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestMissingResolvConfMeansTheLocalServer(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"missing": "", "empty": " \n",
		"invalid": "nameserver\nnameserver api.test\nnameserver [::1\n\x00\xff"} {
		root := t.TempDir()
		if content != "" {
			testkit.Put(t, root, "etc/resolv.conf", content)
		}
		if got := readConf(layout.Root(root)).Servers; len(got) != 1 || got[0] != "127.0.0.1:53" {
			t.Errorf("%s: %v", name, got)
		}
	}
}
