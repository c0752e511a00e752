package web

import "net/url"

// licenseIssued is what a member is told who has assigned a license to themselves.
const licenseIssued = "You have a license. Licenses count at the next start of a container."

// done are the sentences about what has happened, and what to do next, by what the address of a page says. A form
// leads back to its page with such an address, so that loading that again does not send the form again.
var done = map[string]string{
	"license-issued":       licenseIssued + " Start yours.",
	"license-issued-first": licenseIssued + " Now create your Auth Token.",
	"license-returned":     "You gave the license back. Licenses count at the next start of a container.",
	"joined":               "Your password was set, and you are logged in.",
	"sign-up": "Your workspace was created, with a trial license for one member. Issue it to yourself on My License, " +
		"then create your Auth Token.",

	"member": "Role and permissions were saved. They are in force at once.",
	"member-own": "Your role and permissions were saved. They are in force at once: you can no longer see the other " +
		"members.",
	"member-twice": "The form was sent twice, and the member was added once. If you did not keep the link of the first " +
		"answer, create a new one here.",
	"member-removed": "The member was removed. Their tokens, sessions and links are refused at once, and their license " +
		"can be assigned to somebody else.",
	"link-twice": "The form was sent twice, and one link was created. If you did not keep it, create a new one here.",

	"license-assigned": "The license was assigned. Licenses count at the next start of a container.",
	"license-unassigned": "The license was unassigned, and can be assigned to somebody else. Licenses count at the next " +
		"start of a container.",
	"token":         "The token was revoked. " + runsOn("it"),
	"session":       "The session was ended. That browser has to log in again.",
	"sessions":      "All other sessions were ended. Those browsers have to log in again.",
	"name":          "Your name was saved.",
	"password":      "Your password was changed, and all other sessions were ended. Log in with the new one there.",
	"token-revoked": "The token was revoked. " + runsOn("it") + " You can create another one here, or with lstk login.",

	"ci-key-renamed":    "The CI key was renamed.",
	"ci-key-assigned":   "The license was assigned. It counts at the next start of a container with the key.",
	"ci-key-unassigned": "The license was unassigned. " + runsOnCI("the key"),
	"ci-key-revoked":    "The CI key was revoked. " + runsOnCI("it"),
}

// redirectDone leads to a page, which says what was done.
func redirectDone(path, what string) *reply {
	return redirect(path + "?" + url.Values{"done": {what}}.Encode())
}
