package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/api"
	"localstack-entrypoint/internal/authority/password"
	"localstack-entrypoint/internal/credential"
)

// frontPage is what the first page shows.
type frontPage struct {
	// Start leads into the workspace; empty for who is not logged in.
	Start     string
	CanSignUp bool
}

func (s *Site) front(v *visit) *reply {
	shown := frontPage{CanSignUp: s.signUps}
	if v.session != nil {
		shown = frontPage{Start: first}
	}
	return show("front", shown)
}

// loginForm is what the page of the login shows.
type loginForm struct {
	Email, Next, Error string
	// Provider is another way to log in; nil if there is none.
	Provider *provider
	// CanSignUp reports whether anybody may make a workspace of their own.
	CanSignUp bool
}

// HasProblem reports whether the login was refused.
func (f loginForm) HasProblem() bool { return f.Error != "" }

// provider is a way to log in without a password of ours. URL is where it begins.
type provider struct{ Name, URL string }

// loginTo is the empty form of a login that leads to a page.
func (s *Site) loginTo(v *visit, next string) loginForm {
	next = safeNext(next)
	return loginForm{Next: next, Provider: s.provider(v, next), CanSignUp: s.signUps}
}

func (s *Site) loginPage(v *visit) *reply {
	form := s.loginTo(v, v.URL.Query().Get("next"))
	if v.session != nil {
		return redirect(form.Next)
	}
	return show("login", form)
}

// logIn begins a session. The limits come first: a guess must not cost a hash.
func (s *Site) logIn(v *visit) *reply {
	form := s.loginTo(v, v.PostFormValue("next"))
	form.Email = strings.TrimSpace(v.PostFormValue("email"))
	if wait := s.limitOfLogin(v, form.Email); wait > 0 {
		refusal := later(http.StatusTooManyRequests, "login.limit", wait)
		refusal.login = api.LoginLimited
		return refusal
	}
	typed := credential.NewSecret(v.PostFormValue("password"))
	cookie, err := s.store.LogIn(v.Context(), form.Email, typed, v.UserAgent())
	if refusal, ok := errors.AsType[authority.Refusal](err); ok {
		form.Error = sentence(refusal)
		return &reply{status: http.StatusForbidden, page: "login", data: form, message: "login.refused",
			login: api.LoginRefused}
	}
	if err != nil {
		return failedPassword(err)
	}
	return s.enter(v, cookie, form.Next)
}

// enter sends a visitor with a new session to a page.
func (s *Site) enter(v *visit, cookie credential.Secret, location string) *reply {
	s.forget(v)
	entered := redirect(location)
	entered.cookie, entered.login = v.sessionCookie(cookie), api.LoggedIn
	return entered
}

// enterAgain logs somebody in who has sent a form twice, by which they chose a password: the browser shows the answer
// to the second one. It returns nil if they did not choose this password.
func (s *Site) enterAgain(v *visit, email, location string) *reply {
	if s.limitOfLogin(v, email) > 0 {
		return nil
	}
	cookie, err := s.store.LogIn(v.Context(), email, credential.NewSecret(v.PostFormValue("password")), v.UserAgent())
	if err != nil {
		return nil
	}
	return s.enter(v, cookie, location)
}

// limitOfLogin is how long a login must wait. An account is the same in whatever way its address is written.
func (s *Site) limitOfLogin(v *visit, email string) time.Duration {
	now := s.now()
	wait := s.limits.logins.Wait(v.address, now)
	if account, err := authority.ReadEmail(email); err == nil {
		wait = max(wait, s.limits.accounts.Wait(account, now))
	}
	return wait
}

// failedPassword answers that a password could not be checked or stored.
func failedPassword(err error) *reply {
	if errors.Is(err, password.ErrBusy) {
		return later(http.StatusServiceUnavailable, "login.busy", password.RetryAfter)
	}
	return fail(err)
}

// forget ends the session that the browser had before. The browser has no cookie of it any more, so an error changes
// nothing for its user.
func (s *Site) forget(v *visit) {
	if v.session != nil {
		_ = s.store.EndSession(v.Context(), v.session.MemberID, v.session.ID)
	}
}

func (s *Site) logOut(v *visit) *reply {
	if v.session == nil {
		return leave(v)
	}
	err := s.store.EndSession(v.Context(), v.session.MemberID, v.session.ID)
	if _, hasEnded := errors.AsType[authority.Refusal](err); err != nil && !hasEnded {
		return fail(err)
	}
	return leave(v)
}

// leave sends a visitor whose session has ended to the login.
func leave(v *visit) *reply {
	left := redirect("/login")
	left.cookie = v.sessionCookie(credential.Secret{})
	return left
}

// sentence is the text of a refusal as a sentence.
func sentence(refusal error) string {
	text := refusal.Error()
	if first, _, _ := strings.Cut(text, " "); strings.ContainsAny(first, "@_") { // an email address, or an ID
		return text + "."
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
