package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// sentForm is a form of a page, with what a browser would send.
type sentForm struct {
	action, method string
	values         url.Values
	// buttons are the names and values of its buttons that have some.
	buttons []string
}

// forms are the forms of a page.
func (p page) forms() []sentForm {
	p.Helper()
	root, err := html.Parse(strings.NewReader(p.text))
	p.must(err)
	var found []sentForm
	for node := range root.Descendants() {
		if node.Data == "form" {
			one := sentForm{action: attribute(node, "action"), method: attribute(node, "method"), values: url.Values{}}
			for field := range node.Descendants() {
				one.read(field)
			}
			found = append(found, one)
		}
	}
	return found
}

// read takes up a field as a browser does that nobody has touched.
func (f *sentForm) read(node *html.Node) {
	name, value := attribute(node, "name"), attribute(node, "value")
	kind := attribute(node, "type")
	isChoice := kind == "radio" || kind == "checkbox"
	switch {
	case node.Data == "button" && name != "":
		f.buttons = append(f.buttons, name+"="+value)
	case node.Data == "input" && name != "" && (!isChoice || has(node, "checked")):
		f.values.Add(name, value)
	case node.Data == "select":
		for option := range node.Descendants() {
			if option.Data == "option" && !f.values.Has(name) {
				f.values.Set(name, attribute(option, "value"))
			}
		}
	}
}

func attribute(node *html.Node, name string) string {
	for _, one := range node.Attr {
		if one.Key == name {
			return one.Val
		}
	}
	return ""
}

func has(node *html.Node, name string) bool {
	return slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// submit sends a form of a page, with one of its buttons.
func (b *browser) submit(form sentForm, button string) page {
	b.Helper()
	values := url.Values{}
	for name, value := range form.values {
		values[name] = value
	}
	if name, value, ok := strings.Cut(button, "="); ok {
		values.Set(name, value)
	}
	return b.send(http.MethodPost, form.action, values.Encode())
}

// form is the form of a page with an action.
func (p page) form(action string) sentForm {
	p.Helper()
	for _, one := range p.forms() {
		if one.action == action {
			return one
		}
	}
	p.Fatalf("the page has no form for %s:\n%s", action, p.text)
	return sentForm{}
}
