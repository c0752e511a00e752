package emulator

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"localstack-entrypoint/internal/gateway"
)

// page is a request as a browser sends it for a page.
type page map[string]string

func (p page) sends(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	for name, value := range p {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhichWebPagesAreAnswered(t *testing.T) {
	t.Parallel()
	const kill, here, rebound = `{"action":"kill"}`, "http://localhost:4566", "http://evil.example.com:4566"
	const byOrigin, byHost, unnamed = "EXTRA_CORS_ALLOWED_ORIGINS=https://evil.example allows it",
		"LOCALSTACK_HOST=evil.example.com or EXTRA_CORS_ALLOWED_ORIGINS=http://evil.example.com allows it",
		"an unnamed origin; EXTRA_CORS_ALLOWED_ORIGINS names origins to allow"
	foreign, app := page{"Origin": "https://evil.example"}, page{"Origin": "https://app.localstack.cloud"}
	tests := []struct {
		name         string
		page         page
		method, host string
		path, body   string
		status       int
		refusal      string
	}{
		{"no page", nil, "POST", here, "/_localstack/health", kill, 200, ""},
		{"LocalStack's app", app, "POST", here, "/_localstack/health", kill, 200, ""},
		{"LocalStack's app puts an object", app, "PUT", here, "/bucket/new", "x", 200, ""},
		{"the emulator's own page", page{"Origin": "http://localhost:4566"}, "PUT", here, "/bucket/own", "x", 200, ""},
		{"a link elsewhere to an object", page{"Referer": "https://evil.example/page", "Sec-Fetch-Site": "cross-site"},
			"GET", here,
			"/bucket/key", "", 200, ""},

		{"fetch", foreign, "GET", here, "/bucket/key", "", 403, byOrigin},
		{"fetch of a list", foreign, "GET", here, "/", "", 403, byOrigin},
		{"a form", foreign, "POST", here, "/bucket", "", 403, byOrigin},
		{"fetch that changes", foreign, "PUT", here, "/bucket/key", "", 403, byOrigin},
		{"fetch that deletes", foreign, "DELETE", here, "/bucket/key", "", 403, byOrigin},
		{"kill", foreign, "POST", here, "/_localstack/health", kill, 403, byOrigin},
		{"put health", foreign, "PUT", here, "/_localstack/health", `{"a":1}`, 403, byOrigin},
		{"get info", foreign, "GET", here, "/_localstack/info", "", 403, byOrigin},
		{"any path", foreign, "GET", here, "/_localstack/..;/x", "", 403, byOrigin},
		{"a sandboxed frame", page{"Origin": "null"}, "POST", here, "/_localstack/health", kill, 403, unnamed},
		{"an old browser's form", page{"Referer": "https://evil.example/page"}, "POST", here, "/_localstack/health", kill,
			403, byOrigin},
		{"a browser that names no origin", page{"Sec-Fetch-Site": "cross-site"}, "POST", here, "/_localstack/health", kill,
			403, unnamed},
		{"a neighbor", page{"Sec-Fetch-Site": "same-site"}, "DELETE", here, "/bucket/key", "", 403, unnamed},

		{"rebinding, read an object", nil, "GET", rebound, "/bucket/key", "", 403, byHost},
		{"rebinding, read a list", page{"Sec-Fetch-Site": "same-origin"}, "GET", rebound, "/", "", 403, byHost},
		{"rebinding, kill", page{"Origin": rebound}, "POST", rebound, "/_localstack/health", kill, 403, byHost},
		{"rebinding, put health", page{"Origin": rebound}, "PUT", rebound, "/_localstack/health", `{"a":1}`, 403, byHost},
		{"rebinding, put an object", page{"Origin": rebound}, "PUT", rebound, "/bucket/key", "", 403, byHost},
		{"rebinding, signed", page{"Authorization": "AWS4-HMAC-SHA256 Credential=test/"}, "GET", rebound, "/bucket/key", "",
			403, byHost},
		{"rebinding a name of this machine's form", page{"Origin": "http://evil.lan:4566"}, "POST", "http://evil.lan:4566",
			"/_localstack/health", kill, 403, "EXTRA_CORS_ALLOWED_ORIGINS=http://evil.lan:4566 allows it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, log := newTest(t, Options{Listen: gateway.Listen{{Host: "127.0.0.1", Port: 4566}}})
			for _, made := range [][2]string{{"/bucket", ""}, {"/bucket/key", "content"}} {
				if w := ask(e, "PUT", here+made[0], made[1]); w.Code != 200 {
					t.Fatalf("%s: %d %s", made[0], w.Code, w.Body)
				}
			}
			killed, before := false, strings.Count(log.String(), "\n")
			e.control.kill = func() { killed = true }
			w := tt.page.sends(e, tt.method, tt.host+tt.path, tt.body)
			if w.Code != tt.status || killed != (tt.body == kill && tt.status == 200) {
				t.Errorf("status %d, killed %v: %s", w.Code, killed, w.Body)
			}
			allows, blocked := w.Header().Get("Access-Control-Allow-Origin"), strings.Count(log.String(),
				" Blocked "+tt.method+" "+tt.path)
			lines := strings.Count(log.String(), "\n") - before
			switch tt.status {
			case 200:
				if allows != tt.page["Origin"] || blocked != 0 {
					t.Errorf("allows %q, logged %s", allows, log)
				}
			default:
				if allows != "" || blocked != 1 || lines != 1 || !strings.Contains(log.String(), tt.refusal) {
					t.Errorf("allows %q, logged %s", allows, log)
				}
				if !strings.Contains(w.Body.String(), tt.refusal) {
					t.Errorf("answered %s", w.Body)
				}
				after := ask(e, "GET", here+"/bucket/key", "")
				health := ask(e, "GET", here+"/_localstack/health", "")
				if after.Body.String() != "content" || strings.Contains(health.Body.String(), `"a"`) {
					t.Errorf("afterwards the object is %s, the health report %s", after.Body, health.Body)
				}
			}
		})
	}
}

func TestAPageIsToldBeforehandWhatItMaySend(t *testing.T) {
	t.Parallel()
	ask := page{"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-amz-meta-color, content-type",
		"Access-Control-Request-Private-Network": "true"}
	from := func(origin string) page {
		p := maps.Clone(ask)
		p["Origin"] = origin
		return p
	}
	tests := []struct {
		name   string
		access Access
		page   page
		status int
		want   map[string]string
	}{
		{"LocalStack's app", Access{}, from("https://app.localstack.cloud"), 204, map[string]string{
			"Access-Control-Allow-Origin": "https://app.localstack.cloud", "Access-Control-Allow-Credentials": "true",
			"Access-Control-Allow-Private-Network": "true", "Vary": "Origin",
		}},
		{"a foreign page", Access{}, from("https://evil.example"), 403, nil},
		{"one that the user names", Access{ExtraOrigins: List{"https://my.example"}}, from("https://my.example"), 204,
			map[string]string{"Access-Control-Allow-Origin": "https://my.example"}},
		{"any that the user allows", Access{ExtraOrigins: List{"*"}}, from("https://my.example"), 204,
			map[string]string{"Access-Control-Allow-Origin": "https://my.example"}},
		{"without checks", Access{NoChecks: On}, from("https://any.example"), 204,
			map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": ""}},
		{"without headers", Access{NoHeaders: On}, from("https://app.localstack.cloud"), 204,
			map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Headers": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.access.ExtraHeaders, tt.access.ExtraExposed = List{"x-mine"}, List{"x-shown"}
			e, _ := newTest(t, Options{Access: tt.access})
			for _, path := range []string{"/bucket/key", "/_localstack/health"} {
				w := tt.page.sends(e, "OPTIONS", "http://localhost:4566"+path, "")
				if w.Code != tt.status {
					t.Errorf("%s: status %d %s", path, w.Code, w.Body)
				}
				for name, value := range tt.want {
					if got := w.Header().Get(name); got != value {
						t.Errorf("%s: %s is %q, want %q", path, name, got, value)
					}
				}
				allowed, exposed := w.Header().Get("Access-Control-Allow-Headers"), w.Header().Get("Access-Control-Expose-Headers")
				tells := tt.status == 204 && tt.access.NoHeaders != On
				for _, name := range []string{"x-amz-meta-color", "content-type", "x-amz-target", "x-mine"} {
					if strings.Contains(","+allowed+",", ","+name+",") != tells {
						t.Errorf("%s: allows the headers %q", path, allowed)
					}
				}
				if strings.HasSuffix(exposed, ",x-shown") != tells {
					t.Errorf("%s: exposes %q", path, exposed)
				}
			}
		})
	}
}

func TestWithoutAnOriginNoAnswerHasCORSHeaders(t *testing.T) {
	t.Parallel()
	e, _ := newTest(t, Options{})
	for _, path := range []string{"/", "/bucket/key", "/_localstack/health"} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			for name := range ask(e, method, "http://localhost:4566"+path, "").Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s has %s", method, path, name)
				}
			}
		}
	}
}

func TestAnAWSClientCanReadARefusal(t *testing.T) {
	t.Parallel()
	e, _ := newTest(t, Options{})
	sqs := page{"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
	if w := sqs.sends(e, "POST", "http://evil.example.com/", "{}"); w.Code != 403 ||
		w.Header().Get("X-Amzn-Errortype") != "AccessForbidden" || !strings.Contains(w.Body.String(),
		`"message":"LocalStack refuses`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	w := ask(e, "GET", "http://evil.example.com/%3C&%7f?x", "")
	if got := w.Header().Get("Content-Type"); w.Code != 403 || got != "application/xml" ||
		!strings.Contains(w.Body.String(),
			"<Error><Code>AccessForbidden</Code><Message>LocalStack refuses this request: the host ") {
		t.Errorf("%d %s %s", w.Code, got, w.Body)
	}
}

func FuzzGuard(f *testing.F) {
	for _, seed := range [][3]string{
		{"localhost:4566", "", ""}, {"evil.com", "https://evil.com", ""}, {"[::1", "null", "http://u:p@evil.com/x"},
		{"a..b", "://", "//"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, host, origin, referer string) {
		g := &guard{origins: newOrigins(Access{}, nil), hosts: newHosts(Options{}, nil)}
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Host = host
		r.Header.Set("Origin", origin)
		r.Header.Set("Referer", referer)
		reason := g.strangeHost(r) + g.strangePage(r)
		if strings.ContainsAny(reason, "\n\r\x1b") {
			t.Errorf("%q", reason)
		}
		if name := hostName(host); reason == "" && strings.HasSuffix(name, "evil.com") && strings.Contains(name, ".") {
			t.Errorf("%q is allowed", host)
		}
	})
}
