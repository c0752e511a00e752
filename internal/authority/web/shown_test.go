package web

import (
	"html"
	"io"
	"net/http"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// Whatever somebody calls themselves or their things, and whatever a client says of itself: pages show it as text.
func TestEverythingThatIsShownIsText(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		f, w := liveWorld(t, database)
		ctx := authority.WithActor(t.Context(), authority.Actor{Address: "127.0.0.1"})
		// Each has a word of its own, so that it is known what is shown.
		text := func(word string) string { return word + `"'><evil onevil=1>{{.}}&amp;</a><!--` }
		const email = "{{.}}'&evil=`|/?#%0a@example.com"
		f.must(w.workspace.Rename(ctx, text("workspace")))
		name := text("member")
		_, err := w.workspace.ChangeMember(ctx, w.bo.ID, authority.MemberChange{Name: &name})
		f.must(err)
		f.must(w.workspace.RenameCIToken(ctx, w.ci.ID, text("key")))
		_, invite, err := w.workspace.AddMember(ctx, authority.NewMember{Email: email, Role: authority.Admin})
		f.must(err)
		cookie, err := f.store.Join(ctx, invite.Secret, credential.NewSecret(rightPassword), "", text("browser"))
		f.must(err)
		w.login, _, err = f.store.RequestLogin(ctx, text("terminal"))
		f.must(err)
		as := visitor{name: "evil", cookie: cookie}
		pages := f.examineAll(w, as)
		confirm := ask(WholeServer(f.store, clock.Now, io.Discard), http.MethodGet, withCode(w.login), "", as)
		examine(t, "confirm", confirm.Code, confirm.Header(), confirm.Body.String())
		pages += confirm.Body.String()
		for _, word := range []string{"workspace", "member", "key", "browser", "terminal"} {
			beginning := text(word)[:len(word)+len(`"'>`)] // lists leave out the middle of what is long
			if !strings.Contains(html.UnescapeString(pages), beginning) {
				t.Errorf("no page shows %q", text(word))
			}
		}
		if !strings.Contains(html.UnescapeString(pages), email) {
			t.Errorf("no page shows %q", email)
		}
		if strings.Contains(pages, "<evil") || strings.Contains(pages, "<!--") {
			t.Error("a page has markup of it")
		}
	})
}
