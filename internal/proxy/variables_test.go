package proxy

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// entriesOf are the variables of an environment that concern proxies.
func entriesOf(entries []string) (found []Variable) {
	for _, entry := range entries {
		if name, value, _ := strings.Cut(entry, "="); Concerns(name) {
			found = append(found, Variable{name, value})
		}
	}
	return found
}

// chosen is the proxy for a target, by the same steps as a start.
func chosen(entries []string, target *url.URL) string {
	own, _ := Find(entriesOf(entries), target.Scheme)
	all, _ := Find(entriesOf(entries), "all")
	no, _ := Find(entriesOf(entries), "no")
	for _, entry := range entries {
		name, value, _ := strings.Cut(entry, "=")
		if name == "OUTBOUND_"+strings.ToUpper(target.Scheme)+"_PROXY" && value != "" {
			return value
		}
	}
	if _, excepted := (Exceptions{List: no.Value}).Match(target); excepted {
		return ""
	}
	if own.Value != "" {
		return own.Value
	}
	return all.Value
}

// environments are all combinations of the spellings of the variables, set, set to nothing and not set.
func environments() (all [][]string) {
	upper := func(name string) []string {
		return []string{"", name + "=", name + "=http://" + strings.ToLower(name[:2]) + ".upper:1"}
	}
	lower := func(name string) []string { return []string{"", name + "=", name + "=http://" + name[:2] + ".lower:1"} }
	for _, first := range upper("HTTPS_PROXY") {
		for _, second := range lower("https_proxy") {
			for _, third := range upper("ALL_PROXY") {
				for _, fourth := range lower("all_proxy") {
					for _, more := range []string{
						"", "NO_PROXY=test", "no_proxy=other,test NO_PROXY=other", "no_proxy=other NO_PROXY=test",
						"no_proxy= NO_PROXY=test",
						"HTTP_PROXY=http://x:1 REQUEST_METHOD=GET", "http_proxy=http://x:1 REQUEST_METHOD=GET",
						"Https_Proxy=http://mixed:1",
						"HTTPS_proxy=http://mixed:1", "OUTBOUND_HTTPS_PROXY=http://own:1 NO_PROXY=test",
						"OUTBOUND_HTTP_PROXY= HTTP_PROXY=http://x:1",
					} {
						entries := append([]string{first, second, third, fourth}, strings.Fields(more)...)
						all = append(all, slices.DeleteFunc(entries, func(entry string) bool { return entry == "" }))
					}
				}
			}
		}
	}
	return all
}

func TestProxiesAreChosenAsByRequests(t *testing.T) {
	t.Parallel()
	type question [2]any
	var questions []question
	for _, entries := range environments() {
		for _, target := range []string{"https://api.test/v1", "http://api.test/v1"} {
			questions = append(questions, question{entries, target})
		}
	}
	for i, answer := range python[question, *string](t, "testdata/choose.py", questions) {
		target, err := url.Parse(questions[i][1].(string))
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if answer != nil {
			want = *answer
		}
		if got := chosen(questions[i][0].([]string), target); got != want {
			t.Errorf("%q for %s: we choose %q, requests %q", questions[i][0], target, got, want)
		}
	}
}

func TestVariablesThatDifferAreWarnedOf(t *testing.T) {
	t.Parallel()
	for entries, want := range map[string]string{
		"":                                      "[]",
		"HTTPS_PROXY=secret":                    "[]",
		"HTTPS_PROXY=secret https_proxy=secret": "[]",
		"HTTPS_PROXY=secret https_proxy=other": "[https_proxy and HTTPS_PROXY are set to different values; " +
			"https_proxy wins, as in Python]",
		"HTTPS_PROXY=secret https_proxy=": "[https_proxy is set to an empty value, which switches HTTPS_PROXY off, " +
			"as in Python]",
		"HTTPS_PROXY= https_proxy=secret": "[]",
	} {
		if _, warnings := Find(entriesOf(strings.Fields(entries)), "https"); fmt.Sprint(warnings) != want {
			t.Errorf("%s: %s", entries, warnings)
		}
	}
	for entries, want := range map[string]string{
		"HTTP_PROXY=secret REQUEST_METHOD=GET": "[HTTP_PROXY is not used because REQUEST_METHOD is set, as in Python: " +
			"a web server sets it for CGI programs, where a request can set HTTP_PROXY]",
		"http_proxy=secret REQUEST_METHOD=GET": "[]",
	} {
		if _, warnings := Find(entriesOf(strings.Fields(entries)), "http"); fmt.Sprint(warnings) != want {
			t.Errorf("%s: %s", entries, warnings)
		}
	}
	for _, test := range []struct {
		entries []string
		blank   string
	}{
		{[]string{"https_proxy= ", "HTTPS_PROXY=secret"}, "https_proxy"},
		{[]string{"https_proxy=\t"}, "https_proxy"},
		{[]string{"HTTPS_PROXY= "}, "HTTPS_PROXY"},
		{[]string{"HTTPS_PROXY= ", "https_proxy="}, ""},
		{[]string{"HTTPS_PROXY= ", "https_proxy=secret"}, ""},
	} {
		found, warnings := Find(entriesOf(test.entries), "https")
		if test.blank == "" && warnings == nil {
			continue
		}
		if len(warnings) != 1 || !strings.HasPrefix(warnings[0], test.blank+" contains only spaces, ") || found.Value != "" {
			t.Errorf("%q: %v, %q", test.entries, found, warnings)
		}
	}
	found, warnings := Find(entriesOf([]string{"no_proxy=", "NO_PROXY=a"}), "no")
	if found.Value != "a" || warnings != nil {
		t.Errorf("%v, %q", found, warnings)
	}
}

func TestWhatOnlyWeReadIsOdd(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"http://proxy:1": "", "http://proxy:1\n": "", "proxy.test:1": "", "proxy": "", "10.0.0.1:1": "", "u.s:p@proxy:1": "",
		"": "", " ": "",
		"http://bob@proxy:1": "has a user name without a password, which Python does not send", "http://bob:@proxy:1": "",
		"http://@proxy:1": "", "proxy:1": `has no "http://" before its value, without which`,
		"user:pass@proxy:1": `has no "http://" before its value, without which`,
		" http://proxy:1":   "has spaces around its value, with which",
		"http://proxy:1 ":   "has spaces around its value, with which",
	} {
		if got := Oddity(value); !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%q: %s", value, got)
		}
	}
}
