package report

import (
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
)

func TestReasonSaysWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	failed := fault.New(fault.NetworkDNS, "the name %s does not resolve (status: %s from %s)", "api.localstack.cloud",
		"NXDOMAIN", "10.0.0.2")
	failed = failed.With(fault.Facts{Server: "https://api.localstack.cloud/v1", Host: "api.localstack.cloud"})
	want := "Could not reach the LocalStack licensing server at https://api.localstack.cloud/v1: " +
		"the name api.localstack.cloud does not resolve (status: NXDOMAIN from 10.0.0.2). " +
		"Some corporate DNS servers filter domains; ask your network administrator to safelist localstack.cloud. " +
		"Check with: dig api.localstack.cloud"
	if got := Reason(failed); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestReasonNamesTheNetworkFirstAndTheStoredDocumentSecond(t *testing.T) {
	t.Parallel()
	failed := fault.New(fault.NetworkDNS, "the name does not resolve")
	failed = failed.With(fault.Facts{Server: "https://licenses.test/v1", Host: "licenses.test"})
	tests := []struct {
		name   string
		stored *fault.Error
		want   string
	}{
		{"a flaw without a remedy", fault.New(fault.StoredStale, "it could be used offline until noon"),
			"Could not reach the LocalStack licensing server at https://licenses.test/v1: the name does not resolve. " +
				"The stored license is too old to be used offline: it could be used offline until noon. " +
				"Some corporate DNS servers filter domains; ask your network administrator to safelist licenses.test. " +
				"Check with: dig licenses.test"},
		{"a flaw with one", fault.New(fault.ClockSkew, "it is 1970 here"),
			"Could not reach the LocalStack licensing server at https://licenses.test/v1: the name does not resolve. " +
				"The clock of this machine is wrong: it is 1970 here. " +
				"Please set the clock; containers take their host's. " +
				"Some corporate DNS servers filter domains; ask your network administrator to safelist licenses.test. " +
				"Check with: dig licenses.test"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			both := failed.With(fault.Facts{Stored: test.stored})
			if got := Reason(both); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestReasonLeadsOnWhereASentenceIsNotEnough(t *testing.T) {
	t.Parallel()
	stale := fault.New(fault.NetworkRefused, "no").With(fault.Facts{Stored: fault.New(fault.StoredStale, "old")})
	tests := []struct {
		failed *fault.Error
		ends   string
	}{
		{fault.New(fault.NetworkRefused, "no"),
			"may need HTTPS_PROXY to be set. More: entrypoint doctor, entrypoint explain network.refused"},
		{stale, "may need HTTPS_PROXY to be set. More: entrypoint doctor, entrypoint explain network.refused"},
		{fault.New(fault.StoredStale, "old"), "offline: old. More: entrypoint doctor, entrypoint explain stored.stale"},
		{fault.New(fault.ClockSkew, "1970"), "take their host's. More: entrypoint doctor, entrypoint explain clock.skew"},
		{fault.New(fault.LicenseExpired, "over"), "assigns licenses at https://app.localstack.cloud/workspace/members."},
		{fault.New(fault.CredentialsMalformed, "cut"),
			"in the LocalStack web app https://app.localstack.cloud/workspace/auth-tokens."},
		{fault.New(fault.ConfigInvalid, "bad"), "explains every variable."},
		// Nothing may be copied with a command.
		{fault.New(fault.NetworkDNSFiltered, "no"), "Check with: dig api.localstack.cloud"},
		{fault.New(fault.NetworkIntercepted, "no"),
			"corp.crt. More: entrypoint doctor, entrypoint explain network.certificate.intercepted"},
		{fault.New(fault.NetworkIntercepted, "no").On([]fault.Place{fault.Docker}),
			"corp.crt:ro\"`. More: entrypoint doctor, entrypoint explain network.certificate.intercepted"},
	}
	for _, test := range tests {
		if got := Reason(test.failed); !strings.HasSuffix(got, test.ends) {
			t.Errorf("%s ends otherwise than with %q: %s", test.failed.ID, test.ends, got)
		}
	}
}

func TestReasonWithoutRemedyEndsWithTheReason(t *testing.T) {
	t.Parallel()
	got, want := Reason(fault.New(fault.CommandNotFound, "emulator")), "The command to run was not found: emulator."
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFactsAreNotReadAsPlaceholders(t *testing.T) {
	t.Parallel()
	failed := fault.New(fault.LicenseRefused, "the server says {host} and %s", "{server}")
	failed = failed.With(fault.Facts{Server: "https://licenses.test/v1", Host: "{detail}"})
	want := "The licensing server at https://licenses.test/v1 refused the activation: " +
		"the server says {host} and {server}. " +
		"Please contact LocalStack support with this message."
	if got := Reason(failed); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAnUnknownIDStillSaysWhatWasSeen(t *testing.T) {
	t.Parallel()
	failed := fault.New("nobody.knows", "something broke")
	if failed.Row().Exit != 1 || Reason(failed) != "something broke." || Remedy(failed) != "" {
		t.Errorf("exit %d, %q, %q", failed.Row().Exit, Reason(failed), Remedy(failed))
	}
}

// remedyFor is the remedy and the steps of a failure to reach a server, on a platform.
func remedyFor(id fault.ID, server, host string, platforms ...fault.Place) (remedy, steps string) {
	failed := fault.New(id, "no").With(fault.Facts{Server: server, Host: host}).On(platforms)
	return Remedy(failed), strings.Join(Steps(failed), "\n")
}

func TestRemediesNameTheServerInUse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ server, host, step string }{
		{"https://licenses.corp.example:8443/v1", "licenses.corp.example",
			"Ask for `licenses.corp.example` to be let through"},
		{"https://licenses.corp.example:8443/v1", "", "`curl -v https://licenses.corp.example:8443/v1`"},
		{"", "", "`curl -v https://api.localstack.cloud/v1`"},
	} {
		if _, steps := remedyFor(fault.NetworkReset, test.server, test.host); !strings.Contains(steps, test.step) {
			t.Errorf("%s of %s: want %s in\n%s", test.host, test.server, test.step, steps)
		}
	}
}

func TestTheFactsOfAServer(t *testing.T) {
	t.Parallel()
	const text = "{server} {host} {domain} {address}"
	for server, want := range map[string]string{
		"": "https://api.localstack.cloud/v1 api.localstack.cloud localstack.cloud " +
			"api.localstack.cloud:443",
		"http://licenses.test/v1":       "http://licenses.test/v1 licenses.test licenses.test licenses.test:80",
		"https://a.b.corp.test:8443/v1": "https://a.b.corp.test:8443/v1 a.b.corp.test b.corp.test a.b.corp.test:8443",
		"https://[fd00::1]/v1":          "https://[fd00::1]/v1 fd00::1 fd00::1 [fd00::1]:443",
		"https://10.0.0.9/v1":           "https://10.0.0.9/v1 10.0.0.9 10.0.0.9 10.0.0.9:443",
		"https://licenses/v1":           "https://licenses/v1 licenses licenses licenses:443",
	} {
		failed := fault.New(fault.NetworkReset, "no").With(fault.Facts{Server: server})
		if got := fillIn(failed, text, noFix); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", server, got, want)
		}
	}
}

func TestTheFixesForThePlatformComeFirstAndThoseForOthersAreLeftOut(t *testing.T) {
	t.Parallel()
	places := func(platforms ...fault.Place) string {
		_, steps := remedyFor(fault.NetworkServerError, "", "", platforms...)
		var found []string
		for _, step := range strings.Split(steps, "\n")[1:] {
			place, _, _ := strings.Cut(step, ": ")
			found = append(found, strings.Fields(place)[0])
		}
		return strings.Join(found, " ")
	}
	for want, got := range map[string]string{
		"Check Docker Compose Kubernetes Corporate": places(),
		"Kubernetes Check Corporate":                places(fault.Kubernetes),
		"Compose Docker Check Corporate":            places(fault.Compose, fault.Docker),
		"Docker Check Corporate":                    places(fault.GitHub, fault.CI, fault.Docker),
		"Check Corporate":                           places(fault.GitLab),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestDomainThatAFilterHasToLetThrough(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"api.localstack.cloud": "localstack.cloud", "licenses.example.com": "example.com",
		"licenses.eu.example.com": "eu.example.com", "example.com": "example.com", "example.co.uk": "example.co.uk",
		"licenses.example.co.uk": "example.co.uk", "licenses.example.com.au": "example.com.au", "licenses": "licenses",
		"10.0.0.1": "10.0.0.1", "fd00::1": "fd00::1", "": "",
	} {
		if got := domain(host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}
