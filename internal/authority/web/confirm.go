package web

import (
	"crypto/subtle"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/limit"
)

// confirmation is what the page of a login with lstk shows.
type confirmation struct {
	*authority.AuthRequest
	// Email is the account that the client would get.
	Email string
	// IsElsewhere reports whether the client asks from another address than the browser.
	IsElsewhere bool
	Error       string
}

// HasProblem reports whether the code was wrong.
func (c confirmation) HasProblem() bool { return c.Error != "" }

// confirmPage shows what has become of a login. It changes nothing.
func (s *Site) confirmPage(v *visit) *reply {
	login, refusal := s.login(v)
	if refusal != nil {
		return refusal
	}
	code := v.URL.Query().Get("code")
	if code == "" {
		return show("code", confirmation{AuthRequest: login})
	}
	return s.ask(v, login, code)
}

// decide confirms or denies a login. It leads back to the page, so that loading that again does not send the form
// again.
func (s *Site) decide(v *visit) *reply {
	login, refusal := s.login(v)
	if refusal != nil {
		return refusal
	}
	code, decision := normalCode(v.PostFormValue("code")), s.store.ConfirmLogin
	switch v.PostFormValue("decision") {
	case "confirm":
	case "deny":
		decision = s.store.DenyLogin
	default:
		return refuse(http.StatusUnprocessableEntity, "login.decision", notice{
			Title: "Nothing was decided",
			Text:  "The form said neither Confirm nor Deny.",
			Link:  v.URL.EscapedPath(), LinkText: "Back to the login",
		})
	}
	decided, err := decision(v.Context(), login.ID, code, *v.session)
	if err != nil {
		return fail(err)
	}
	if !decided && !isSame(login.Code, code) {
		return s.ask(v, login, code)
	}
	return redirect(v.URL.EscapedPath() + "?" + url.Values{"code": {code}}.Encode())
}

// login returns the login of a visit if a member can still decide about it, or the answer that says why not.
func (s *Site) login(v *visit) (*authority.AuthRequest, *reply) {
	now := s.now()
	wait := max(s.limits.decisions.Wait(v.address, now), s.limits.members.Wait(v.session.MemberID, now))
	if wait > 0 {
		return nil, later(http.StatusTooManyRequests, "login.limit", wait)
	}
	login, err := s.store.Login(v.Context(), v.PathValue("id"))
	switch {
	case err != nil:
		return nil, fail(err)
	case login == nil:
		return nil, refuse(http.StatusNotFound, "login.unknown", notice{
			Title: "There is no such login",
			Text:  "The link is wrong, or older than a day. " + startAgain, Command: lstkLogin,
		})
	case login.State == authority.LoginOpen:
		return login, nil
	case login.MemberID != "" && login.MemberID != v.session.MemberID:
		return nil, refuse(http.StatusForbidden, "login.other", notice{
			Title:   "Somebody else has decided",
			Text:    "Another account has confirmed or denied this login. If it was you who started it: " + startAgain,
			Command: lstkLogin,
		})
	}
	status, told := http.StatusOK, notices[login.State]
	if login.State == authority.LoginExpired {
		status = http.StatusGone
	}
	return nil, refuse(status, "login."+string(login.State), told)
}

const (
	startAgain = "Start the login again in your terminal:"
	lstkLogin  = "lstk login"
)

// notices say what has become of a login, and what to do.
var notices = map[authority.LoginState]notice{
	authority.LoginConfirmed: {
		Title: "Confirmed",
		Done:  "The client may fetch its Auth Token now.",
		Text:  "Go back to your terminal and press a key there. You can close this page.",
	},
	authority.LoginDenied: {
		Title:   "Denied",
		Text:    "The terminal gets no token. If it was you who started the login, start it again there:",
		Command: lstkLogin,
	},
	authority.LoginExchanged: {
		Title: "This login was used",
		Text: "The terminal has its Auth Token. If that was not you, revoke the token. A login works once; for another " +
			"terminal, start another one there:",
		Command: lstkLogin,
		Link:    "/workspace/auth-token", LinkText: "See your Auth Tokens",
	},
	authority.LoginExpired: {
		Title:   "This login has expired",
		Text:    "A login can be confirmed for 10 minutes. " + startAgain,
		Command: lstkLogin,
	},
}

// ask shows the question about an open login, if the visitor has its code.
func (s *Site) ask(v *visit, login *authority.AuthRequest, typed string) *reply {
	shown := confirmation{
		AuthRequest: login, Email: v.session.Email, IsElsewhere: !v.isAt(login.Address),
	}
	if isSame(login.Code, normalCode(typed)) {
		return show("confirm", shown)
	}
	shown.Error = "This is not the code of the login. Type the one that your terminal shows."
	return &reply{status: http.StatusForbidden, page: "code", data: shown, message: "login.code"}
}

// normalCode is a code as it was made, from what somebody has typed.
func normalCode(typed string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	if len(letters) != 8 {
		return letters
	}
	return letters[:4] + "-" + letters[4:]
}

func isSame(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// isAt reports whether a visit comes from an address, or from the same network of IPv6.
func (v *visit) isAt(address string) bool {
	read, err := netip.ParseAddr(address)
	return err == nil && limit.Address(read) == v.address
}
