package pages

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"localstack-entrypoint/internal/conformance/kit"
)

// maxBytes is what a page may have, with all that it loads.
const maxBytes = 50_000

// The widths and the schemes in which each page is looked at: of a desk and of a phone.
var (
	widths  = []int{1280, 390}
	schemes = []string{"light", "dark"}
)

// Look checks the page that is shown, in every width and scheme: with axe-core, for its size, for scrolling sideways,
// and by Tab. It keeps pictures of it: build/pages/NAME-WIDTH-SCHEME.png. The page stays as it is, but nothing has the
// focus. A page that was looked at under this name is not looked at again.
func (b *browser) Look(name string) *browser {
	b.Helper()
	b.check()
	if !b.looks || !claim(name, b.Path()) {
		return b
	}
	b.mu.Lock()
	bytes := b.bytes
	b.mu.Unlock()
	if bytes == 0 || bytes >= maxBytes {
		b.Errorf("the page %s has %d bytes with all that it loads", name, bytes)
	}
	b.checkRules(name)
	for _, width := range widths {
		for _, scheme := range schemes {
			b.resize(width, scheme)
			b.scrollsNotSideways(fmt.Sprintf("%s in a width of %d", name, width))
			b.Picture(fmt.Sprintf("%s-%d-%s", name, width, scheme))
			b.ask(unfoldAll, nil)
			b.scrollsNotSideways(fmt.Sprintf("%s, unfolded, in a width of %d", name, width))
			found := b.axe(name)
			b.ask(foldAgain, nil)
			if found.page, found.width, found.scheme, found.bytes = name, width, scheme, bytes; b.keeps {
				note(found)
			}
		}
	}
	b.resize(widths[0], schemes[0])
	b.tabThrough(name)
	return b
}

// resize makes the page as wide as that, in a color scheme.
func (b *browser) resize(width int, scheme string) {
	b.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(width), Height: 900, DeviceScaleFactor: 1, Mobile: width < 600,
	})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

func (b *browser) scrollsNotSideways(page string) {
	b.Helper()
	var over struct {
		By    int
		Where string
	}
	b.ask(`(() => {
		const root = document.documentElement, by = root.scrollWidth - root.clientWidth;
		const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > root.clientWidth);
		return {by, where: wide.map(e => e.outerHTML.slice(0, 80)).slice(-3).join("\n")};
	})()`, &over)
	if over.By > 0 {
		b.Errorf("the page %s scrolls sideways, by %d pixels, because of\n%s", page, over.By, masked(over.Where))
	}
}

// Picture writes a picture of the page to build/pages. Secrets on it are replaced for it.
func (b *browser) Picture(name string) {
	b.Helper()
	if !b.keeps {
		return
	}
	b.ask(hideSecrets, nil)
	yes := true
	picture := call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &yes}).Data
	b.ask(showSecrets, nil)
	if err := os.WriteFile(filepath.Join(output, name+".png"), picture, 0o644); err != nil {
		b.Fatal(err)
	}
}

// What can be unfolded is checked unfolded, even where one such part folds another.
const (
	unfoldAll = `(() => {
	const all = [...document.querySelectorAll("details")];
	window.folded = all.map(e => [e, e.open, e.name]);
	for (const e of all) e.name = "";
	for (const e of all) e.open = true;
})()`
	foldAgain = `for (const [e, open, name] of window.folded) { e.open = open; e.name = name }`
)

// What hideSecrets and showSecrets do to the texts and fields of the page.
const (
	hideSecrets = `(() => {
	const secret = /(ls[a-z]*-)[A-Za-z0-9]{8}((?:-[A-Za-z0-9]{4}){3}-[A-Za-z0-9]{12})|(\/invite\/)([\w-]{10,})/g;
	const hidden = text => text.replace(secret, (all, kind) => all.replace(/[A-Za-z0-9]/g, "x").replace(/^.*?[-/]/,
		start => kind || start));
	window.shown = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node; node = walk.nextNode();) {
		if (hidden(node.data) != node.data) { shown.push([node, "data", node.data]); node.data = hidden(node.data) }
	}
	for (const field of document.querySelectorAll("input, textarea")) {
		if (hidden(field.value) == field.value) continue;
		shown.push([field, "value", field.value]);
		field.value = hidden(field.value);
	}
})()`
	showSecrets = `for (const [node, name, text] of window.shown) node[name] = text`
)

// axeSource is axe-core, of https://github.com/dequelabs/axe-core.
var axeSource = sync.OnceValues(func() (string, error) {
	for _, layer := range filepath.SplitList(kit.Root) {
		source, err := os.ReadFile(filepath.Join(layer, "opt/axe/node_modules/axe-core/axe.min.js"))
		if err == nil {
			return string(source), nil
		}
	}
	return "", fmt.Errorf("there is no axe-core in CLIENTS_ROOT: make pages says why")
})

// axe checks the page with all rules of axe-core. Scripts are enabled meanwhile, as axe-core is one.
func (b *browser) axe(name string) result {
	b.Helper()
	source, err := axeSource()
	if err != nil {
		b.Skip(err)
	}
	type rule struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	var report struct{ Passes, Violations, Incomplete []rule }
	b.allowScripts(true)
	var isThere bool
	if b.ask(`typeof axe == "object"`, &isThere); !isThere {
		b.ask(source+";null", nil)
	}
	b.ask(`axe.run({runOnly: {type: "tag", values: `+axeTags+`}, rules: {"target-size": {enabled: true}}})`, &report)
	b.allowScripts(false)
	found := result{rules: len(report.Passes)}
	for _, one := range report.Passes {
		found.checks += len(one.Nodes)
	}
	for _, one := range slices.Concat(report.Violations, report.Incomplete) {
		found.violations += len(one.Nodes)
		for _, node := range one.Nodes {
			b.Errorf("the page %s: %s (%s): %s\n%s", name, one.Help, one.ID, masked(node.HTML), masked(node.FailureSummary))
		}
	}
	if found.rules == 0 {
		b.Errorf("axe-core has checked nothing on the page %s", name)
	}
	return found
}

const axeTags = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`

// tabThrough checks that Tab leads through everything that can be used, in its order, and that one sees where it is.
func (b *browser) tabThrough(name string) {
	b.Helper()
	var wanted []string
	b.ask(usable, &wanted)
	var reached []string
	for range len(wanted) {
		b.do(chromedp.KeyEvent(kb.Tab))
		var at struct {
			Name      string
			IsVisible bool
		}
		b.ask(focused, &at)
		reached = append(reached, at.Name)
		if !at.IsVisible {
			b.Errorf("the page %s does not show that the focus is at %s", name, at.Name)
		}
	}
	b.ask(`document.activeElement.blur()`, nil)
	if !slices.Equal(wanted, reached) {
		b.Errorf("Tab leads on the page %s to\n%s\nwant\n%s", name, strings.Join(reached, "\n"), strings.Join(wanted, "\n"))
	}
}

// usable marks everything that can be used, in the order of the page, and leads Tab to its beginning. Of radio buttons,
// Tab leads to the chosen one or the first; the arrows lead to the others.
const usable = `(() => {
	const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(e =>
		!e.disabled && e.type != "hidden" && e.checkVisibility({visibilityProperty: true}));
	const named = (e, i) => i + " " + e.localName + " " + (e.ariaLabel || e.innerText || e.name || "").trim().slice(0, 40);
	const group = e => all.filter(o => o.type == "radio" && o.name == e.name && o.form == e.form);
	const stops = all.filter(e => e.type != "radio" || (group(e).find(o => o.checked) || group(e)[0]) == e);
	window.stops = stops;
	const root = document.documentElement;
	root.tabIndex = -1;
	root.focus();
	root.removeAttribute("tabindex");
	return stops.map(named);
})()`

const focused = `(() => {
	const e = document.activeElement, i = window.stops ? window.stops.indexOf(e) : -1, style = getComputedStyle(e);
	const name = i + " " + e.localName + " " + (e.ariaLabel || e.innerText || e.name || "").trim().slice(0, 40);
	const box = e.getBoundingClientRect();
	const isVisible = box.right > 0 && box.bottom > 0 && box.width > 0 && style.outlineStyle != "none";
	return {name, isVisible};
})()`
