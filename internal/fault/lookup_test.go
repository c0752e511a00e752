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
		{"network.dsn", []ID{NetworkDNS}},
		{"networkdns", []ID{NetworkDNS}},
		{"licence.expired", []ID{LicenseExpired}},
		{"network.dns.no-server", []ID{NetworkDNSNoServer}},
		{"Network.TLS", []ID{NetworkTLS, NetworkTLSVersion}},
		{"network.proxy.", []ID{NetworkProxyAuthentication, NetworkProxyUnreachable, NetworkProxyBypassed}},
		{"skew", []ID{ClockSkew}},
		{"system.memory.swap", nil},
		{"nonsense", nil},
		{strings.Repeat("network.dns", 100), nil},
	}
	for _, test := range tests {
		if got := ids(Like(test.text)); !slices.Equal(got, test.want) {
			t.Errorf("%.40q is like %q, want %q", test.text, got, test.want)
		}
	}
}

func TestFinerRowsAreThoseBelow(t *testing.T) {
	t.Parallel()
	for id, want := range map[ID][]ID{
		NetworkTLS:       {NetworkTLSVersion},
		NetworkDNSDocker: nil,
		NetworkProxy:     {NetworkProxyAuthentication, NetworkProxyUnreachable, NetworkProxyBypassed},
	} {
		row, _ := Lookup(id)
		if got := ids(row.Finer()); !slices.Equal(got, want) {
			t.Errorf("below %s are %q, want %q", id, got, want)
		}
	}
}

func TestDistanceCountsWrongLetters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "axc", 1}, {"abc", "bc", 1},
		{"kitten", "sitting", 3}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q and %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
