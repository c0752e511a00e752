package web

import (
	"net/http"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/password"
	"localstack-entrypoint/internal/credential"
)

// signUpForm is what the page shows on which somebody makes a workspace of their own.
type signUpForm struct {
	form

	MinLength, TrialDays int
}

// signedUp is where it goes on for somebody who has signed up.
const signedUp = first + "?done=sign-up"

func signUpFormOf(v *visit) signUpForm {
	return signUpForm{formOf(v), password.MinLength, int(authority.TrialLife / (24 * time.Hour))}
}

func (s *Site) signUpPage(v *visit) *reply {
	if v.session != nil {
		return redirect(first)
	}
	return show("sign-up", signUpFormOf(v))
}

// signUp makes a workspace, and begins a session of its Admin. The limit comes first: an attempt costs a hash.
func (s *Site) signUp(v *visit) *reply {
	typed := signUpFormOf(v)
	if wait := s.limits.signUps.Wait(v.address, s.now()); wait > 0 {
		return typed.keep(later(http.StatusTooManyRequests, "sign-up.limit", wait), "sign-up", typed)
	}
	wanted := authority.NewAccount{
		Email: typed.Value("email"), Name: typed.Value("name"), Workspace: typed.Value("workspace"),
		Password: credential.NewSecret(typed.Value("password")),
	}
	fields := []string{"email", "name", "workspace", "password"}
	if err := wanted.Check(); err != nil {
		typed.refused(err, fields...)
	}
	typed.checkAgain()
	if typed.HasProblem() {
		return unacceptable("sign-up", typed, "sign-up.invalid")
	}
	cookie, err := s.store.SignUp(v.Context(), wanted, v.UserAgent())
	if isSentBefore(err) {
		if entered := s.enterAgain(v, wanted.Email, signedUp); entered != nil {
			return entered
		}
	}
	switch {
	case typed.refused(err, fields...):
		return unacceptable("sign-up", typed, "sign-up.refused")
	case err != nil:
		return typed.keep(failedPassword(err), "sign-up", typed)
	}
	return s.enter(v, cookie, signedUp)
}

// checkAgain notes a problem if a new password was not typed twice.
func (f form) checkAgain() {
	if f.Value("again") != f.Value("password") {
		f.problems["again"] = "The two passwords are not the same."
	}
}
