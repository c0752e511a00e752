package web

import (
	"bytes"
	"database/sql"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit/postgres"
)

// hoard is every secret that anybody was given or has typed, and everything that was answered.
type hoard struct {
	*fixture
	w     *world
	whole http.Handler
	log   bytes.Buffer
	// secrets are by what they are; answers by what was asked.
	secrets map[string]string
	answers map[string]string
}

// issued finds secrets in what a page or the API of lstk answers.
var issued = regexp.MustCompile(`\bls[a-z]*-[\w-]{20,}|/invite/([\w-]{20,})|_token":"(?:Bearer )?([\w-]{20,})`)

// add takes up a secret.
func (h *hoard) add(what, secret string) {
	if secret != "" && !strings.Contains(secret, "*") { // else a hint
		h.secrets[secret] = what
	}
}

// send sends a request, and takes up every secret in it and in its answer.
func (h *hoard) send(name, method, path, body string, as visitor, extra ...string) string {
	h.Helper()
	got := ask(h.whole, method, path, body, as, extra...)
	if got.Code >= http.StatusInternalServerError {
		h.Errorf("%s is answered with %d: %s", name, got.Code, credential.MaskAll(h.log.String()))
	}
	for _, found := range issued.FindAllStringSubmatch(got.Body.String(), -1) {
		secret := found[0]
		if len(found[1]) > 0 || len(found[2]) > 0 {
			secret = found[1] + found[2]
		}
		h.add(name, secret)
	}
	for _, cookie := range got.Result().Cookies() {
		h.add("the cookie of "+name, cookie.Value)
	}
	h.answers[fmt.Sprint(len(h.answers), " ", name)] = got.Body.String()
	return got.Body.String()
}

// A secret is on the one page that shows it, and nowhere else: not in the database, the log, a backup, or another page.
func TestNoSecretIsKept(t *testing.T) {
	postgres.OnBoth(t, func(t *testing.T, database string) {
		h := &hoard{secrets: make(map[string]string), answers: make(map[string]string)}
		h.fixture, h.w = liveWorld(t, database)
		h.whole = WholeServer(h.store, clock.Now, &h.log)
		h.add("the password", rightPassword)
		h.add("the link", h.w.link)
		for _, one := range h.w.visitors {
			h.add("the cookie of "+one.name, one.cookie.Reveal())
		}
		h.logInWithLstk()
		h.sendForms()
		h.mistype()
		h.lookAtAll()
		h.store.Flush()
		places := h.places(database)
		places["the access log"] = h.log.String()
		if !strings.Contains(places["the access log"], `"path":"/login"`) || len(h.secrets) < 20 {
			t.Errorf("there are %d secrets, and the log is\n%s", len(h.secrets), h.log.String())
		}
		for secret, what := range h.secrets {
			h.search(what, secret, places)
		}
	})
}

// search looks for a secret, or its end, in all places and answers.
func (h *hoard) search(what, secret string, places map[string]string) {
	h.Helper()
	const most = 16
	end := secret[max(0, len(secret)-most):]
	for place, content := range places {
		if strings.Contains(content, end) {
			h.Errorf("%s has a secret: %s", place, what)
		}
	}
	var shown []string
	for name, content := range h.answers {
		if strings.Contains(content, end) {
			shown = append(shown, name)
		}
	}
	isTyped := strings.HasPrefix(what, "the ")
	if isTyped && len(shown) > 0 || len(shown) > 1 {
		h.Errorf("%s is on %q", what, shown)
	}
}

// logInWithLstk does what lstk does, for the Admin.
func (h *hoard) logInWithLstk() {
	h.Helper()
	admin := h.w.as("Admin")
	begun := h.send("login of lstk", http.MethodPost, "/v1/auth/request", `{"actor":"lstk","version":"1"}`, visitor{})
	id, code := between(begun, `"id":"`), between(begun, `"code":"`)
	exchange := between(begun, `"exchange_token":"`)
	h.send("confirm", http.MethodPost, "/auth/request/"+id, "decision=confirm&code="+code, admin)
	h.send("ask for a login", http.MethodGet, "/v1/auth/request/"+id+"?exchange_token="+exchange, "", visitor{})
	exchanged := h.send("exchange", http.MethodPost, "/v1/auth/request/"+id+"/exchange",
		`{"exchange_token":"`+exchange+`"}`, visitor{})
	bearer := between(exchanged, `"auth_token":"`)
	token := h.send("credentials", http.MethodGet, "/v1/license/credentials", "", visitor{}, "Authorization", bearer)
	if !strings.Contains(token, `"token":"ls-`) {
		h.Error("lstk gets no token")
	}
}

// between is what a text has after a prefix, up to the next quotation mark.
func between(text, prefix string) string {
	_, rest, _ := strings.Cut(text, prefix)
	found, _, _ := strings.Cut(rest, `"`)
	return found
}

// sendForms sends each form as a plain member and as an Admin.
func (h *hoard) sendForms() {
	h.Helper()
	for _, name := range []string{"Member", "Admin"} {
		password := rightPassword
		for _, one := range attempts {
			if !one.isPost() {
				continue
			}
			as := h.w.as(name)
			if session, err := h.store.Session(h.Context(), as.cookie); err != nil || session == nil {
				typed := credential.NewSecret(password)
				as.cookie, err = h.store.LogIn(h.Context(), as.member.Email, typed, "Firefox")
				h.must(err)
				h.add("the cookie of "+name, as.cookie.Reveal())
			}
			c := &copied{world: h.w, whole: h.whole}
			values := one.values(h.w)
			for field, typed := range values {
				if strings.Contains(field, "password") || field == "again" {
					h.add("the "+field+" of "+one.name(), typed[0])
				}
			}
			if one.pattern == "POST /sessions/password" {
				password = values.Get("password")
			}
			if filled, ok := c.filled(one, as); ok && name == "Admin" {
				values = filled
			}
			h.send(one.name()+" as "+name, one.method(), h.w.path(one.pattern), values.Encode(), as)
		}
	}
}

// mistype sends secrets to where they do not belong.
func (h *hoard) mistype() {
	h.Helper()
	token := ""
	for secret := range h.secrets {
		if strings.HasPrefix(secret, "ls-") {
			token = secret
		}
	}
	for _, secret := range []string{token, h.w.link, h.w.as("Member").cookie.Reveal()} {
		for _, path := range []string{
			"/" + secret, "/invite/" + secret, "/invite/" + secret + "/", "//invite/" + secret, "/invite/" + secret + "/x",
			"/Invite/" + secret, "/invite/x/../" + secret, "/invites/" + secret, "/login?token=" + secret,
			"/workspace/members/" + secret, "/auth/request/" + secret, "/sessions/" + secret, "/v1/license/" + secret,
			"/failures/" + secret, "/invite/%20" + secret, "/invite/" + secret + "%20", "/invite/" + secret + ".",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPost} {
				h.send("a secret in the wrong place", method, path, "", h.w.as("Admin"))
				h.send("a secret in the wrong place", method, path, "", visitor{})
			}
		}
		// What was typed as an email address is kept in the field, for who has typed it.
		_ = ask(h.whole, http.MethodPost, "/login", "email="+secret+"&password="+secret, visitor{})
		h.send("a secret as a header", http.MethodGet, "/login", "", visitor{}, "X-Request-Id", secret, "User-Agent", secret)
	}
}

// lookAtAll shows each page to each visitor.
func (h *hoard) lookAtAll() {
	h.Helper()
	for _, as := range h.w.visitors {
		for _, one := range attempts {
			if !one.isPost() {
				h.send(one.name()+" as "+as.name, http.MethodGet, h.w.path(one.pattern), "", as)
			}
		}
	}
}

// places are the files of the authority and of a backup, and what the database has.
func (h *hoard) places(database string) map[string]string {
	h.Helper()
	found := make(map[string]string)
	backup := filepath.Join(h.TempDir(), "backup")
	h.must(authority.Backup(h.Context(), authority.Source{Dir: h.dir, Database: database}, backup))
	for _, dir := range []string{h.dir, backup} {
		h.must(fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				content, err := os.ReadFile(filepath.Join(dir, path))
				h.must(err)
				found[filepath.Base(dir)+"/"+path] = string(content)
			}
			return err
		}))
	}
	if database != "" {
		db, err := sql.Open("pgx", database)
		h.must(err)
		defer db.Close()
		for _, table := range texts(h, db, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()") {
			found["table "+table] = strings.Join(texts(h, db, "SELECT CAST(t AS TEXT) FROM "+table+" t"), "\n")
		}
	}
	return found
}
