package lstk

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Browser is a browser without scripts, which follows redirects and keeps cookies.
type Browser struct {
	t      testing.TB
	client *http.Client
	// Log has a line for each page that was shown.
	Log []string

	at     *url.URL
	status int
	Text   string // of the page, with its markup
}

// NewBrowser returns a browser that uses a transport; nil means the usual one.
func NewBrowser(t testing.TB, transport http.RoundTripper) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if transport == nil {
		own := &http.Transport{}
		t.Cleanup(own.CloseIdleConnections)
		transport = own
	}
	return &Browser{t: t, client: &http.Client{Jar: jar, Transport: transport, Timeout: patience}}
}

// Open shows the page at a link.
func (b *Browser) Open(link string) *Browser {
	b.t.Helper()
	request, err := http.NewRequest(http.MethodGet, link, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.show(request)
}

// Submit sends the form of the page with a button, whose text may be "", and with what was typed into fields: names
// and values in turn.
func (b *Browser) Submit(button string, typed ...string) *Browser {
	b.t.Helper()
	action, method, values := b.form(button)
	for i := 0; i < len(typed); i += 2 {
		values.Set(typed[i], typed[i+1])
	}
	to, err := b.at.Parse(action)
	if err != nil {
		b.t.Fatal(err)
	}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(values.Encode())
	} else {
		to.RawQuery = values.Encode()
	}
	request, err := http.NewRequest(method, to.String(), body)
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", b.at.Scheme+"://"+b.at.Host)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.show(request)
}

var (
	forms   = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	inputs  = regexp.MustCompile(`(?s)<input([^>]*)>`)
	buttons = regexp.MustCompile(`(?s)<button([^>]*)>(.*?)</button>`)
	title   = regexp.MustCompile(`(?s)<h1>(.*?)</h1>`)
)

// form finds the form with a button, below the page's title.
func (b *Browser) form(button string) (action, method string, values url.Values) {
	b.t.Helper()
	_, main, _ := strings.Cut(b.Text, "<main")
	for _, form := range forms.FindAllStringSubmatch(main, -1) {
		values = url.Values{}
		for _, input := range inputs.FindAllStringSubmatch(form[2], -1) {
			values.Set(attribute(input[1], "name"), attribute(input[1], "value"))
		}
		for _, found := range buttons.FindAllStringSubmatch(form[2], -1) {
			if button != "" && strings.TrimSpace(found[2]) != button {
				continue
			}
			if name := attribute(found[1], "name"); name != "" {
				values.Set(name, attribute(found[1], "value"))
			}
			return attribute(form[1], "action"), strings.ToUpper(attribute(form[1], "method")), values
		}
	}
	b.t.Fatalf("the page has no form with the button %q:\n%s", button, b.Text)
	return "", "", nil
}

func attribute(tag, name string) string {
	found := regexp.MustCompile(`\s` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

func (b *Browser) show(request *http.Request) *Browser {
	b.t.Helper()
	request.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Test/1.0")
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.status, b.Text = response.Request.URL, response.StatusCode, string(content)
	heading := ""
	if found := title.FindStringSubmatch(b.Text); found != nil {
		heading = html.UnescapeString(found[1])
	}
	b.Log = append(b.Log, heading)
	return b
}

// Title is the page's heading.
func (b *Browser) Title() string { return b.Log[len(b.Log)-1] }

// Is checks the status and the heading of the page.
func (b *Browser) Is(status int, heading string) *Browser {
	b.t.Helper()
	if b.status != status || b.Title() != heading {
		b.t.Fatalf("the page is %d %q, want %d %q:\n%s", b.status, b.Title(), status, heading, b.Text)
	}
	return b
}
