package pages

import (
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
)

// Status is the status of the page's answer.
func (b *browser) Status() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int(b.status)
}

// Path is the path of the page, with its query.
func (b *browser) Path() (path string) {
	b.Helper()
	b.ask(`location.href.replace(location.origin, "")`, &path)
	return path
}

// Heading is the page's heading.
func (b *browser) Heading() (text string) {
	b.Helper()
	b.ask(`(document.querySelector("h1") || {innerText: ""}).innerText`, &text)
	return text
}

// Said is the sentence about what was just done.
func (b *browser) Said() (text string) {
	b.Helper()
	b.ask(`(document.querySelector("[role=status]") || {innerText: ""}).innerText`, &text)
	return text
}

// Text is what the page's content says, with single spaces.
func (b *browser) Text() (text string) {
	b.Helper()
	b.ask(`(document.querySelector("main") || document.body).innerText`, &text)
	return strings.Join(strings.Fields(text), " ")
}

// Find returns the text of the first element of a CSS selector; "" if there is none.
func (b *browser) Find(selector string) (text string) {
	b.Helper()
	b.ask(`(document.querySelector(`+quoted(selector)+`) || {innerText: ""}).innerText.trim()`, &text)
	return text
}

// Is checks the status and the heading of the page.
func (b *browser) Is(status int, heading string) *browser {
	b.Helper()
	if b.Status() != status || b.Heading() != heading {
		b.Fatalf("the page is %d %q, want %d %q:\n%s", b.Status(), b.Heading(), status, heading, b.describe())
	}
	return b
}

// Shows checks that the page's content has these texts.
func (b *browser) Shows(texts ...string) *browser {
	b.Helper()
	for _, text := range texts {
		if !strings.Contains(b.Text(), text) {
			b.Errorf("the page does not say %q:\n%s", masked(text), b.describe())
		}
	}
	return b
}

// Becomes loads the page again until its content has a text.
func (b *browser) Becomes(text string) *browser {
	b.Helper()
	for until := time.Now().Add(patience); !strings.Contains(b.Text(), text); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			b.Fatalf("after %s, the page does not say %q:\n%s", patience, text, b.describe())
		}
		b.leads(func() { call(b, page.Reload, page.ReloadParams{}) })
	}
	return b
}

// Lacks checks that the page's content has none of these texts.
func (b *browser) Lacks(texts ...string) *browser {
	b.Helper()
	for _, text := range texts {
		if strings.Contains(b.Text(), text) {
			b.Errorf("the page says %q:\n%s", masked(text), b.describe())
		}
	}
	return b
}

// LogIn logs in at the login page.
func (b *browser) LogIn(email string) *browser {
	b.Helper()
	b.Open("/login").Fill("Email address", email).Fill("Password", password).Press("Log in")
	if b.Status() != 200 || strings.HasPrefix(b.Path(), "/login") {
		b.Fatalf("the login of %s leads to %d %s:\n%s", email, b.Status(), b.Path(), b.describe())
	}
	return b
}
