package web

import "net/url"

// done are the sentences about what has happened, and what to do next, by what the address of a page says. A form
// leads back to its page with such an address, so that loading that again does not send the form again.
var done = map[string]string{
	"session":  "The session was ended.",
	"sessions": "All other sessions were ended.",
}

// redirectDone leads to a page, which says what was done.
func redirectDone(path, what string) *reply {
	return redirect(path + "?" + url.Values{"done": {what}}.Encode())
}
