package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// startWithSecret starts a container with the reference emulator, which has a bucket with a secret.
func startWithSecret(t *testing.T, variables map[string]string) *process {
	t.Helper()
	c := newContainer(t)
	c.command = []string{"docker-entrypoint.sh", "emulator"}
	c.set("ACTIVATE_PRO", "0")
	c.set("OVERRIDE_IN_DOCKER", "1")
	maps.Copy(c.env, variables)
	p := c.start()
	p.await("Ready.")
	p.upload("/bucket", "", "")
	p.upload("/bucket/secret", "text/plain", "the secret")
	p.upload("/bucket/pixel.svg", "image/svg+xml", pixel)
	return p
}

// upload creates a bucket or an object.
func (p *process) upload(path, kind, content string) {
	p.Helper()
	address := "http://" + gatewayAddress + path
	request, err := http.NewRequestWithContext(p.Context(), "PUT", address, strings.NewReader(content))
	if err != nil {
		p.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	response, err := p.client().Do(request)
	if err != nil {
		p.Fatalf("%v\n%s", err, p.output())
	}
	response.Body.Close()
	if response.StatusCode != 200 {
		p.Fatalf("%s: %s", path, response.Status)
	}
}

const pixel = `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`

// state is all that a page could change. It is that of the same run, or the session is another one.
func (p *process) state() string {
	p.Helper()
	var texts []string
	for _, path := range []string{
		"/", "/bucket", "/bucket/secret", "/bucket/pixel.svg", "/_localstack/health", "/_localstack/info",
	} {
		status, answer := p.ask("GET", path, "")
		if path == "/_localstack/info" {
			var info struct {
				Session string `json:"session_id"`
			}
			if err := json.Unmarshal([]byte(answer), &info); err != nil {
				p.Fatal(err)
			}
			answer = info.Session
		}
		texts = append(texts, fmt.Sprint(path, " ", status, " ", answer))
	}
	return strings.Join(texts, "\n")
}

// compare compares a report with what is wanted, each attempt as a subtest.
func compare(t *testing.T, report, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		t.Run(name, func(t *testing.T) {
			got := report[name]
			if !strings.HasPrefix(got, want[name]) || strings.Contains(got, "the secret") {
				t.Errorf("got %q, want %q", got, want[name])
			}
			t.Logf("%.160s", report[name])
		})
	}
}

func html(content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Connection", "close")
		_, _ = w.Write([]byte(content))
	}
}

// What any page of the world can send to this machine. A browser lets it send some of that without asking, and read
// nothing without permission.
func TestAForeignPageReadsAndChangesNothing(t *testing.T) {
	t.Parallel()
	p := startWithSecret(t, nil)
	b := newBrowser(p.container)
	browserVersion(t)
	const script = `
  const addresses = ["http://localhost:4566", "http://127.0.0.1:4566", "http://localhost.localstack.cloud:4566"];
  for (const there of addresses) {
    const named = (name, f) => attempt(name + " at " + new URL(there).hostname, f);
    const object = there + "/bucket/secret", image = there + "/bucket/pixel.svg";
    const health = there + "/_localstack/health";
    const kill = {method: "POST", body: '{"action":"kill"}', headers: {"Content-Type": "text/plain"}};
    const blindly = {...kill, mode: "no-cors"};
    const field = {'{"action":"kill","x': '":1}'}; // a form's field and value, which together are JSON

    await named("fetch an object", () => read(object));
    await named("fetch with cookies", () => read(object, {credentials: "include"}));
    await named("fetch the list of buckets", () => read(there + "/"));
    await named("fetch info", () => read(there + "/_localstack/info"));
    await named("fetch an object without CORS", () => read(object, {mode: "no-cors"}));
    await named("put an object", () => read(there + "/bucket/mine", {method: "PUT", body: "mine"}));
    await named("overwrite an object", () => read(object, {method: "PUT", body: "mine"}));
    await named("delete an object", () => read(object, {method: "DELETE"}));
    await named("create a bucket", () => read(there + "/mine", {method: "PUT"}));
    await named("put health", () => read(health, {method: "PUT", body: '{"mine":1}'}));
    await named("kill", () => read(health, kill));
    await named("kill without CORS", () => read(health, blindly));
    await named("kill without a referrer", () => read(health, {...blindly, referrerPolicy: "no-referrer"}));
    await named("restart by a beacon", async () => navigator.sendBeacon(health, '{"action":"restart"}'));
    const reset = there + "/_localstack/state/reset";
    await named("reset without CORS", () => read(reset, {method: "POST", mode: "no-cors"}));
    await named("delete objects without CORS", () => read(there + "/bucket?delete",
      {method: "POST", mode: "no-cors", body: "<Delete><Object><Key>secret</Key></Object></Delete>"}));
    await named("upload by a form", () => form(there + "/bucket", "multipart/form-data", {key: "mine", file: "mine"}));
    await named("kill by a form", () => form(health, "text/plain", field));
    await named("kill by a sandboxed form", () => form(health, "text/plain", field, true));
    await named("an image", () => loads(make("img", {src: image})));
    await named("an image to read", () => loads(make("img", {src: image, crossOrigin: "anonymous"})));
    await named("a script", () => loads(make("script", {src: there + "/_localstack/info", type: "module"})));
    await named("a frame", () => inFrame(object));
  }`
	b.names(map[string][]string{"evil.example.com": {"127.0.0.1"}, "localhost.localstack.cloud": {"127.0.0.1"}})
	b.serve("127.0.0.1:80", html(webPage(script)))
	before := p.state()
	report := b.visit("http://evil.example.com/")
	want := map[string]string{}
	for _, host := range []string{"localhost", "127.0.0.1", "localhost.localstack.cloud"} {
		for name, result := range map[string]string{
			"fetch an object without CORS": "opaque", "kill without CORS": "opaque", "kill without a referrer": "opaque",
			"restart by a beacon": "true", "reset without CORS": "opaque", "delete objects without CORS": "opaque",
			"upload by a form": "sent", "kill by a form": "sent", "kill by a sandboxed form": "sent",
			"an image": "loaded", "an image to read": "failed", "a script": "failed",
			"fetch an object": "TypeError", "fetch with cookies": "TypeError", "fetch the list of buckets": "TypeError",
			"fetch info": "TypeError", "put an object": "TypeError", "overwrite an object": "TypeError",
			"delete an object": "TypeError", "create a bucket": "TypeError", "put health": "TypeError",
			"kill": "TypeError", "a frame": "TypeError",
		} {
			want[name+" at "+host] = result
		}
	}
	compare(t, report, want)
	// A browser sends these without asking first, at each of three addresses.
	const foreign = `: the web page's origin "http://evil.example.com" is not allowed`
	p.awaitNth("Blocked POST /_localstack/health"+foreign, 12)
	p.awaitNth("Blocked POST /bucket"+foreign, 6)
	p.awaitNth("Blocked POST /_localstack/health: it comes from a web page of an unnamed origin", 3)
	if after := p.state(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// The page's name has two addresses. The page comes from the first, which then answers no more: the browser takes the
// second, which is the emulator's. The page is of the same origin as the emulator then, and may read whatever it gets.
func TestAPageWhoseNameLeadsToTheEmulatorReadsAndChangesNothing(t *testing.T) {
	t.Parallel()
	// The page's server needs the port on an address that the emulator leaves free.
	p := startWithSecret(t, map[string]string{"OVERRIDE_IN_DOCKER": "0"})
	b := newBrowser(p.container)
	browserVersion(t)
	const script = `
  let server;
  for (let i = 0; i < 100; i++) { // until the name leads to the emulator
    try { server = (await fetch("/_localstack/health")).headers.get("x-localstack") } catch (e) {}
    if (server) break;
    await pause(100);
  }
  got["who answers"] = server ? "the emulator" : "nobody";
  const kill = {method: "POST", body: '{"action":"kill"}'};
  await attempt("read an object", () => read("/bucket/secret"));
  await attempt("read without a referrer", () => read("/bucket/secret", {referrerPolicy: "no-referrer"}));
  const signature = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request";
  await attempt("read with a signature", () => read("/bucket/secret", {headers: {Authorization: signature}}));
  await attempt("read the list of buckets", () => read("/"));
  await attempt("read info", () => read("/_localstack/info"));
  await attempt("read health", () => read("/_localstack/health"));
  await attempt("put an object", () => read("/bucket/mine", {method: "PUT", body: "mine"}));
  await attempt("delete an object", () => read("/bucket/secret", {method: "DELETE"}));
  await attempt("create a bucket", () => read("/mine", {method: "PUT"}));
  await attempt("put health", () => read("/_localstack/health", {method: "PUT", body: '{"mine":1}'}));
  await attempt("kill", () => read("/_localstack/health", kill));
  await attempt("restart", () => read("/_localstack/health", {method: "POST", body: '{"action":"restart"}'}));
  await attempt("reset", () => read("/_localstack/state/reset", {method: "POST"}));
  await attempt("read by a frame", () => inFrame("/bucket/secret"));
  const bucket = location.origin + "/bucket";
  await attempt("upload by a form", () => form(bucket, "multipart/form-data", {key: "mine", file: "mine"}));`
	const attacker = "127.0.0.9"
	// Of two addresses, programs prefer one that is their own.
	err := p.Inside(exec.Command("ip", "address", "add", attacker, "dev", "lo").Run)
	if err != nil {
		t.Fatal(err)
	}
	b.names(map[string][]string{"evil.example.com": {attacker, "127.0.0.1"}})
	served := make(chan struct{}, 10)
	end := b.serve(attacker+":4566", func(w http.ResponseWriter, r *http.Request) {
		html(webPage(script))(w, r)
		served <- struct{}{}
	})
	go func() {
		select {
		case <-served:
			end()
		case <-t.Context().Done():
		}
	}()
	before := p.state()
	report := b.visit("http://evil.example.com:4566/")
	const refused = "403 "
	want := map[string]string{
		"who answers": "the emulator", "upload by a form": "sent", "read by a frame": "AccessForbidden",
	}
	for _, name := range []string{
		"read an object", "read without a referrer", "read with a signature", "read the list of buckets", "read info",
		"read health", "put an object", "delete an object", "create a bucket", "put health", "kill", "restart", "reset",
	} {
		want[name] = refused
	}
	compare(t, report, want)
	p.await(`Blocked GET /bucket/secret: the host "evil.example.com" is a public name`)
	p.await(`Blocked POST /bucket: the host "evil.example.com" is a public name`)
	if after := p.state(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}
