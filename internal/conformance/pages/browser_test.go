package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is a browser with cookies of its own, in which one page is open. Scripts are disabled, as for somebody who
// does not want them.
type browser struct {
	testing.TB
	// Site is the address of the authority, without a slash at the end.
	Site string
	// UsesKeyboard reports whether somebody uses the keyboard only.
	UsesKeyboard bool

	ctx      context.Context
	frame    cdp.FrameID
	who      string // in the log; may be empty
	isZoomed bool
	// looks reports whether Look does something.
	looks bool
	// keeps reports whether what Look finds is kept, as the pictures are.
	keeps bool

	mu         sync.Mutex
	loader     cdp.LoaderID // of the document that is shown
	isLoaded   bool
	status     int64 // of its answer
	bytes      int   // of it, and of all that it has loaded
	within     int   // how often a link has led to a part of the same page
	complaints []string
}

// startChromium starts the browser that all tests share.
var startChromium = sync.OnceValue(func() error { return chromedp.Do(chromium) })

// newBrowser opens a browser, in which nobody is logged in.
func newBrowser(t testing.TB, site *authority) *browser {
	t.Helper()
	if err := startChromium(); err != nil {
		t.Fatalf("cannot start chromium: %v", err)
	}
	b := &browser{TB: t, Site: site.URL, keeps: true, looks: true}
	var cancel context.CancelFunc
	b.ctx, cancel = chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	slow := time.AfterFunc(patience, cancel) // a context with a deadline would end the page
	defer slow.Stop()
	if err := chromedp.Listen(b.ctx, b.hear); err != nil {
		t.Fatalf("cannot open a page: %v", err)
	}
	b.frame = cdp.FrameID(chromedp.FromContext(b.ctx).Target.TargetID)
	call(b, log.Enable, cdp.Empty{})
	call(b, network.Enable, network.EnableParams{})
	call(b, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	call(b, page.SetLifecycleEventsEnabled, page.SetLifecycleEventsEnabledParams{Enabled: true})
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.allowScripts(false)
	b.resize(1280, "light")
	t.Cleanup(b.check)
	return b
}

// Zoom makes all texts twice as large from now on, as the browser's settings do. A page then still must not scroll
// sideways.
func (b *browser) Zoom() *browser {
	b.Helper()
	b.isZoomed = true
	call(b, page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: 32, Fixed: 26}})
	return b
}

// As gives the browser's user a name for the log.
func (b *browser) As(who string) *browser {
	b.who = who
	return b
}

// try runs a command of DevTools.
func try[P, R any](b *browser, command cdp.Command[P, R], params P) (R, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Call(ctx, command, params)
}

// call runs a command of DevTools that must not fail.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.Helper()
	result, err := try(b, command, params)
	if err != nil {
		b.Fatalf("%s: %v, on the page\n%s", command.Method, err, b.describe())
	}
	return result
}

// do runs actions that must not fail.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.Fatalf("%v, on the page\n%s", err, b.describe())
	}
}

func (b *browser) allowScripts(allowed bool) {
	b.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
}

// evaluate evaluates an expression of JavaScript beside the page, which cannot see that.
func (b *browser) evaluate(expression string, into any) error {
	world, err := try(b, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: b.frame, WorldName: "tests"})
	if err != nil {
		return err
	}
	yes := true
	got, err := try(b, runtime.Evaluate, runtime.EvaluateParams{
		Expression: expression, ContextID: world.ExecutionContextID, ReturnByValue: &yes, AwaitPromise: &yes,
	})
	if err != nil {
		return err
	}
	return read(got.Result, got.ExceptionDetails, into)
}

// read reads what JavaScript has returned.
func read(result *runtime.RemoteObject, thrown *runtime.ExceptionDetails, into any) error {
	if thrown != nil {
		return errors.New(thrownText(thrown))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(result.Value, into)
}

func thrownText(thrown *runtime.ExceptionDetails) string {
	if thrown.Exception != nil {
		return thrown.Exception.Description
	}
	return thrown.Text
}

// ask evaluates an expression that must not fail.
func (b *browser) ask(expression string, into any) {
	b.Helper()
	if err := b.evaluate(expression, into); err != nil {
		b.Fatalf("%v, on the page\n%s", err, b.describe())
	}
}

// hear notes what happens.
func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument && e.FrameID == b.frame {
			b.status = e.Response.Status
		}
	case *network.EventLoadingFinished:
		b.bytes += int(e.EncodedDataLength)
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument && e.FrameID == b.frame {
			b.bytes = 0
		}
	case *page.EventLifecycleEvent:
		b.hearOfPage(e)
	case *page.EventNavigatedWithinDocument:
		b.within++
	case *log.EventEntryAdded:
		// That the page itself is an error says its status.
		if e.Entry.Source == log.EntrySourceNetwork && strings.Contains(e.Entry.Text, "the server responded with a status") {
			return
		}
		b.complaints = append(b.complaints, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, "script: "+thrownText(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, "console: "+string(e.Type))
	}
}

func (b *browser) hearOfPage(e *page.EventLifecycleEvent) {
	if e.FrameID != b.frame {
		return
	}
	switch e.Name {
	case "init":
		b.loader, b.isLoaded = e.LoaderID, false
	case "load":
		b.isLoaded = b.isLoaded || e.LoaderID == b.loader
	}
}

// check fails the test if the browser has complained about a page.
func (b *browser) check() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.complaints {
		b.Errorf("the browser complains: %s", masked(complaint))
	}
	b.complaints = nil
}

// Open shows a page: a path of the site, or an address.
func (b *browser) Open(address string) *browser {
	b.Helper()
	b.tell("opens %s", address)
	if strings.HasPrefix(address, "/") {
		address = b.Site + address
	}
	b.leads(func() {
		if got := call(b, page.Navigate, page.NavigateParams{URL: address}); got.ErrorText != "" {
			b.Fatalf("cannot open a page: %s", got.ErrorText)
		}
	})
	return b
}

// leads does something that leads to another page, and waits until that is shown.
func (b *browser) leads(act func()) {
	b.Helper()
	b.mu.Lock()
	before, within := b.loader, b.within
	b.mu.Unlock()
	act()
	b.await("another page is shown", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.loader != before && b.isLoaded || b.within != within
	})
	if b.isZoomed {
		b.scrollsNotSideways(b.Path())
	}
	b.tell("  → %d %s", b.Status(), b.Heading())
	if done := b.Said(); done != "" {
		b.tell("  → %s", done)
	}
}

func (b *browser) await(what string, isSo func() bool) {
	b.Helper()
	for until := time.Now().Add(patience); !isSo(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(until) {
			b.Fatalf("after %s, it is still not so that %s, but\n%s", patience, what, b.describe())
		}
	}
}

// tell writes a line to the log of the test.
func (b *browser) tell(format string, values ...any) {
	line := fmt.Sprintf(format, values...)
	if b.who != "" {
		line = b.who + " " + line
	}
	tell(b.Name(), line)
}

// describe is what the page is, without secrets.
func (b *browser) describe() string {
	var text string
	if err := b.evaluate(`document.body ? document.body.innerText : ""`, &text); err != nil {
		text = err.Error()
	}
	return masked(text)
}
