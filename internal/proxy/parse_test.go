package proxy

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func pathOfTests() string { return os.Getenv("PATH") }

// passwords are those that are tried: every character of Latin-1 alone and some others, escapes and what is
// nearly one, and characters that end parts of a URL, in pairs.
func passwords() (all []string) {
	for r := rune(1); r < 0x120; r++ {
		all = append(all, "p"+string(r)+"w")
	}
	all = append(all, "", "€uro", "😀", "ﬀ", "℀", "／", "＠", "%", "100%", "%%41", "%41", "%4", "%zz%41", "%zz%4f", "%FC",
		"%fc", "%C3%BC", "%c3%bc", "%C3", "%E2%82%AC", "%00", "%0d%0aX:1", " p ", "a b", "p%20w", "p+w", "ü%41", "%ü", "[b]",
		"a]b[c",
		"http://x", "x@y@", ":x", "@", "::", "^{}|", "%25", "%2525", "~!$&'()*+,;=", "<>\"`", "pass%word", "ü ä ß", "\\",
		"\u00ad")
	ends := strings.Split("%|:|@|/|?|#|[|]|\\| |ü|%40", "|")
	for _, first := range ends {
		for _, second := range ends {
			all = append(all, "x"+first+"y"+second+"z", first+second)
		}
	}
	return all
}

// sent is what Proxy-Authorization has for the credentials of proxy.
func sent(proxy *url.URL) string {
	if proxy.User == nil {
		return ""
	}
	password, _ := proxy.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(proxy.User.Username()+":"+password))
}

// What follows was compared with requests 2.28 (urllib3 1.26) and 2.34 (urllib3 2.7).
func TestCredentialsAreSentAsByRequests(t *testing.T) {
	t.Parallel()
	var addresses []string
	for _, password := range passwords() {
		addresses = append(addresses, "http://us:"+password+"@PROXY")
	}
	for _, name := range passwords()[len(passwords())-60:] {
		addresses = append(addresses, "http://"+name+":secret@PROXY")
	}
	addresses = append(addresses, "http://u@PROXY", "http://:p@PROXY", "http://u:@PROXY", "http://@PROXY",
		"http://:@PROXY",
		"http://u%s:p%41@PROXY", "HTTP://u:p@PROXY", "http://u:p@PROXY/", "http://u:p@PROXY/path", "http://u:p@PROXY?a#b",
		"//u:p@PROXY", "u.s:p@PROXY", "PROXY", "http://PROXY", "http://PROXY/path/", "http://PROXY?", "http://PROXY#",
		"http://PROXY\\", "ftp://PROXY", "http:PROXY", "http:/PROXY", "http:///PROXY", "http://u:p@PROXY:",
		"http://PROXY x", "://PROXY", "u.s@PROXY", "1:2@PROXY")
	answers := python[string, string](t, "testdata/wire.py", addresses)
	for i, address := range addresses {
		got := "failed"
		proxy, err := Parse(strings.ReplaceAll(address, "PROXY", "127.0.0.1:3128"))
		if err == nil {
			got = "sent " + sent(proxy)
		}
		if want := answers[i]; got != want {
			t.Errorf("%q: we have %q (%v), requests %q", address, got, err, want)
		}
	}
}

func TestAddressesAreReadAsByRequests(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"http://proxy.test:3128":                  "http://proxy.test:3128",
		" http://proxy.test:3128/\n":              "http://proxy.test:3128",
		"proxy.test:3128":                         "http://proxy.test:3128",
		"proxy.test":                              "http://proxy.test",
		"proxy:3128":                              "http://proxy:3128",
		"//proxy.test:3128":                       "http://proxy.test:3128",
		"HTTP://Proxy.Test:3128":                  "http://proxy.test:3128",
		"http://proxy.test:":                      "http://proxy.test",
		"http://proxy.test:0":                     "http://proxy.test",
		"http://proxy.test:0003128":               "http://proxy.test:3128",
		"http://proxy.test:3128/path?query#more":  "http://proxy.test:3128",
		"http://proxy_1.test:3128":                "http://proxy_1.test:3128",
		"user:secret@proxy.test:3128":             "http://user:secret@proxy.test:3128",
		"https://user:se%23cret@10.0.0.1:3128/":   "https://user:se%23cret@10.0.0.1:3128",
		"http://user:se%zzcret@proxy.test":        "http://user:se%25zzcret@proxy.test",
		"http://user@proxy.test":                  "http://proxy.test",
		"socks5://user:secret@[fe80::1]:1080":     "socks5://user:secret@[fe80::1]:1080",
		"http://[fe80::1%25eth0]:3128":            "http://[fe80::1%25eth0]:3128",
		"http://[fe80::1%eth0]:3128":              "http://[fe80::1%25eth0]:3128",
		"http://[FD00:0::8]":                      "http://[fd00::8]",
		"socks5h://proxy.test:1080":               "socks5h://proxy.test:1080",
		"socks5h://user:@proxy.test:1080":         "socks5h://proxy.test:1080",
		"socks5h://user:%FF%zz%C3%BC@proxy.test":  "",
		"socks5h://user:100%%41%C3%BC@proxy.test": "socks5h://user:100%25A%C3%BC@proxy.test",
		"http://user:100%%41%C3%BC@proxy.test":    "http://user:100%25%2541%25C3%25BC@proxy.test",
		"http://user:100%%4f%c3%bc@proxy.test":    "http://user:100%25%254F%25C3%25BC@proxy.test",
		"http://user:%C3%BCber@proxy.test":        "http://user:%FCber@proxy.test",
		"http://user:über@proxy.test":             "http://user:%FCber@proxy.test",
		"http://pröxy.test:3128":                  "http://pr%C3%B6xy.test:3128",
	} {
		proxy, err := Parse(value)
		if want == "" && err == nil || want != "" && (err != nil || proxy.String() != want) {
			t.Errorf("%q is %s, %v, want %q", value, proxy, err, want)
		}
	}
}

func TestWhatIsNoAddressIsRefusedWithoutAnyPartOfIt(t *testing.T) {
	t.Parallel()
	form := errForm.Error()
	inside := func(character, escape string) string {
		return fmt.Sprintf("has the character '%s' before the last @; in a user name or password, write it as %s",
			character, escape)
	}
	pac := "is the address of a PAC file, or a line of one: neither Python nor this program reads PAC files; " +
		"set the proxy that the file returns, such as http://proxy.example:3128"
	for want, values := range map[string][]string{
		form: {"", "http:", "http://", "http:///", "http://:3128", "http:/proxy.test:3128", "http//proxy.test", "http;//x",
			"http://proxy.test:99999", "http://proxy test:3128", "http://u:geheim@proxy.test:x", "http://proxy.test:+80",
			"http://::1:3128", "http://[::1:3128", "http://[geheim]:1", "http://[1.2.3.4]:1", "${HTTPS_PROXY}",
			"http://geheim\x00:1", "http://geheim\xff:1", "'http://proxy.test:1'", "u:geheim@"},
		inside("#", "%23"): {"http://user:ge#heim@proxy.test:3128", "http://us#er:geheim@proxy.test"},
		inside("/", "%2F"): {"http://user:12/geheim@proxy.test:3128", "user:geheim/@proxy.test", "http://u:a/b/@x/y"},
		inside("?", "%3F"): {"http://user:12?geheim@proxy.test:3128", "https://user:?#/@proxy.test"},
		inside(`\`, "%5C"): {`http://user:geheim\@proxy.test:3128`, `corp\user:geheim@proxy.test`},
		inside("[", "%5B"): {"http://user:[geheim]@proxy.test:3128", "socks5://user:geheim[@proxy.test"},
		inside("]", "%5D"): {"http://user:geheim]@[::1]:3128"},
		`has the scheme "ftp"; use http, https or socks5h`: {
			"ftp://user:geheim@proxy.test", "FTP://proxy.test"},
		`has the scheme "socks4"; use http, https or socks5h`:   {"socks4://user:geheim@proxy.test"},
		"has an unsupported scheme; use http, https or socks5h": {"geheim://proxy.test", "mailto://geheim"},
		pac: {"http://wpad/wpad.dat", "http://proxy.test/proxy.pac", "https://proxy.test:8080/a/b.PAC?x=1#y",
			"file:///etc/proxy.pac", "http://u:geheim@proxy.test/proxy.pac", "PROXY proxy.test:3128; DIRECT", "DIRECT",
			"pac+https://proxy.test/x", "SOCKS5 proxy.test:1080", "proxy.test/proxy.pac", "http://wpad.corp.test/"},
		`has the character '€' in the user name or password: requests can send only the characters of Latin-1 to a proxy, ` +
			"and cannot send this one as %E2%82%AC either; change the password": {
			"http://user:geheim€@proxy.test", "http://user:geheim%E2%82%AC@proxy.test", "https://€:geheim@proxy.test"},
		`has a %FC in the user name or password, which is not UTF-8; "ü" is %C3%BC there`: {
			"http://user:geheim%FC@proxy.test", "http://user:geheim\xfc@proxy.test", "socks5://user:geheim%fc@proxy.test"},
		"has a user name or password of more than 255 bytes, the most that SOCKS can send": {
			"socks5h://user:" + strings.Repeat("geheim", 50) + "@proxy.test"},
	} {
		for _, value := range values {
			if proxy, err := Parse(value); err == nil || err.Error() != want {
				t.Errorf("%q is %s\ngot  %v\nwant %s", value, proxy, err, want)
			}
		}
	}
}

func TestSecretsAreThePasswordInEachOfItsForms(t *testing.T) {
	t.Parallel()
	var setting Setting
	if err := setting.Decode("http://bob:ge@heim%C3%BC@proxy.test"); err != nil {
		t.Fatal(err)
	}
	var secrets []string
	for _, secret := range setting.Secrets() {
		secrets = append(secrets, secret.Reveal())
	}
	want := []string{"ge@heim\xfc", "ge@heimü", "ge@heim%C3%BC", "Ym9iOmdlQGhlaW38"}
	if fmt.Sprintf("%q", secrets) != fmt.Sprintf("%q", want) {
		t.Errorf("got %q, want %q", secrets, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range append(passwords(), "http://u:p@proxy:3128", "socks5://[::1]:1080", "http://u:p%zz@h/x.pac") {
		f.Add(seed)
		f.Add("http://user:" + seed + "@proxy.test:3128")
	}
	f.Fuzz(func(t *testing.T, value string) {
		proxy, err := Parse(value)
		_ = Oddity(value)
		if err != nil {
			for word := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(":/@ ", r) }) {
				if len(word) > 20 && strings.Contains(err.Error(), word) {
					t.Errorf("%q is repeated: %v", value, err)
				}
			}
			return
		}
		if proxy.Hostname() == "" || proxy.Path != "" || !utf8.ValidString(proxy.Host) {
			t.Errorf("%q is %#v", value, proxy)
		}
		again, err := url.Parse(proxy.String())
		if err != nil || again.Host != proxy.Host || again.User.String() != proxy.User.String() {
			t.Errorf("%q becomes %s, %v", value, again, err)
		}
	})
}
