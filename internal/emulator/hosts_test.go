package emulator

import (
	"testing"

	"localstack-entrypoint/internal/gateway"
)

func TestOnlyNamesThatNoStrangerCanOwnAreServed(t *testing.T) {
	t.Parallel()
	usual := Access{
		LocalstackHost: "localstack.example.com:4566", Container: "Main.container.dev", HostnameExternal: "old.example.com",
		ExtraOrigins: List{"https://app.example.org:8443"},
	}
	h := newHosts(Options{Access: usual}, gateway.Listen{{Host: "gateway.example.net"}})
	allowed := []string{
		"", "localhost", "localhost:4566", "LOCALHOST:4566", "localhost.", "app.localhost:4566", "127.0.0.1:4566",
		"[::1]:4566",
		"[::1]", "::1", "192.0.2.7:31566", "8.8.8.8", "[fe80::1%25eth0]:4566", "2130706433:4566",
		"localhost.localstack.cloud:4566", "s3.localhost.localstack.cloud",
		"my.bucket.s3.us-east-1.localhost.localstack.cloud:443",
		"localstack", "localstack-main:4566", "my_service:4566", "6a1f0b7c6a1f", "docker:4566", "bucket.localstack:4566",
		"bucket.s3.localstack", "localstack.default:4566", "localstack.default.svc",
		"localstack.default.svc.cluster.local:4566",
		"localstack.ns.svc.my-cluster.k8s", "host.docker.internal:4566", "host.containers.internal", "localstack.orb.local",
		"box.local", "box.lan:4566", "nas.fritz.home.arpa", "ip-10-0-0-1.ec2.internal", "aws.test", "ci.corp",
		"localstack.service.consul",
		"localstack.example.com", "bucket.s3.localstack.example.com:4566", "LocalStack.Example.Com.:80", "old.example.com",
		"main.container.dev", "app.example.org:4566", "gateway.example.net:4566",
		"s3.amazonaws.com", "bucket.s3.eu-central-1.amazonaws.com:443", "s3.cn-north-1.amazonaws.com.cn",
		"sts.amazonaws.com", "sqs.us-gov-west-1.amazonaws.com", "my.bucket.s3.amazonaws.com", "s3-eu-west-1.amazonaws.com",
		"b.s3.dualstack.eu-west-1.amazonaws.com", "s3.dualstack.eu-west-1.amazonaws.com",
	}
	refused := []string{
		"evil.example.com", "evil.com:4566", "evil.dev", "EVIL.Com.", "a.b.c.evil.co.uk:4566", "localhost.evil.com",
		"127.0.0.1.nip.io:4566",
		"localhost.localstack.cloud.evil.com", "evil-localhost.localstack.cloud", "xlocalhost.localstack.cloud:4566",
		"localstack.cloud",
		"app.localstack.cloud", "notlocalstack.example.com", "example.com", "localstack.dev:4566", "evil.xn--p1ai",
		"amazonaws.com.evil.io",
		"internal-evil-1.us-east-1.elb.amazonaws.com", "evil-1.elb.us-east-1.amazonaws.com", "amazonaws.com",
		"ec2-192-0-2-1.compute-1.amazonaws.com", "ec2-192-0-2-1.eu-west-1.compute.amazonaws.com",
		"evil.abc.us-east-1.rds.amazonaws.com", "bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com", "s3.evil.amazonaws.com",
		"evil.abc.s3.rds.cn-north-1.amazonaws.com.cn", "evil.execute-api.us-east-1.amazonaws.com",
		"evilamazonaws.com", "127.0.0.1.com", "1.2.3.4.evil.org", "evil.zip", "evil.app:4566", "evil.ck", "evil.github.io",
		"evil.example.com..", "evil .com", "evil.com:x", "[evil.com]:4566",
	}
	for _, host := range allowed {
		if !h.allow(host) {
			t.Errorf("%q is refused", host)
		}
	}
	for _, host := range refused {
		if h.allow(host) {
			t.Errorf("%q is allowed", host)
		}
	}
}

// A container may have the name of a top-level domain, and its network that of a public suffix.
func TestTheNameOfTheEmulatorOpensNoPublicDomain(t *testing.T) {
	t.Parallel()
	for _, own := range []string{"app", "dev", "cloud", "co.uk", "github.io", "COM."} {
		access := Access{LocalstackHost: own + ":4566", Container: own, ExtraOrigins: List{"http://" + own}}
		h := newHosts(Options{Access: access}, gateway.Listen{{Host: own}})
		if host := "evil." + own; h.allow(host) || !h.allow(own) {
			t.Errorf("%s: allowed %v, and %s %v", own, h.allow(own), host, h.allow(host))
		}
	}
}

// docker run --env-file keeps quotes.
func TestQuotesAroundHostsAndOriginsDoNotMatter(t *testing.T) {
	t.Parallel()
	var origins List
	if err := origins.UnmarshalText([]byte(`" http://a.example.com:3000, ,http://b.example.com/"`)); err != nil {
		t.Fatal(err)
	}
	access := Access{LocalstackHost: `"c.example.com:4566"`, ExtraOrigins: origins}
	h, o := newHosts(Options{Access: access}, nil), newOrigins(access, nil)
	for _, host := range []string{"a.example.com", "b.example.com", "c.example.com"} {
		if !h.allow(host) {
			t.Errorf("%s is refused", host)
		}
	}
	if !o.allow("http://a.example.com:3000") || !o.allow("http://b.example.com") || h.allow("example.com") {
		t.Errorf("origins %q, hosts %q", o.allowed, h)
	}
}

func TestOriginsAreThoseOfLocalStack(t *testing.T) {
	t.Parallel()
	o := newOrigins(Access{
		LocalstackHost: "localstack.example.com:4567",
		ExtraOrigins:   List{"http://localhost:3000/", "HTTPS://App.example.com", "chrome-extension://abc"},
	}, gateway.Listen(nil).In(true))
	for _, origin := range []string{
		"https://app.localstack.cloud", "http://app.localstack.cloud", "https://localhost",
		"https://localhost.localstack.cloud",
		"http://localhost:4566", "https://localhost:4566", "http://localhost.localstack.cloud:4566", "https://localhost:443",
		"http://localhost:4567", "file://", "http://localhost:3000", "https://app.example.com", "chrome-extension://abc",
		"http://site.s3-website.localhost.localstack.cloud:4566", "https://id.cloudfront.localhost",
		"http://s.s3-website.localstack.example.com:4567",
	} {
		if !o.allow(origin) {
			t.Errorf("%s is refused", origin)
		}
	}
	for _, origin := range []string{
		"", "null", "https://evil.example", "http://localhost", "http://localhost:3001", "https://localhost:3000",
		"http://127.0.0.1:4566",
		"https://app.localstack.cloud.evil.example", "https://evil.app.localstack.cloud", "http://app.localstack.cloud:8080",
		"http://site.s3-website.evil.example:4566", "http://site.s3-website.localhost:9",
		"http://evil.example/.s3-website.localhost",
		"http://s3-website.localhost:4566", "https://app.localstack.cloud ", "file:///etc",
	} {
		if o.allow(origin) {
			t.Errorf("%s is allowed", origin)
		}
	}
}
