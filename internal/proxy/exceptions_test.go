package proxy

import (
	"net/url"
	"strings"
	"testing"
)

// exceptions are entries of NO_PROXY, alone and in lists.
func exceptions() (lists []string) {
	entries := strings.Fields(`* . .. cloud .cloud localstack.cloud .localstack.cloud ..localstack.cloud
	api.localstack.cloud
		.api.localstack.cloud API.LocalStack.Cloud *.localstack.cloud stack.cloud pi.localstack.cloud
		api.localstack.cloud. api.localstack.cloud:443 api.localstack.cloud:8443 localstack.cloud:443 .cloud:8443 :443
		https://api.localstack.cloud api.localstack.cloud/v1 10.0.0.0/8 10.0.0.7 10.0.0.7/32 10.0.0.7:443 10.0.0.7:8443 0.7 .7
		0.0.0.0/0 10.0.0.0/33 10.0.0.0/x 10/8 012.0.0.0/8 0xa.0.0.0/8 10.0.0.0/+8 10.0.0.0/255.0.0.0 18.66.0.0/16
		fd00::7 [fd00::7] [fd00::7]:8443 fd00::7:8443 fd00::/8 fd00: :7 7 localhost license licenses.test -`)
	lists = append(lists, "", " ", ",", ", ,", "* ", " *", "*,other.test", "other.test,*", "api.local stack.cloud",
		"other.test localstack.cloud", "other.test;localstack.cloud", "\tlocalstack.cloud", "localstack.cloud\n",
		"\"localstack.cloud\"", " 10.0.0.0/8 ", "10.0.0.0 / 8")
	for i, entry := range entries {
		lists = append(lists, entry, "other.test, "+entry+" ,"+entries[len(entries)-1-i])
	}
	return lists
}

var targets = []string{
	"https://api.localstack.cloud/v1", "https://api.localstack.cloud:443/v1", "https://api.localstack.cloud:8443",
	"https://API.LocalStack.cloud", "https://localstack.cloud", "https://notlocalstack.cloud",
	"https://api.localstack.cloud./v1",
	"http://license/v1", "http://license:80", "https://10.0.0.7", "https://10.0.0.7:8443", "http://10.7",
	"http://18.66.0.80",
	"https://[fd00::7]", "https://[fd00::7]:8443", "https://cloud", "https://a.b.c.api.localstack.cloud",
	"https://licenses.test:00443",
}

func TestExceptionsAreThoseOfRequests(t *testing.T) {
	t.Parallel()
	var questions [][2]string
	for _, list := range exceptions() {
		for _, target := range targets {
			questions = append(questions, [2]string{list, target})
		}
	}
	isNew := python[string, bool](t, "testdata/version.py", []string{"2.34.2"})[0]
	for i, want := range python[[2]string, bool](t, "testdata/bypass.py", questions) {
		target, err := url.Parse(questions[i][1])
		if err != nil {
			t.Fatal(err)
		}
		_, got := (Exceptions{List: questions[i][0]}).Match(target)
		if isNew && got != want {
			got = matchesByLabel(questions[i][0], target)
		}
		if got != want {
			t.Errorf("NO_PROXY=%q excepts %s: we say %t, requests %t", questions[i][0], target, got, want)
		}
	}
}

// matchesByLabel is the rule of requests from 2.34.2 on, where a name ends with an entry only after a dot.
func matchesByLabel(list string, target *url.URL) bool {
	host, withPort := strings.ToLower(target.Hostname()), strings.ToLower(target.Hostname())
	if port := strings.TrimLeft(target.Port(), "0"); port != "" {
		withPort += ":" + port
	}
	_, isAddress := parseIPv4(host)
	for entry := range strings.SplitSeq(list, ",") {
		name := strings.TrimLeft(strings.ReplaceAll(entry, " ", ""), ".")
		isBlank := strings.ReplaceAll(entry, " ", "") == ""
		if !isAddress && !isBlank && (name == host || name == withPort ||
			strings.HasSuffix(host, "."+name) || strings.HasSuffix(withPort, "."+name)) {
			return true
		}
		if matchesURLlib(host, strings.TrimSpace(entry)) {
			return true
		}
	}
	return false
}

func TestTheEntryThatMatchesIsNamed(t *testing.T) {
	t.Parallel()
	target := &url.URL{Scheme: "https", Host: "api.localstack.cloud"}
	for list, want := range map[string]string{
		"other.test, .localstack.cloud ,cloud": ".localstack.cloud", "*": "*", "Cloud": "Cloud", "other.test": "",
	} {
		if entry, matches := (Exceptions{List: list}).Match(target); entry != want || matches != (want != "") {
			t.Errorf("%q: %q, %t", list, entry, matches)
		}
	}
}

func TestThisMachineIsLocal(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:1": true, "a.localhost": true, "localhost.": true, "127.0.0.1:8080": true,
		"127.9.9.9": true, "[::1]:443": true, "localhost.localstack.cloud:4566": true, "s3.localhost.localstack.cloud": true,
		"api.localstack.cloud": false, "notlocalhost": false, "10.0.0.1": false, "[::2]": false, "localhost.test": false,
	} {
		if got := IsLocal(&url.URL{Host: host}); got != want {
			t.Errorf("%s: %t", host, got)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, list := range exceptions() {
		f.Add(list, "api.localstack.cloud:443")
		f.Add(list, "10.0.0.7")
	}
	f.Fuzz(func(t *testing.T, list, host string) {
		target := &url.URL{Scheme: "https", Host: host}
		entry, matches := Exceptions{List: list}.Match(target)
		if _, again := (Exceptions{List: entry}).Match(target); matches && !again {
			t.Errorf("%q matches %q by %q, which alone does not", list, host, entry)
		}
	})
}
