package authority

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"localstack-entrypoint/internal/credential"
)

// begin begins a login of a client.
func (l *logins) begin() (AuthRequest, credential.Secret) {
	l.Helper()
	begun, exchange, err := l.store.RequestLogin(l.ctx, "lstk 1.4.0")
	l.must(err)
	return begun, exchange
}

// state is what the page of a login shows.
func (l *logins) state(id string) LoginState {
	l.Helper()
	login, err := l.store.Login(l.ctx, id)
	l.must(err)
	if login == nil {
		return "unknown"
	}
	return login.State
}

func TestAConfirmedLoginMakesOneToken(t *testing.T) {
	onBoth(t, func(l *logins) {
		member := l.member("ada@example.com")
		session := *l.session(l.enter("ada@example.com"))
		begun, exchange := l.begin()
		if !regexp.MustCompile(`^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$`).MatchString(begun.Code) ||
			!regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`).MatchString(exchange.Reveal()) ||
			!regexp.MustCompile(`^login_[a-z0-9-]{36}$`).MatchString(begun.ID) {
			l.Errorf("the login is %+v", begun)
		}
		if l.state(begun.ID) != LoginOpen {
			l.Errorf("the login is %s", l.state(begun.ID))
		}
		_, err := l.store.ExchangeLogin(l.ctx, begun.ID, exchange)
		l.refused(err, "not confirmed")
		l.confirm(begun, session)
		if decided, err := l.store.ConfirmLogin(l.ctx, begun.ID, begun.Code, session); decided || err != nil {
			l.Errorf("a login can be confirmed twice: %v", err)
		}
		if decided, err := l.store.DenyLogin(l.ctx, begun.ID, begun.Code, session); decided || err != nil {
			l.Errorf("a confirmed login can be denied: %v", err)
		}
		bearer, err := l.store.ExchangeLogin(l.ctx, begun.ID, exchange)
		l.must(err)
		_, err = l.store.ExchangeLogin(l.ctx, begun.ID, exchange)
		l.refused(err, "used before")
		token, err := l.store.LoginToken(l.ctx, bearer)
		l.must(err)
		_, err = l.store.LoginToken(l.ctx, bearer)
		l.refused(err, "fetched before")
		found, err := l.store.Judge(l.ctx, token)
		l.must(err)
		if found == nil || found.MemberID != member || found.Kind != Developer || found.Email != "ada@example.com" ||
			found.Name != "lstk 1.4.0, 2026-11-21 17:00" || found.Expires == nil ||
			!found.Expires.Equal(l.clock.Now().Add(unusedLife)) {
			l.Errorf("the token is %+v", found)
		}
		if l.state(begun.ID) != LoginExchanged {
			l.Errorf("the login is %s", l.state(begun.ID))
		}
	})
}

func TestALoginEndsByItself(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		session := *l.session(l.enter("ada@example.com"))
		open, _ := l.begin()
		confirmed, exchange := l.begin()
		exchanged, other := l.begin()
		l.confirm(confirmed, session)
		l.confirm(exchanged, session)
		l.clock.Advance(LoginLife - time.Second)
		bearer, err := l.store.ExchangeLogin(l.ctx, exchanged.ID, other)
		l.must(err)
		l.clock.Advance(time.Second)
		for _, id := range []string{open.ID, confirmed.ID} {
			if l.state(id) != LoginExpired {
				l.Errorf("after 10 minutes a login is %s", l.state(id))
			}
		}
		if decided, err := l.store.ConfirmLogin(l.ctx, open.ID, open.Code, session); decided || err != nil {
			l.Errorf("an expired login can be confirmed: %v", err)
		}
		_, err = l.store.ExchangeLogin(l.ctx, confirmed.ID, exchange)
		l.refused(err, "not confirmed")
		l.clock.Advance(bearerLife)
		_, err = l.store.LoginToken(l.ctx, bearer)
		l.refused(err, "expired")
		l.clock.Advance(loginKept + time.Second)
		l.begin()
		l.store.Flush()
		if l.state(open.ID) != "unknown" {
			l.Error("the row of an old login is kept for ever")
		}
	})
}

func TestALoginWithAWrongCodeOrSecret(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		session := *l.session(l.enter("ada@example.com"))
		begun, exchange := l.begin()
		other, otherExchange := l.begin()
		for _, code := range []string{"", other.Code, "BBBB-BBBB", begun.Code + "\x00", "\xff"} {
			if decided, err := l.store.ConfirmLogin(l.ctx, begun.ID, code, session); decided || err != nil {
				l.Errorf("the code %q: %t, %v", code, decided, err)
			}
		}
		l.confirm(begun, session)
		nonsense := credential.NewSecret("\x00\xff")
		for _, secret := range []credential.Secret{otherExchange, credential.NewSecret(""), nonsense} {
			_, err := l.store.ExchangeLogin(l.ctx, begun.ID, secret)
			l.refused(err, "not confirmed")
			if login, err := l.store.LoginOf(l.ctx, begun.ID, secret); login != nil || err != nil {
				l.Errorf("another secret shows the login: %v", err)
			}
		}
		_, err := l.store.LoginToken(l.ctx, exchange)
		l.refused(err, "expired")
		if login, err := l.store.LoginOf(l.ctx, begun.ID, exchange); err != nil || login.State != LoginConfirmed {
			l.Errorf("the login is %+v, %v", login, err)
		}
	})
}

func TestADeniedLoginGetsNoToken(t *testing.T) {
	onBoth(t, func(l *logins) {
		l.member("ada@example.com")
		session := *l.session(l.enter("ada@example.com"))
		begun, exchange := l.begin()
		if decided, err := l.store.DenyLogin(l.ctx, begun.ID, begun.Code, session); !decided || err != nil {
			l.Fatal(decided, err)
		}
		if decided, err := l.store.ConfirmLogin(l.ctx, begun.ID, begun.Code, session); decided || err != nil {
			l.Errorf("a denied login can be confirmed: %v", err)
		}
		_, err := l.store.ExchangeLogin(l.ctx, begun.ID, exchange)
		l.refused(err, "not confirmed")
		if l.state(begun.ID) != LoginDenied {
			l.Errorf("the login is %s", l.state(begun.ID))
		}
	})
}

func TestARemovedMemberGetsNoToken(t *testing.T) {
	onBoth(t, func(l *logins) {
		member := l.member("ada@example.com")
		session := *l.session(l.enter("ada@example.com"))
		open, _ := l.begin()
		begun, exchange := l.begin()
		l.confirm(begun, session)
		bearer, err := l.store.ExchangeLogin(l.ctx, begun.ID, exchange)
		l.must(err)
		l.remove(member)
		_, err = l.store.LoginToken(l.ctx, bearer)
		l.refused(err, "removed")
		if decided, err := l.store.ConfirmLogin(l.ctx, open.ID, open.Code, session); decided || err != nil {
			l.Errorf("a removed member can confirm: %v", err)
		}
	})
}

func TestAddressesAndAllTogetherHaveAMaximumOfOpenLogins(t *testing.T) {
	onBoth(t, func(l *logins) {
		var last AuthRequest
		for range mostOpenHere {
			last, _ = l.begin()
		}
		if _, _, err := l.store.RequestLogin(l.ctx, ""); !errors.Is(err, ErrTooManyLogins) {
			l.Errorf("got %v, want %v", err, ErrTooManyLogins)
		}
		elsewhere := WithActor(l.ctx, Actor{Address: "192.0.2.2"})
		if _, _, err := l.store.RequestLogin(elsewhere, ""); err != nil {
			l.Errorf("from another address: %v", err)
		}
		l.must(l.store.change(l.ctx, func(t *tx) error {
			_, err := t.exec("UPDATE auth_requests SET denied_at = 1 WHERE id = $1", last.ID)
			return err
		}))
		if _, _, err := l.store.RequestLogin(l.ctx, ""); err != nil {
			l.Errorf("after one was decided: %v", err)
		}
		l.clock.Advance(LoginLife)
		if _, _, err := l.store.RequestLogin(l.ctx, ""); err != nil {
			l.Errorf("after they have expired: %v", err)
		}
	})
}
