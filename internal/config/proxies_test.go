package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestProxiesAreThoseThatTheEmulatorFinds(t *testing.T) {
	for entries, want := range map[string]string{
		"":                                      "  ",
		"HTTPS_PROXY=a.test HTTP_PROXY=b.test":  "HTTPS_PROXY=a.test HTTP_PROXY=b.test ",
		"HTTPS_PROXY=a.test https_proxy=b.test": "https_proxy=b.test  ",
		"HTTPS_PROXY=a.test https_proxy=":       "  ",
		"HTTPS_PROXY=a.test https_proxy= all_proxy=c.test":  "all_proxy=c.test all_proxy=c.test ",
		"ALL_PROXY=c.test HTTP_PROXY=b.test":                "ALL_PROXY=c.test HTTP_PROXY=b.test ",
		"OUTBOUND_HTTPS_PROXY=d.test https_proxy=b.test":    "OUTBOUND_HTTPS_PROXY=d.test  ",
		"OUTBOUND_HTTPS_PROXY= https_proxy=b.test":          "https_proxy=b.test  ",
		"HTTPS_PROXY='a.test' LOCALSTACK_NO_PROXY=x":        "HTTPS_PROXY=a.test  NO_PROXY=x",
		"HTTP_PROXY=b.test REQUEST_METHOD=GET":              "  ",
		"no_proxy=x NO_PROXY=y":                             "  no_proxy=x",
		"no_proxy= NO_PROXY=y LOCALSTACK_HTTP_PROXY=e.test": " HTTP_PROXY=e.test NO_PROXY=y",
	} {
		cfg := loaded(t, strings.Fields(entries)...)
		show := func(variable, value string) string { return strings.Trim(variable+"="+value, "=") }
		https, http := cfg.HTTPS(), cfg.HTTP()
		got := fmt.Sprint(show(https.Variable, https.Reveal()), " ", show(http.Variable, http.Reveal()), " ",
			show(cfg.NoProxy.Variable, cfg.NoProxy.List))
		if got != want {
			t.Errorf("%s\ngot  %q\nwant %q", entries, got, want)
		}
	}
}

func TestOnlyTheProxyOnTheWayCanEndAStart(t *testing.T) {
	const bad, warning = "=ftp://bob:geheim@proxy.test", ` has the scheme "ftp"; use http, https or socks5h` +
		"; this start does not use it, but the emulator may"
	for entries, ends := range map[string]string{
		"HTTPS_PROXY" + bad:                                             "HTTPS_PROXY",
		"https_proxy" + bad + " HTTPS_PROXY=good.test":                  "https_proxy",
		"all_proxy" + bad:                                               "all_proxy",
		"OUTBOUND_HTTPS_PROXY" + bad + " NO_PROXY=localstack.cloud":     "OUTBOUND_HTTPS_PROXY",
		"HTTP_PROXY" + bad + " API_ENDPOINT=http://licenses.test/v1":    "HTTP_PROXY",
		"HTTP_PROXY" + bad:                                              "",
		"ALL_PROXY" + bad + " HTTPS_PROXY=good.test":                    "",
		"HTTPS_PROXY" + bad + " NO_PROXY=localstack.cloud":              "",
		"HTTPS_PROXY" + bad + " OUTBOUND_HTTPS_PROXY=good.test":         "",
		"HTTPS_PROXY" + bad + " ACTIVATE_PRO=0":                         "",
		"HTTPS_PROXY" + bad + " API_ENDPOINT=https://localhost:8080/v1": "",
	} {
		inEnvironment(t, strings.Fields(entries)...)
		_, environ, err := Load()
		said := fmt.Sprint(err, environ.Warnings)
		if (err != nil) != (ends != "") || ends != "" && !strings.Contains(said, ends+` has the scheme "ftp"`) {
			t.Errorf("%s: %s", entries, said)
		}
		if warns := strings.Contains(said, warning); warns != (ends == "") {
			t.Errorf("%s: warns is %t: %s", entries, warns, said)
		}
		if strings.Contains(said, "geheim") || strings.Contains(said, "bob") {
			t.Errorf("%s: the value is shown: %s", entries, said)
		}
	}
}
