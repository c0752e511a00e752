package config

import "testing"

func TestEndpointIsABaseURL(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://api.localstack.cloud/v1":       "https://api.localstack.cloud/v1",
		" https://api.localstack.cloud/v1///\n": "https://api.localstack.cloud/v1",
		"https://licenses.test":                 "https://licenses.test",
		"http://127.0.0.1:8080/v1":              "http://127.0.0.1:8080/v1",
		"http://[::1]:8080/v1/":                 "http://[::1]:8080/v1",
		"HTTPS://Licenses.Test/V1":              "https://Licenses.Test/V1",
		"https://licenses.test:443/a%20b/c":     "https://licenses.test:443/a%20b/c",
	} {
		var endpoint Endpoint
		if err := endpoint.Decode(value); err != nil || endpoint.String() != want {
			t.Errorf("%q is %s, %v", value, endpoint.URL, err)
		}
	}
	var endpoint Endpoint
	if err := endpoint.Decode("https://kept.test"); err != nil {
		t.Fatal(err)
	}
	refuses(t, &endpoint, "is not a URL; write it as https://api.localstack.cloud/v1",
		"", "api.localstack.cloud/v1", "localhost:8080", "127.0.0.1:8080/v1", "https:/licenses.test", "//licenses.test/v1",
		"https:", "https://",
		"https:///v1", "https://:443/v1", "https://licenses.test:/v1", "https://licenses test/v1",
		"https://licenses.test:port", "https://licenses.test:0", "https://licenses.test:65536",
		"https://licenses.test/%zz", "https://[::1/v1", "https://licenses.test/\x7f", "://licenses.test",
		"https://user:secret@")
	refuses(t, &endpoint, `has the scheme "ftp"; use https or http`, "ftp://licenses.test/v1")
	refuses(t, &endpoint, "contains credentials; remove them, the Auth Token is enough",
		"https://user:secret@licenses.test/v1", "https://secret@licenses.test")
	refuses(t, &endpoint, "contains a query or fragment; remove it, a base URL ends with its path",
		"https://licenses.test/v1?key=secret", "https://licenses.test/v1?", "https://licenses.test/v1#secret",
		"https://licenses.test#")
}

func TestExposureIsThatOfTheHost(t *testing.T) {
	t.Parallel()
	for want, values := range map[Exposure][]string{
		Sealed: {
			"https://licenses.example.com", "https://8.8.8.8", "http://localhost", "http://LOCALHOST.", "http://127.0.0.1",
			"http://127.9.9.9", "http://[::1]", "http://[::ffff:127.0.0.1]", "http://0.0.0.0",
		},
		Inside: {
			"http://authority", "http://Authority.", "http://my_authority-1", "http://host.docker.internal",
			"http://host.containers.internal", "http://gateway.internal.", "http://printer.local",
			"http://authority.default.svc", "http://authority.default.svc.cluster.local", "http://authority.dns.podman",
			"http://a.localhost", "http://nas.lan", "http://nas.home.arpa", "http://10.1.2.3", "http://172.17.0.2",
			"http://192.168.1.1", "http://169.254.1.1", "http://[fd00::1]", "http://[fe80::1%25eth0]",
			"http://[::ffff:10.0.0.1]",
		},
		Exposed: {
			"http://licenses.example.com", "http://8.8.8.8", "http://172.32.0.1", "http://100.64.0.1", "http://[2001:db8::1]",
			"http://[::ffff:8.8.8.8]", "http://internal.example.com", "http://notinternal.com", "http://10.1",
			"http://localhost.localstack.cloud", "http://local.dev",
		},
	} {
		for _, value := range values {
			var endpoint Endpoint
			if err := endpoint.Decode(value + ":8080/v1"); err != nil {
				t.Error(value, err)
			} else if got := endpoint.Exposure(); got != want {
				t.Errorf("%s has the exposure %d, not %d", value, got, want)
			}
		}
	}
}
