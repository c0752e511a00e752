package report

import (
	"regexp"
	"strings"
	"testing"
)

func TestTheFilterHidesUsersAndPasswordsOfURLs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"http://me:hunter2@proxy:3128":                  "http://****@proxy:3128",
		`Get "https://me:hunter2@h/x?y": refused`:       `Get "https://****@h/x?y": refused`,
		"tcp://hunter2@h, http://a:hunter2@b and c://d": "tcp://****@h, http://****@b and c://d",
		"http://me:hun@ter2@h":                          "http://****@h",
		"http://me:hun/ter2@h/path":                     "http://****@h/path",
		"http://me:hun?ter2#@h":                         "http://****@h",
		"http://me:hunter2\\@h":                         "http://****@h",
		"http://:hunter2@h":                             "http://****@h",
		"HTTP://ME:HUNTER2@H":                           "HTTP://****@H",
		"http://h:80/@scope/package https://h/a@b":      "http://h:80/@scope/package https://h/a@b",
		"http://[fd00::1]:80/a@b http://[fd00::1]/a@b":  "http://[fd00::1]:80/a@b http://[fd00::1]/a@b",
		"mail me@h, see http://h and write to you@h":    "mail me@h, see http://h and write to you@h",
		"write it as http://user:password@proxy:3128":   "write it as http://user:password@proxy:3128",
		"://@h :// http://":                             "://@h :// http://",
		strings.Repeat("a://b:c@d ", 3):                 strings.Repeat("a://****@d ", 3),
	} {
		if got := written(t, "", "", text); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", text, got, want)
		}
	}
}

// likeAPort is a password that looks as if it were a port with a path.
var likeAPort = regexp.MustCompile(`^[0-9]{1,5}[/?#\\]`)

func FuzzNoPasswordOfAURLIsShown(f *testing.F) {
	for _, seed := range []string{"hunter2", "hun:ter2", "hun/ter2", "hun@ter2", "h?#\\u", "[", "1", "%zz", "密码"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, password string) {
		if strings.ContainsAny(password, " \t\r\n\"'<>`") || likeAPort.MatchString(password) {
			return // it cannot be told from the text around it
		}
		var none filter
		got := withoutUserinfo("x http://me:"+password+"@host y", none.isOurs)
		if password != "password" && got != "x http://****@host y" {
			t.Errorf("%q: %s", password, got)
		}
	})
}
