package resolve

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/testkit"
)

func TestFailureNamesEachServersCode(t *testing.T) {
	t.Parallel()
	for code, name := range map[int]string{
		dns.RcodeNameError:      "NXDOMAIN",
		dns.RcodeRefused:        "REFUSED",
		dns.RcodeServerFailure:  "SERVFAIL",
		dns.RcodeNotImplemented: "NOTIMP",
		dns.RcodeFormatError:    "FORMERR",
		13:                      "RCODE 13",
	} {
		server := testkit.DNS(t, failing(code))
		expectFailure(t, resolverOf(t, server), host, from(name, server), code == dns.RcodeNameError)
	}
}

func TestFailureListsTheServersInTheirOrder(t *testing.T) {
	t.Parallel()
	denying, refusing := testkit.DNS(t, testkit.Zone{}), testkit.DNS(t, failing(dns.RcodeRefused))
	expectFailure(t, resolverOf(t, denying, refusing), host, from("NXDOMAIN", denying)+"; "+from("REFUSED", refusing),
		false)
	expectFailure(t, resolverOf(t, refusing, denying), host, from("REFUSED", refusing)+"; "+from("NXDOMAIN", denying),
		false)
}

func TestNameIsDeniedForGoodWhenAllServersDenyIt(t *testing.T) {
	t.Parallel()
	denying, empty := testkit.DNS(t, testkit.Zone{}), testkit.DNS(t, testkit.Zone{host: {}})
	expectFailure(t, resolverOf(t, denying, empty), host,
		from("NXDOMAIN", denying)+"; "+from("NOERROR without an address", empty), true)
}

func TestSentenceShowsThePortOnlyWhenItIsNot53(t *testing.T) {
	t.Parallel()
	servers := []string{"10.0.0.2:53", "[fd00::2]:53", "127.0.0.1:5353", "[::1]:5353"}
	failed := parseConf("", true).Unresolved(nil, host, silence(servers))
	testkit.ExpectFault(t, failed, fault.NetworkDNSUnreachable, "the name "+host+" does not resolve (status: "+
		"timeout from 10.0.0.2; timeout from fd00::2; timeout from 127.0.0.1:5353; timeout from [::1]:5353)")
}

func TestDenialDoesNotWaitLongForSilentServers(t *testing.T) {
	t.Parallel()
	denying, silent := testkit.DNS(t, testkit.Zone{}), testkit.DNS(t, testkit.Silent{})
	r := resolverOf(t, silent, denying)
	testkit.Within(t, denialWait+testkit.Soon, func() { // and then it is final
		expectFailure(t, r, host, from("timeout", silent)+"; "+from("NXDOMAIN", denying), true)
	})
}

func TestMissingFamilyIsNoDenialWhileTheOtherIsUnknown(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, byFamily(testkit.Zone{"*": {}}, failing(dns.RcodeServerFailure)))
	expectFailure(t, resolverOf(t, server), host, from("SERVFAIL", server), false)
}

func TestDenialDoesNotWaitLongForTheOtherFamily(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, byFamily(testkit.Zone{}, testkit.Silent{}))
	testkit.Within(t, denialWait+testkit.Soon,
		func() { expectFailure(t, resolverOf(t, server), host, from("NXDOMAIN", server), true) })
}

func TestBlockingAddressIsADenial(t *testing.T) {
	t.Parallel()
	blocking := testkit.DNS(t, testkit.Zone{host: {IP: []string{"0.0.0.0", "::"}}})
	expectFailure(t, resolverOf(t, blocking), host, from("NOERROR with a blocking address", blocking), true)
	expect(t, resolverOf(t, blocking, testkit.DNS(t, here())), host, "127.0.0.1")
}

func TestAliasesThatLeadNowhere(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{
		"self.test": {CNAME: "self.test"},
		"tick.test": {CNAME: "tock.test"}, "tock.test": {CNAME: "tick.test"},
		"gone.test": {CNAME: "nobody.example"},
	})
	r := resolverOf(t, server)
	expectFailure(t, r, "self.test", from("CNAME loop", server), false)
	expectFailure(t, r, "tick.test", from("CNAME loop", server), false)
	expectFailure(t, r, "gone.test", from("NOERROR without an address", server), true)
}

func TestSlowAnswerCountsWithinTheTime(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{
		host:        {IP: []string{"127.0.0.1"}, Delay: 300 * time.Millisecond},
		"late.test": {IP: []string{"127.0.0.1"}, Delay: 2 * testkit.Soon},
	})
	expect(t, resolverOf(t, server), host, "127.0.0.1")
	r := resolverWith(t, "options timeout:1 attempts:1", server)
	testkit.Within(t, testkit.Soon, func() { expectFailure(t, r, "late.test", from("timeout", server), false) })
}

func TestContextEndsTheWaitForServers(t *testing.T) {
	t.Parallel()
	handler, heard := testkit.Reporting(testkit.Silent{})
	server := testkit.DNS(t, handler)
	r := resolverOf(t, server)
	testkit.Within(t, testkit.Soon, func() {
		_, err := r.Lookup(testkit.OverAfter(t, heard, 1), host)
		testkit.ExpectFault(t, err, fault.NetworkDNSUnreachable,
			"the name "+host+" does not resolve (status: "+from("timeout", server)+")")
	})
}

func TestServerThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	r := resolverWith(t, "nameserver [127.0.0.77]:5353")
	testkit.Within(t, testkit.Soon, func() { expectFailure(t, r, host, "connection refused from 127.0.0.77:5353", false) })
}

func TestWhatIsNoHostNameIsNotAskedFor(t *testing.T) {
	t.Parallel()
	server := testkit.DNS(t, testkit.Zone{"*": {IP: []string{"127.0.0.1"}}})
	r := resolverOf(t, server)
	for _, name := range []string{"", ".", "..", ".api.test", "api..test", "api.test..", strings.Repeat("a", 64) +
		".test", strings.Repeat("a.", 200) + "test"} {
		_, err := r.Lookup(t.Context(), name)
		if !errors.Is(err, &fault.Error{ID: fault.NetworkDNSUnknownHost}) || !errors.Is(err, ErrNoSuchName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if asked := server.Queries(); len(asked) > 0 {
		t.Errorf("asked %v", asked)
	}
}
