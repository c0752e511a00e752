package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestNoSubcommandRepeatsASecret gives every subcommand secrets in every place where somebody may put one by mistake.
func TestNoSubcommandRepeatsASecret(t *testing.T) {
	t.Parallel()
	const (
		key      = "0aZ9opaquekey:of+old" // a legacy API key
		password = "hunter2"
		token    = "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "redirect"):
			http.Redirect(w, r, "http://me:"+password+"@127.0.0.1:1/?next="+r.URL.String(), http.StatusFound)
		case strings.Contains(r.URL.Path, "state"):
			_, _ = w.Write([]byte(`{"services": {"s3": "` + key + `"}}`))
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	withPassword := "http://me:" + password + "@" + host
	calls := [][]string{
		{"healthcheck", withPassword + "/x"}, {"healthcheck", withPassword + "/redirect?key=" + key},
		{"healthcheck", "http://me:" + password + "@127.0.0.1:1/x?key=" + key}, {"healthcheck", server.URL + "/" + key},
		{"healthcheck", server.URL + "/?token=" + token}, {"healthcheck", "http://me:" + password + "@[::1/"},
		{"healthcheck", "ftp://me:" + password + "@h"}, {"healthcheck", "me:" + password + "@h"},
		{"healthcheck", "http://" + password + "%zz@h"}, {"healthcheck", "--service", "s3", server.URL + "/state"},
		{"healthcheck", "--service", key, server.URL + "/state"}, {"healthcheck", "http://me:" + password + "@h/\x7f"},
		{"healthcheck", "--ready", withPassword + "/state/" + key}, {"healthcheck", "https://me:" + password + "@" + host},
		{"license", key}, {"version", key}, {"help", key},
	}
	for _, name := range []string{"healthcheck", "doctor", "dns", "explain", "license"} {
		for _, secret := range []string{key, token, "http://me:" + password + "@h/", "x=http://me:" + password + "@h"} {
			calls = append(calls, []string{name, secret, secret}, []string{name, "--" + secret},
				[]string{name, "--ready=" + secret}, []string{name, "--json=" + secret}, []string{name, "--timeout", secret},
				[]string{name, "@" + secret}, []string{name, "--timeout", "1", "--offline", "--", secret})
		}
	}
	w := newWorld(t)
	w.set("LOCALSTACK_AUTH_TOKEN", "")
	w.set("LOCALSTACK_API_KEY", key)
	const anywhere = "GATEWAY_LISTEN DOCKER_HOST REQUESTS_CA_BUNDLE LOG NO_PROXY LOCALSTACK_HOST"
	for variable := range strings.FieldsSeq(anywhere) {
		w.set(variable, "http://me:"+password+"@h:1")
	}
	calls = append(calls, []string{"healthcheck"}, []string{"doctor", "--verbose"},
		[]string{"http://me:" + password + "@h"})
	for _, args := range calls {
		stdout, stderr, _ := run3(t, w.environ(), "entrypoint", args...)
		for _, secret := range []string{key, key[:9], password, "-AAAA"} {
			if strings.Contains(stdout+stderr, secret) {
				t.Errorf("%q shows %s: %s%s", args, secret, stdout, stderr)
			}
		}
	}
}
