package pages

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// recorder is a test whose errors are what another test wants.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	errors []string
}

func (r *recorder) Errorf(format string, values ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, values...))
}

// serve answers with a page at an address of its own.
func serve(t *testing.T, answer http.HandlerFunc) *authority {
	t.Helper()
	listener, err := net.Listen("tcp", freeAddress())
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: answer}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	return &authority{TB: t, URL: "http://" + listener.Addr().String()}
}

const goodPage = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>A page</title><link rel="stylesheet" href="/s.css">
<main><h1>A page</h1><p>A text with a <a href="/">link</a>.</p></main>`

const goodStyle = `:root { color-scheme: light dark; background: light-dark(#fff, #111); color: light-dark(#111, #fff) }
a { color: inherit }`

func TestLookFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ more, style, want string }{
		"nothing":            {},
		"a missing label":    {more: `<input>`, want: "must have labels"},
		"contrast":           {style: `p { color: #999 }`, want: "color contrast"},
		"contrast, dark":     {style: `@media (prefers-color-scheme: dark) { p { color: #333 } }`, want: "color contrast"},
		"a small target":     {`<button>a</button><button>b</button>`, `button { font-size: 8px; padding: 0 }`, "target"},
		"a wide table":       {`<p class="w">wide</p>`, `.w { width: 500px }`, "in a width of 390 scrolls sideways, by"},
		"many bytes":         {more: "<!--" + strings.Repeat("x", maxBytes) + "-->", want: "bytes with all that it loads"},
		"no visible focus":   {style: `a:focus { outline: none }`, want: "does not show that the focus is at"},
		"an order of Tab":    {more: `<a href="/1" tabindex="1">first</a>`, want: "Tab leads"},
		"what is folded":     {more: `<details><summary>More</summary><input></details>`, want: "must have labels"},
		"two buttons":        {more: `<button>End</button><button>End</button>`, want: "two buttons with the name"},
		"a time":             {more: `<time>now</time>`, want: "no exact time"},
		"an error":           {more: `<label>A <input aria-invalid="true"></label>`, want: "no error beside it"},
		"a title":            {more: `<label>A <input aria-invalid="true"></label>`, want: "title of a page with an error"},
		"a style attribute":  {more: `<p style="color: red">red</p>`, want: "the browser complains: security"},
		"an image elsewhere": {more: `<img alt="" src="http://127.0.0.1:1/">`, want: "the browser complains: security"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'")
				if r.URL.Path == "/s.css" {
					w.Header().Set("Content-Type", "text/css")
					_, _ = fmt.Fprint(w, goodStyle, test.style)
					return
				}
				_, _ = fmt.Fprint(w, strings.Replace(goodPage, "</main>", test.more+"</main>", 1))
			})
			found := &recorder{TB: t}
			b := newBrowser(found, site)
			b.keeps = false
			b.Open("/").Look("kit " + name)
			b.check()
			all := strings.Join(found.errors, "\n")
			if test.want == "" && all != "" || !strings.Contains(all, test.want) {
				t.Errorf("it finds %q, want %q", all, test.want)
			}
		})
	}
}

func TestAPageReachesThisMachineOnly(t *testing.T) {
	t.Parallel()
	site := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, goodPage) })
	_, port, _ := strings.Cut(site.URL, "://127.0.0.1")
	b := newBrowser(t, site)
	for _, host := range []string{"127.0.0.1", "localhost", "a.test", "b.a.test"} {
		b.Open("http://"+host+port+"/").Is(200, "A page")
	}
	for _, address := range []string{"http://example.com/", "http://192.0.2.1/", "http://93.184.216.34/"} {
		var text string
		b.allowScripts(true)
		b.ask(`fetch(`+quoted(address)+`, {mode: "no-cors"}).then(() => "reached", () => "not reached")`, &text)
		if text != "not reached" {
			t.Errorf("%s is %s", address, text)
		}
	}
	b.complaints = nil
}
