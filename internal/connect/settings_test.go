package connect

import (
	"net/url"
	"testing"
)

func TestNamesInASCII(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://bücher.test:8443/v1":  "https://xn--bcher-kva.test:8443/v1",
		"https://BÜCHER.test/v1":       "https://xn--bcher-kva.test/v1",
		"http://例え.テスト":                "http://xn--r8jz45g.xn--zckzah",
		"https://api.localstack.cloud": "https://api.localstack.cloud",
		"https://[fe80::1%25eth0]:443": "https://[fe80::1%25eth0]:443",
		"https://10.0.0.1:443":         "https://10.0.0.1:443",
		"https://faß.test":             "https://xn--fa-hia.test",
		"https://a。test":               "https://a.test",
		"https://\u0301.test":          "https://\u0301.test", // not allowed
	} {
		u, err := url.Parse(given)
		if err != nil {
			t.Fatal(err)
		}
		wanted, _ := url.Parse(want)
		if got := InASCII(u).String(); got != wanted.String() {
			t.Errorf("%s: got %s, want %s", given, got, wanted)
		}
	}
}
