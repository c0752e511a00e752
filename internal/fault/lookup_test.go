package fault

import (
	"slices"
	"strings"
	"testing"
)

func ids(rows []Row) (found []ID) {
	for _, row := range rows {
		found = append(found, row.ID)
	}
	return found
}

func TestLookupFindsRowsByTheirWholeID(t *testing.T) {
	t.Parallel()
	if row, ok := Lookup(NetworkDNS); !ok || row.ID != NetworkDNS || row.Reason == "" {
		t.Errorf("found %t, %+v", ok, row)
	}
	for _, id := range []ID{"", "network", "network.dns.", "Network.DNS"} {
		if row, ok := Lookup(id); ok {
			t.Errorf("%q is taken for %s", id, row.ID)
		}
	}
}

func TestAMistypedIDIsRecognised(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []ID
	}{
		{"stored.stael", []ID{StoredStale}},
		{"network.dns.no-server", []ID{NetworkDNSNoServer}},
		{"credentials.mising", []ID{CredentialsMissing}},
		{"network.proxi.bypassed",
			[]ID{NetworkProxy, NetworkProxyAuthentication, NetworkProxyMethod, NetworkProxyDNS, NetworkProxyTLS,
				NetworkProxyUnreachable, NetworkProxyBypassed}},
		{"Network.TLS", []ID{NetworkTLS, NetworkTLSVersion, NetworkLargeHello}},
		{"network.proxy.",
			[]ID{NetworkProxyAuthentication, NetworkProxyMethod, NetworkProxyDNS, NetworkProxyTLS, NetworkProxyUnreachable,
				NetworkProxyBypassed}},
		{"skew", []ID{ClockSkew}},
		{"system.memory.swap", []ID{SystemMemory}},
		{"nonsense", nil},
		{strings.Repeat("x", 10000), nil},
	}
	for _, test := range tests {
		if got := ids(Similar(test.text)); !slices.Equal(got, test.want) {
			t.Errorf("%.40q is like %q, want %q", test.text, got, test.want)
		}
	}
}

func TestAKindFindsAllOfIt(t *testing.T) {
	t.Parallel()
	inKind := func(row Row) bool { return strings.HasPrefix(string(row.ID), "network.") }
	all := slices.DeleteFunc(Table(), func(row Row) bool { return !inKind(row) })
	if found := Similar("network."); !slices.EqualFunc(found, all, func(a, b Row) bool { return a.ID == b.ID }) {
		t.Errorf("%q", ids(found))
	}
}

func TestMoreSpecificRowsAreThoseBelow(t *testing.T) {
	t.Parallel()
	for id, want := range map[ID][]ID{
		NetworkTLS:       {NetworkTLSVersion, NetworkLargeHello},
		NetworkDNSDocker: nil,
		NetworkProxy: {NetworkProxyAuthentication, NetworkProxyMethod, NetworkProxyDNS, NetworkProxyTLS,
			NetworkProxyUnreachable, NetworkProxyBypassed},
	} {
		row, _ := Lookup(id)
		if got := ids(row.MoreSpecific()); !slices.Equal(got, want) {
			t.Errorf("below %s are %q, want %q", id, got, want)
		}
	}
}
