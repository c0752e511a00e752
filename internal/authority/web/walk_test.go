package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/testkit"
)

// visitor is somebody who asks for a page.
type visitor struct {
	name   string
	member authority.Member
	cookie credential.Secret
}

// world is an authority with everything that a page can be about. Each attempt of the walk gets a copy of it: what
// one attempt changes, the next one does not see.
type world struct {
	testing.TB
	dir      string
	visitors []visitor
	// workspace is the one that all visitors but the Admin of another workspace belong to, and home its ID.
	workspace authority.Scope
	home      string
	// bo is a plain member with a license, a developer token and a session; guest has not joined.
	bo, guest authority.Member
	boToken   authority.Token
	boSession string
	// bo's license is of subscription; other is one more.
	subscription, other authority.Subscription
	// link is the secret of the guest's one-time link.
	link  string
	ci    authority.Token
	login authority.AuthRequest
}

// made is a world that is only there to be copied. All tests share it.
var made struct {
	sync.Mutex
	world *world
	// dir is removed by TestMain.
	dir string
}

// newWorld returns the world to be copied, for a test.
func newWorld(t testing.TB) *world {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	if made.world == nil {
		f := newFixture(t, "")
		w := f.world()
		f.must(f.store.Close())
		var err error
		made.dir, err = os.MkdirTemp("", "world")
		f.must(err)
		f.must(os.CopyFS(made.dir, os.DirFS(f.dir)))
		made.world = w
	}
	w := *made.world
	w.TB, w.dir = t, made.dir
	return &w
}

// liveWorld is a world that a test changes.
func liveWorld(t testing.TB, database string) (*fixture, *world) {
	t.Helper()
	if database != "" {
		f := newFixture(t, database)
		return f, f.world()
	}
	w, dir := newWorld(t), t.TempDir()
	w.must(os.CopyFS(dir, os.DirFS(w.dir)))
	f := newFixtureIn(t, dir, "")
	w.dir, w.workspace = dir, f.store.In(w.home)
	return f, w
}

// RemoveWorld removes what newWorld has made.
func RemoveWorld() error { return os.RemoveAll(made.dir) }

// world fills an authority with everything that a page can be about, and a visitor of each kind.
func (f *fixture) world() *world {
	f.Helper()
	w := &world{TB: f, dir: f.dir}
	ctx := context.Background()
	home, err := f.store.CreateWorkspace(ctx, "Home")
	f.must(err)
	w.workspace, w.home = f.store.In(home.ID), home.ID
	w.subscription, err = w.workspace.CreateSubscription(ctx, authority.Terms{Plan: "team"}, 20)
	f.must(err)
	w.other, err = w.workspace.CreateSubscription(ctx, authority.Terms{Plan: "enterprise"}, 20)
	f.must(err)
	w.visitors = []visitor{{name: nobody}, f.joins(w.workspace, "Member", authority.PlainMember)}
	for _, one := range authority.Permissions() {
		w.visitors = append(w.visitors,
			f.joins(w.workspace, string(one.Permission), authority.PlainMember, one.Permission))
	}
	w.visitors = append(w.visitors, f.joins(w.workspace, "Admin", authority.Admin))
	other, err := f.store.CreateWorkspace(ctx, "Other")
	f.must(err)
	w.visitors = append(w.visitors, f.joins(f.store.In(other.ID), elsewhere, authority.Admin))
	w.populate(f)
	return w
}

// populate adds what pages are about.
func (w *world) populate(f *fixture) {
	ctx := context.Background()
	w.bo = f.joins(w.workspace, "bo", authority.PlainMember).member
	sessions, err := f.store.Sessions(ctx, w.bo.ID)
	f.must(err)
	w.boSession = sessions[0].ID
	_, err = w.workspace.AssignLicense(ctx, w.bo.ID, w.subscription.ID)
	f.must(err)
	w.boToken, _, err = w.workspace.CreateMemberToken(ctx, w.bo.ID)
	f.must(err)
	guest, invite, err := w.workspace.AddMember(ctx, authority.NewMember{Email: "guest@example.com"})
	f.must(err)
	w.guest, w.link = guest, invite.Secret.Reveal()
	w.ci, _, err = w.workspace.CreateCIToken(ctx, "nightly")
	f.must(err)
	w.login = f.begin("lstk", "127.0.0.1")
}

// joins adds a member who is logged in.
func (f *fixture) joins(
	to authority.Scope, name string, role authority.Role, permissions ...authority.Permission,
) visitor {
	f.Helper()
	ctx := context.Background()
	email := strings.ReplaceAll(strings.ToLower(name), " ", "-") + "@example.com"
	member, invite, err := to.AddMember(ctx, authority.NewMember{Email: email, Role: role, Permissions: permissions})
	f.must(err)
	cookie, err := f.store.Join(ctx, invite.Secret, credential.NewSecret(rightPassword), "", "Firefox")
	f.must(err)
	return visitor{name, member, cookie}
}

// clock is what the worlds and their copies go by.
var clock testkit.Clock

// EveryPage are the settings with which there are all pages.
func EveryPage(now func() time.Time) Options { return Options{Now: now, SignUp: true} }

// copied is a world of its own for one attempt.
type copied struct {
	*world
	dir   string
	store *authority.Store
	now   func() time.Time
	// whole is the server with everything, and log its access log.
	whole http.Handler
	log   *bytes.Buffer
}

// WholeServer makes a server with all its parts, which import this package. TestMain sets it.
var WholeServer func(store *authority.Store, now func() time.Time, log io.Writer) http.Handler

// copy makes a copy of the world. The caller closes it.
func (w *world) copy() *copied { return w.copyAt(clock.Now) }

// copyAt makes a copy of the world that goes by another clock.
func (w *world) copyAt(now func() time.Time) *copied {
	w.Helper()
	dir, err := os.MkdirTemp(w.TempDir(), "")
	w.must(err)
	for _, name := range []string{authority.DatabaseFile, "authority.key"} {
		content, err := os.ReadFile(filepath.Join(w.dir, name))
		w.must(err)
		w.must(os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	c := &copied{world: w, dir: dir, now: now, log: new(bytes.Buffer)}
	c.store, err = authority.Open(context.Background(), authority.Source{Dir: dir, Now: now, Passwords: quickPasswords{}})
	w.must(err)
	c.whole = WholeServer(c.store, now, c.log)
	return c
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// in is the workspace of most visitors, for the command line.
func (c *copied) in() authority.Scope { return c.store.In(c.home) }

func (c *copied) close() {
	c.must(c.store.Close())
	c.must(os.RemoveAll(c.dir))
}

// ask sends a request as a visitor, from this machine. extra are more headers: names and values.
func ask(handler http.Handler, method, path, body string, as visitor, extra ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	request.RemoteAddr = "127.0.0.1:1"
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	if as.cookie.IsSet() {
		request.AddCookie(&http.Cookie{Name: cookieName(true), Value: as.cookie.Reveal()})
	}
	for i := 0; i < len(extra); i += 2 {
		request.Header.Set(extra[i], extra[i+1])
	}
	return serve(handler, request)
}

// as is the visitor with a name.
func (w *world) as(name string) visitor {
	w.Helper()
	for _, one := range w.visitors {
		if one.name == name {
			return one
		}
	}
	w.Fatalf("there is no visitor %s", name)
	return visitor{}
}
