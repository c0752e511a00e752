package authority

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"localstack-entrypoint/internal/credential"
)

func TestWhatTheAuditLogSaysOfLogins(t *testing.T) {
	onBoth(t, func(l *logins) {
		id := l.member("ada@example.com")
		session := l.session(l.enter("ada@example.com"))
		begun, exchange, err := l.store.RequestLogin(l.ctx, "lstk 1.0.0")
		l.must(err)
		l.confirm(begun, *session)
		l.token(begun, exchange)
		denied, _, err := l.store.RequestLogin(l.ctx, "lstk 1.0.0")
		l.must(err)
		if decided, err := l.store.DenyLogin(l.ctx, denied.ID, denied.Code, *session); err != nil || !decided {
			l.Fatal(decided, err)
		}
		l.must(l.store.EndSession(l.ctx, id, session.ID))
		rows, err := l.store.reads.Query(`SELECT action, actor, address FROM audit
			WHERE action <> 'workspace.create' ORDER BY id`)
		l.must(err)
		defer rows.Close()
		var got []string
		for rows.Next() {
			var action, actor, address string
			l.must(rows.Scan(&action, &actor, &address))
			got = append(got, action+" "+actor+" "+address)
		}
		want := []string{
			"member.password test 192.0.2.1", "session.start ada@example.com 192.0.2.1", "login.confirm test 192.0.2.1",
			"token.create ada@example.com 192.0.2.1", "login.deny test 192.0.2.1", "session.end test 192.0.2.1",
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			l.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func (l *logins) confirm(begun AuthRequest, session Session) {
	l.Helper()
	if decided, err := l.store.ConfirmLogin(l.ctx, begun.ID, begun.Code, session); err != nil || !decided {
		l.Fatalf("the login is not confirmed: %t, %v", decided, err)
	}
}

// token goes the rest of a confirmed login, as its client does.
func (l *logins) token(begun AuthRequest, exchange credential.Secret) credential.Secret {
	l.Helper()
	bearer, err := l.store.ExchangeLogin(l.ctx, begun.ID, exchange)
	l.must(err)
	token, err := l.store.LoginToken(l.ctx, bearer)
	l.must(err)
	return token
}

// concurrently calls do n times at once, and returns how often it was true.
func concurrently(n int, do func(int) bool) int {
	var group sync.WaitGroup
	var count atomic.Int32
	for i := range n {
		group.Go(func() {
			if do(i) {
				count.Add(1)
			}
		})
	}
	group.Wait()
	return int(count.Load())
}
