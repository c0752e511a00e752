// Package pages tests the license authority's pages in a browser, a headless Chromium, with the real programs:
// `make pages` runs it. The test binary starts itself again in namespaces of its own, whose network has nothing but a
// loopback device; all processes end with it. build/pages has pictures of the pages, a table of them (table.txt), and
// what the tests have done (journey.log).
//
// # How a test is written
//
//	a := newAuthority(t, "--sign-up")             // `licenseserver serve` with flags, at a.URL, in an empty workspace
//	a.member("ada@example.com", "--admin")        // joins with password; flags are those of `member add`
//	link := a.invite("bob@example.com")           // or only gets a link
//	a.do("license", "assign", "ada@example.com")  // any command of licenseserver; returns what it prints
//	b := newBrowser(t, a).As("Ada")               // cookies of its own; a name for the log
//	b.LogIn("ada@example.com")
//	b.Open("/workspace/members").Is(200, "Users & Licenses").Look("members")
//	b.Fill("Email address", "bob@example.com").Choose("Member Role", "Workspace Admin").Press("Invite")
//	b.Is(422, "Users & Licenses").Shows("There is a member with this email address.")
//
// Fields, buttons and links are found as a screen reader finds them, by their names in the accessibility tree: a label,
// a text, an aria-label. "End session 2…" is any name that begins so. What is in <main> comes first. Press waits
// for the page to which a button or a link leads; Unfold, Check and Choose lead to none. With UsesKeyboard, all of that
// is done with Tab, Enter, the space bar and the arrows. Texts are those that one sees, with single spaces.
//
// Look checks the page that is shown, in two widths and two color schemes: axe-core, no scrolling sideways, less than
// 50 KB, everything in order by Tab. Each page of the site is looked at once, in each of its states that look
// different, under a name of its own. Whatever Chromium complains about, such as what the Content-Security-Policy
// blocks, fails the test at once.
//
// Scripts are disabled, except while axe-core runs: b.allowScripts(true) enables them. evaluate works anyway: it runs
// beside the page. `call(b, page.Navigate, page.NavigateParams{…})` is any command of DevTools. Names below .test lead
// to 127.0.0.1, so http://evil.test:PORT is another site. Nothing of a secret may be in an error or in the log; masked
// hides tokens and links.
//
// To run one test, export CLIENTS_ROOT as `make pages` prints it, and run `go test -run NAME ./pages` in
// internal/conformance. Tests call t.Parallel, and share nothing but Chromium.
package pages
