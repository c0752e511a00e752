package web

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
)

// reply is the answer to a visit: a page, or a way to another one.
type reply struct {
	status int
	// page is the name of the page's template, and data what it shows.
	page string
	data any
	// file is sent as it is.
	file *file
	// location is where a visitor is sent to.
	location string
	// cookie, that of the session, is set or removed; and so is attempt, that of a login with the OIDC provider.
	cookie, attempt *http.Cookie

	retryAfter time.Duration
	// message is what the access log says, cause the error behind it, and login how an attempt to log in has ended.
	message string
	cause   error
	login   api.Login
}

// file is content that is the same for everybody.
type file struct {
	kind    string
	content []byte
	// isKept reports whether browsers may keep it.
	isKept bool
}

// show answers with a page.
func show(page string, data any) *reply { return &reply{status: http.StatusOK, page: page, data: data} }

// redirect sends the visitor to another page of the site, which is asked for by GET.
func redirect(location string) *reply { return &reply{status: http.StatusSeeOther, location: location} }

// notice is a page with nothing but a title, what happened, and what to do.
type notice struct {
	Title, Text string
	// Done says what has just been done; empty for nothing.
	Done string
	// Command is what to type in a terminal; may be empty.
	Command string
	// Link and LinkText lead to where it goes on; may be empty.
	Link, LinkText string
}

// refuse answers with a notice.
func refuse(status int, message string, what notice) *reply {
	return &reply{status: status, page: "notice", data: what, message: message}
}

// fail answers with an error of the store. A refusal says by itself what is wrong. Anything else does not work here,
// and the visitor does not learn what: that is in the log.
func fail(cause error) *reply {
	if refusal, ok := errors.AsType[authority.Refusal](cause); ok {
		return refuseAs(refusal)
	}
	failure := refuse(http.StatusInternalServerError, "server.internal", notice{
		Title: "This server has a problem",
		// A database that is lost while it commits may have done so.
		Text: "It cannot answer now, and may not have done what you wanted. Look, or try again, in a minute; the server's " +
			"log says what is wrong.",
	})
	failure.cause = cause
	if errors.Is(cause, context.DeadlineExceeded) || authority.IsBusy(cause) { // it may be there the next time
		failure.status, failure.retryAfter = http.StatusServiceUnavailable, time.Minute // as the notice says
	}
	return failure
}

// refuseAs answers with a refusal of the store that is about no field of a form.
func refuseAs(refusal authority.Refusal) *reply {
	what := notice{Title: "This is not possible", Text: sentence(refusal), Link: "/", LinkText: "Go to the first page"}
	switch refusal.Verdict {
	case authority.NotAllowed:
		return forbid()
	case authority.NotFound:
		what.Title = "Not found"
		return refuse(http.StatusNotFound, "request.unknown", what)
	case authority.Conflict:
		return refuse(http.StatusConflict, "request.conflict", what)
	}
	return refuse(http.StatusUnprocessableEntity, "request.invalid", what)
}

// forbid answers to a member who may not do what they asked for.
func forbid() *reply {
	return refuse(http.StatusForbidden, "request.permission", notice{
		Title: "You may not do this",
		Text:  "It needs a permission that you do not have. An Admin of your workspace can give it to you.",
		Link:  "/", LinkText: "Go to the first page",
	})
}

// later answers that the visitor asked too often, or the server has too much to do.
func later(status int, message string, wait time.Duration) *reply {
	text := "Too many attempts. Try again in " + inWords(wait) + "."
	if status == http.StatusServiceUnavailable {
		text = "The server is busy. Try again in " + inWords(wait) + "."
	}
	refusal := refuse(status, message, notice{Title: "Please wait", Text: text})
	refusal.retryAfter = wait
	return refusal
}

// inWords is a time to wait, rounded up.
func inWords(wait time.Duration) string {
	count, unit := int(math.Ceil(wait.Seconds())), "second"
	if count > 60 {
		count, unit = int(math.Ceil(wait.Minutes())), "minute"
	}
	if count != 1 {
		unit += "s"
	}
	return strconv.Itoa(count) + " " + unit
}

// policy allows what the pages use: our style sheet, and forms to us.
const policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'"

// setHeaders sets what every answer has.
func setHeaders(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("Cache-Control", "no-store") // pages depend on who asks, and may show a secret
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY") // for browsers without frame-ancestors
	// Links of invitations are secrets. "no-referrer" would take the origin from our own forms, too.
	header.Set("Referrer-Policy", "same-origin")
}

// write sends the reply.
func (s *Site) write(w http.ResponseWriter, v *visit, answer *reply) {
	header := w.Header()
	setHeaders(header)
	for _, cookie := range []*http.Cookie{answer.attempt, answer.cookie} {
		if cookie != nil {
			http.SetCookie(w, cookie)
		}
	}
	if answer.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(answer.retryAfter.Seconds()))))
	}
	if answer.location != "" {
		header.Set("Location", answer.location)
		w.WriteHeader(answer.status)
		return
	}
	if answer.file != nil {
		if answer.file.isKept {
			header.Set("Cache-Control", "max-age=86400")
		}
		header.Set("Content-Type", answer.file.kind)
		_, _ = w.Write(answer.file.content) // the visitor may have gone
		return
	}
	var content bytes.Buffer
	// Fails only where a template and its data do not fit together, which every page's test would show.
	if err := s.templates[answer.page].ExecuteTemplate(&content, "layout", s.frameOf(v, answer)); err != nil {
		api.RecordOf(v.Request).Cause = err
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(answer.status)
	_, _ = w.Write(content.Bytes()) // the visitor may have gone
}
