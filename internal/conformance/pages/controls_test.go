package pages

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// control is something on a page that can be used, as a screen reader finds it.
type control struct {
	id         cdp.BackendNodeID
	role, name string
	isInMain   bool
}

// controls are those of the page, in their order.
func (b *browser) controls() (found []control) {
	b.Helper()
	nodes := call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes
	parents, mains := map[accessibility.NodeID]accessibility.NodeID{}, map[accessibility.NodeID]bool{}
	for _, node := range nodes {
		parents[node.NodeID] = node.ParentID
		mains[node.NodeID] = !node.Ignored && textOf(node.Role) == "main"
	}
	for _, node := range nodes {
		if node.Ignored {
			continue
		}
		one := control{id: node.BackendDOMNodeID, role: textOf(node.Role), name: textOf(node.Name)}
		for id := node.NodeID; id != ""; id = parents[id] {
			one.isInMain = one.isInMain || mains[id]
		}
		found = append(found, one)
	}
	return found
}

func textOf(value *accessibility.Value) string {
	var text string
	if value != nil {
		_ = json.Unmarshal(value.Value, &text) // what is no text has none
	}
	return strings.Join(strings.Fields(text), " ")
}

// control finds the control with a name and one of the roles: in the page's content, if it is there, with the first of
// the roles that there is. A name that ends in … may go on.
func (b *browser) control(name string, roles ...string) control {
	b.Helper()
	all := b.controls()
	prefix, isPrefix := strings.CutSuffix(name, "…")
	isMeant := func(one control) bool {
		return one.name == name || isPrefix && strings.HasPrefix(one.name, prefix)
	}
	for _, isInMain := range []bool{true, false} {
		for _, role := range roles {
			found := slices.DeleteFunc(slices.Clone(all), func(one control) bool {
				return one.role != role || one.isInMain != isInMain || !isMeant(one)
			})
			if len(found) > 1 {
				b.Fatalf("the page has %d times a %s %q:\n%s", len(found), role, name, b.describe())
			}
			if len(found) == 1 {
				return found[0]
			}
		}
	}
	var there []string
	for _, one := range all {
		if slices.Contains(roles, one.role) {
			there = append(there, fmt.Sprintf("%s %q", one.role, one.name))
		}
	}
	b.Fatalf("the page has no %s %q, but %s:\n%s", strings.Join(roles, " or "), name, strings.Join(there, ", "),
		b.describe())
	return control{}
}

// Has reports whether the page has a control with this name.
func (b *browser) Has(name string) bool {
	b.Helper()
	roles := []string{"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "DisclosureTriangle"}
	return slices.ContainsFunc(b.controls(), func(one control) bool {
		return one.name == name && slices.Contains(roles, one.role)
	})
}

// Press presses a button or follows a link, and waits for the page to which that leads.
func (b *browser) Press(name string) *browser {
	b.Helper()
	one := b.control(name, "button", "link")
	b.tell("presses %q", one.name)
	b.leads(func() { b.use(one, kb.Enter) })
	return b
}

// Unfold opens a part of the page by its summary.
func (b *browser) Unfold(name string) *browser {
	b.Helper()
	one := b.control(name, "DisclosureTriangle")
	b.tell("unfolds %q", one.name)
	b.use(one, kb.Enter)
	return b
}

// Fill types into a field, in place of what is in it.
func (b *browser) Fill(label, text string) *browser {
	b.Helper()
	b.tell("fills %q", label)
	b.use(b.control(label, "textbox", "searchbox", "spinbutton"), "")
	b.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(kb.Delete))
	call(b, input.InsertText, input.InsertTextParams{Text: text})
	return b
}

// Choose chooses an option of a list by the keyboard, as it has no page of its own to click on.
func (b *browser) Choose(label, option string) *browser {
	b.Helper()
	b.tell("chooses %q for %q", option, label)
	one := b.control(label, "combobox")
	if b.UsesKeyboard {
		b.reach(one)
	} else {
		call(b, dom.Focus, dom.FocusParams{BackendNodeID: one.id})
	}
	b.do(chromedp.KeyEvent(option))
	var chosen string
	b.ask(`document.activeElement.selectedOptions[0].innerText.trim()`, &chosen)
	if chosen != option {
		b.Fatalf("typing %q in the list %q chooses %q", option, label, chosen)
	}
	return b
}

// Check checks or clears a checkbox, or chooses one of several.
func (b *browser) Check(label string, want bool) *browser {
	b.Helper()
	one := b.control(label, "checkbox", "radio")
	if b.isChecked(one) == want {
		return b
	}
	b.tell("%s %q", map[bool]string{true: "checks", false: "clears"}[want], one.name)
	b.use(one, " ")
	if b.isChecked(one) != want {
		b.Fatalf("the %s %q does not change", one.role, one.name)
	}
	return b
}

// IsChecked reports whether a checkbox is checked.
func (b *browser) IsChecked(label string) bool {
	b.Helper()
	return b.isChecked(b.control(label, "checkbox", "radio"))
}

func (b *browser) isChecked(one control) (is bool) {
	b.Helper()
	b.with(one, `function() { return this.checked }`, &is)
	return is
}

// with calls a function of JavaScript with a control as this.
func (b *browser) with(one control, function string, into any) {
	b.Helper()
	object := call(b, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: one.id}).Object
	yes := true
	got := call(b, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: object.ObjectID, ReturnByValue: &yes,
	})
	if err := read(got.Result, got.ExceptionDetails, into); err != nil {
		b.Fatalf("%v, on the page\n%s", err, b.describe())
	}
}

// use clicks on a control, or goes there by Tab and presses a key, which may be "".
func (b *browser) use(one control, key string) {
	b.Helper()
	if b.UsesKeyboard {
		b.reach(one)
		if key != "" {
			b.do(chromedp.KeyEvent(key))
		}
		return
	}
	var place struct{ X, Y float64 }
	b.with(one, `function() {
		this.scrollIntoView({block: "center", behavior: "instant"});
		const box = this.getClientRects()[0];
		return {x: box.x + box.width / 2, y: box.y + box.height / 2};
	}`, &place)
	b.do(chromedp.MouseClickXY(place.X, place.Y))
}

// reach presses Tab until a control has the focus. From one of several radio buttons, the arrows lead to the others.
func (b *browser) reach(one control) {
	b.Helper()
	const most = 200
	for range most {
		if b.hasFocus(one) {
			return
		}
		key := kb.Tab
		if one.role == "radio" && b.isFocusBeside(one) {
			key = kb.ArrowDown
		}
		b.do(chromedp.KeyEvent(key))
	}
	b.Fatalf("the %s %q cannot be reached by Tab:\n%s", one.role, one.name, b.describe())
}

func (b *browser) hasFocus(one control) (is bool) {
	b.Helper()
	b.with(one, `function() { return this === document.activeElement }`, &is)
	return is
}

// isFocusBeside reports whether a radio button of the same group has the focus.
func (b *browser) isFocusBeside(one control) (is bool) {
	b.Helper()
	b.with(one, `function() {
		const there = document.activeElement;
		return there.type == "radio" && there.name == this.name && there.form == this.form;
	}`, &is)
	return is
}

func quoted(text string) string {
	literal, _ := json.Marshal(text) // a text can be written
	return string(literal)
}
