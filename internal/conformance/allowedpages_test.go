package conformance

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// allowedScript is what LocalStack's web app does with the emulator at the address that replaces THERE.
const allowedScript = `
  const there = "THERE";
  await attempt("info", () => read(there + "/_localstack/info"));
  await attempt("health", () => read(there + "/_localstack/health"));
  await attempt("create a bucket", () => read(there + "/mine", {method: "PUT"}));
  await attempt("put an object", () => read(there + "/mine/key", {method: "PUT", body: "content",
    headers: {"x-amz-meta-color": "blue", "content-type": "text/x-test", "amz-sdk-request": "attempt=1"}}));
  await attempt("get it", () => read(there + "/mine/key"));
  await attempt("its tag", async () => (await fetch(there + "/mine/key")).headers.get("etag"));
  await attempt("delete it", () => read(there + "/mine/key", {method: "DELETE"}));
  await attempt("put by a presigned URL", () => read("PRESIGNED_PUT", {method: "PUT", body: "presigned"}));
  await attempt("get by a presigned URL", () => read("PRESIGNED_GET"));
  await attempt("put health", () => read(there + "/_localstack/health", {method: "PUT", body: '{"mine":1}'}));
  await attempt("dance", () => read(there + "/_localstack/health", {method: "POST", body: '{"action":"dance"}'}));`

func TestAllowedPagesUseTheEmulator(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, page, there string
		variables         map[string]string
	}{
		{"LocalStack's app", "http://app.localstack.cloud/", "http://localhost.localstack.cloud:4566", nil},
		{"a page of the emulator", "http://localhost:4566/bucket/page.html", "http://localhost:4566", nil},
		{"the developer's page", "http://localhost:3000/", "http://localhost:4566",
			map[string]string{"EXTRA_CORS_ALLOWED_ORIGINS": "http://localhost:3000"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := startWithSecret(t, test.variables)
			b := newBrowser(p.container)
			browserVersion(t)
			sign := s3.NewPresignClient(client(t, "http", strings.TrimPrefix(test.there, "http://")))
			bucket, key := "mine", "presigned"
			put, err := sign.PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key})
			if err != nil {
				t.Fatal(err)
			}
			get, err := sign.PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
			if err != nil {
				t.Fatal(err)
			}
			addresses := strings.NewReplacer("THERE", test.there, "PRESIGNED_PUT", put.URL, "PRESIGNED_GET", get.URL)
			content, here := webPage(addresses.Replace(allowedScript)), []string{"127.0.0.1"}
			b.names(map[string][]string{"app.localstack.cloud": here, "localhost.localstack.cloud": here})
			b.serve("127.0.0.1:80", html(content))
			b.serve("127.0.0.1:3000", html(content))
			p.upload("/bucket/page.html", "text/html", content)
			report := b.visit(test.page)
			compare(t, report, map[string]string{
				"info": `200 {"version"`, "health": `200 {`, "create a bucket": "200 ", "put an object": "200 ",
				"get it": "200 content", "its tag": `"9a0364b9e99bb480dd25e1f0284c8555"`, "delete it": "204 ",
				"put by a presigned URL": "200 ",
				"get by a presigned URL": "200 presigned", "put health": `200 {"status":"OK"}`, "dance": "200 ok",
			})
		})
	}
}

func TestARuleOfABucketAllowsAPage(t *testing.T) {
	t.Parallel()
	p := startWithSecret(t, nil)
	b := newBrowser(p.container)
	browserVersion(t)
	p.upload("/shop", "", "")
	p.upload("/shop?cors", "application/xml", `<CORSConfiguration><CORSRule>
		<AllowedOrigin>http://*.example.com</AllowedOrigin>
		<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader>
		<ExposeHeader>x-amz-meta-color</ExposeHeader></CORSRule></CORSConfiguration>`)
	const script = `
  const there = "http://localhost:4566";
  const colored = {method: "PUT", body: "mine", headers: {"x-amz-meta-color": "blue"}};
  await attempt("put", () => read(there + "/shop/key", colored));
  await attempt("get", () => read(there + "/shop/key"));
  await attempt("get metadata", async () => (await fetch(there + "/shop/key")).headers.get("x-amz-meta-color"));
  await attempt("delete", () => read(there + "/shop/key", {method: "DELETE"}));
  await attempt("copy a secret", () => read(there + "/shop/copy",
    {method: "PUT", headers: {"x-amz-copy-source": "/bucket/secret"}}));
  await attempt("read another bucket", () => read(there + "/bucket/secret"));
  await attempt("kill", () => read(there + "/_localstack/health", {method: "POST", body: '{"action":"kill"}'}));`
	b.names(map[string][]string{"www.example.com": {"127.0.0.1"}})
	b.serve("127.0.0.1:80", html(webPage(script)))
	before := p.state()
	compare(t, b.visit("http://www.example.com/"), map[string]string{
		"put": "200 ", "get": "200 mine", "get metadata": "blue", "delete": "TypeError", "copy a secret": "TypeError",
		"read another bucket": "TypeError", "kill": "TypeError",
	})
	p.await("Blocked POST /_localstack/health: ")
	if after := p.state(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}
