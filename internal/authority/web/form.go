package web

import (
	"cmp"
	"crypto/rand"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"localstack-entrypoint/internal/authority"
)

// form is what somebody has typed into a form, and what is wrong with it.
type form struct {
	typed    url.Values
	problems map[string]string // by field; "" for what is wrong with the whole
	// focused is the field that has the focus: the first one of the page with a problem.
	focused *string
}

// formOf is what a visitor has sent. Passwords are never shown again.
func formOf(v *visit) form {
	_ = v.ParseForm() // what could be read counts
	return form{typed: v.PostForm, problems: make(map[string]string), focused: new(string)}
}

// Value is what was typed into a field.
func (f form) Value(field string) string { return f.typed.Get(field) }

// Has reports whether a value of a field was chosen.
func (f form) Has(field, value string) bool {
	for _, chosen := range f.typed[field] {
		if chosen == value {
			return true
		}
	}
	return false
}

// problem is what is wrong with a field.
type problem struct{ Field, Text string }

// Problem is what is wrong with a field, or with the whole form for ""; nil if nothing is.
func (f form) Problem(field string) *problem {
	if text, ok := f.problems[field]; ok {
		return &problem{field, text}
	}
	return nil
}

// HasProblem reports whether the form was not accepted.
func (f form) HasProblem() bool { return len(f.problems) > 0 }

// Mark returns the attributes of a field that has a problem. The first one of the page has the focus. hints are the IDs
// of texts that describe the field anyway.
func (f form) Mark(field string, hints ...string) template.HTMLAttr {
	describedBy := ""
	for _, hint := range hints {
		describedBy += " " + hint
	}
	if f.Problem(field) == nil {
		if describedBy == "" {
			return ""
		}
		return template.HTMLAttr(`aria-describedby="` + describedBy[1:] + `"`) //nolint:gosec // IDs of our own
	}
	focus := ""
	if *f.focused = cmp.Or(*f.focused, field); *f.focused == field {
		focus = "autofocus "
	}
	return template.HTMLAttr(`aria-invalid="true" ` + focus + `aria-describedby="` + //nolint:gosec // IDs of our own
		field + "-error" + describedBy + `"`)
}

// refused notes a refusal beside its field, or above the form if it is about none of the fields. It reports whether
// err is one. Several may be joined.
func (f form) refused(err error, fields ...string) bool {
	refusals := authority.Refusals(err)
	for _, refusal := range refusals {
		field := ""
		if slices.Contains(fields, refusal.Field) {
			field = refusal.Field
		}
		f.problems[field] = sentence(refusal)
	}
	return len(refusals) > 0
}

// keep shows what an answer says above the form, with what was typed, and not on a page of its own.
func (f form) keep(answer *reply, page string, data any) *reply {
	if said, ok := answer.data.(notice); ok {
		f.problems[""] = said.Text
		answer.page, answer.data = page, data
	}
	return answer
}

// unacceptable answers with a page whose form was not accepted.
func unacceptable(page string, data any, message string) *reply {
	return &reply{status: http.StatusUnprocessableEntity, page: page, data: data, message: message}
}

// once is a hidden field that makes a form count once, however often it is sent: see [authority.WithForm].
func once() template.HTML {
	return template.HTML(`<input type="hidden" name="form" value="` + rand.Text() + `">`) //nolint:gosec // letters, digits
}

// isSentBefore reports whether an error says that a form has counted before: its button was pressed twice, or the page
// of its answer was loaded again. A secret that was made then was shown then, and cannot be shown again.
func isSentBefore(err error) bool {
	refusal, ok := errors.AsType[authority.Refusal](err)
	return ok && refusal.Verdict == authority.Conflict && refusal.Field == "form"
}
