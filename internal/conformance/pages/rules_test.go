package pages

// checkRules checks what axe-core has no rule for.
func (b *browser) checkRules(name string) {
	b.Helper()
	var broken []string
	b.ask(rules, &broken)
	for _, one := range broken {
		b.Errorf("the page %s: %s", name, masked(one))
	}
	seen := map[string]bool{}
	for _, one := range b.controls() {
		if one.role != "button" {
			continue
		}
		if seen[one.name] {
			b.Errorf("the page %s has two buttons with the name %q", name, one.name)
		}
		seen[one.name] = true
	}
}

// rules returns a sentence for each rule that the page breaks.
const rules = `(() => {
	const broken = [], all = selector => [...document.querySelectorAll(selector)];
	const check = (isRight, what) => { if (!isRight) broken.push(what) };
	const title = document.title, heading = (document.querySelector("h1") || {innerText: ""}).innerText;
	check(all("h1").length == 1, "it has " + all("h1").length + " headings of the first level");
	check(heading && title.includes(heading), "the title " + title + " does not have the heading " + heading);
	check(!all("script").length, "it has a script");
	for (const time of all("time")) {
		check(!isNaN(Date.parse(time.dateTime)), "a time has no exact time: " + time.outerHTML);
	}
	for (const field of all("input:not([type=hidden]), select, textarea")) {
		const isInvalid = field.matches("[aria-invalid=true], [aria-invalid=true] *");
		check(!isInvalid || title.startsWith("Error: "), "the title of a page with an error is " + title);
	}
	for (const field of all("[aria-invalid=true]")) {
		const texts = (field.getAttribute("aria-describedby") || "").split(" ").map(id => document.getElementById(id));
		check(texts.some(text => text && text.matches(".error")), "a field has no error beside it: " + field.outerHTML);
	}
	return broken;
})()`
