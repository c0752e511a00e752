package licensing

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/license"
)

func refuses(status int, message string) func(*handler, question) *api.Answer {
	return func(*handler, question) *api.Answer { return api.Refuse(status, message) }
}

func limits(*handler, question) *api.Answer { return tooOften(simulatedRetry) }

func fails(_ *handler, q question) *api.Answer {
	return api.Fail(errors.New("a test token simulates it")).To(q.token.ID)
}

// testDocument is the document of a test token at a time, not yet signed. The answer is nil unless a real token would
// be refused as well.
func (h *handler) testDocument(q question, now time.Time) (license.Document, *api.Answer) {
	// No row of the database: it takes no seat, and nothing changes it.
	only := &authority.License{
		ID:       strings.Replace(q.token.ID, "token_", "license_", 1),
		Plan:     testType,
		Status:   license.StatusActive,
		Products: []license.Product{{Name: license.ProductName, Version: "*"}},
		Expires:  now.Add(testPeriod),
		Assigned: true,
	}
	return h.documentFor(q, only, now)
}

// changed answers with a document that change has signed.
func changed(change func(document *license.Document, key string)) func(*handler, question) *api.Answer {
	return func(h *handler, q question) *api.Answer {
		document, refusal := h.testDocument(q, h.now())
		if refusal != nil {
			return refusal
		}
		change(&document, q.credential.Reveal())
		return &api.Answer{Status: http.StatusOK, Body: document}
	}
}

func signRight(document *license.Document, key string) { document.Sign(key) }

func signWrong(document *license.Document, key string) { document.Sign("another " + key) }

func forOldVersion(document *license.Document, key string) {
	document.Products = []license.Product{{Name: license.ProductName, Version: "0.1"}}
	document.Sign(key)
}

func ahead(h *handler, q question) *api.Answer {
	now := h.now().Add(simulatedLead)
	document, answer := h.testDocument(q, now)
	if answer == nil {
		document.Sign(q.credential.Reveal())
		answer = &api.Answer{Status: http.StatusOK, Body: document}
	}
	return raw(answer.Status, func(w http.ResponseWriter) {
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		answer.Write(w)
	})
}

// raw answers with what write sends.
func raw(status int, write func(http.ResponseWriter)) *api.Answer {
	return &api.Answer{Status: status, Raw: func(w http.ResponseWriter, _ *http.Request) { write(w) }}
}

const (
	signInPage = "<!DOCTYPE html>\n<html><head><title>Sign in to this network</title></head><body>" +
		"<form action=\"https://portal.invalid/login\"><input type=\"password\" name=\"code\"></form></body></html>\n"
	blockPage = "<!DOCTYPE html>\n<html><head><title>Access denied</title></head>" +
		"<body>This site is blocked by policy.</body></html>\n"
)

// shows answers with a page.
func shows(status int, page string) func(*handler, question) *api.Answer {
	return func(*handler, question) *api.Answer {
		return raw(status, func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, page)
		})
	}
}

func redirects(*handler, question) *api.Answer {
	return raw(http.StatusFound, func(w http.ResponseWriter) {
		w.Header().Set("Location", "https://portal.invalid/login")
		w.WriteHeader(http.StatusFound)
	})
}

// truncates announces a whole document: package net/http closes the connection when there is less.
func truncates(h *handler, q question) *api.Answer {
	whole := changed(signRight)(h, q)
	if whole.Status != http.StatusOK {
		return whole
	}
	content, _ := json.Marshal(whole.Body) // cannot fail for texts and dates
	return raw(whole.Status, func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(content[:len(content)/2])
	})
}

func isTooLarge(*handler, question) *api.Answer {
	const parts, part = 2048, 1024
	return raw(http.StatusOK, func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		_, err := io.WriteString(w, `{"padding":"`)
		for i := 0; i < parts && err == nil; i++ {
			_, err = io.WriteString(w, strings.Repeat("x", part))
		}
		_, _ = io.WriteString(w, "\"}\n")
	})
}
