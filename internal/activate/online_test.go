package activate

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/license"
)

var update = flag.Bool("update", false, "write testdata/*.golden anew")

func TestWithoutADocumentOneIsRequestedAndKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, grant(func(d *license.Document) { d.Type = "enterprise" }))
		if err := s.run(t); err != "" {
			t.Fatal(err)
		}
		if got := s.server.asked(); got != "request" {
			t.Errorf("asked for %s", got)
		}
		s.wantLogged(t, zap.InfoLevel, "Successfully requested and activated new license "+licenseID+":enterprise")
		s.wantLogged(t, zap.WarnLevel)
		kept, err := license.Parse([]byte(s.get(t, ownPath)))
		must(t, err)
		notes := kept.Offline
		if kept.ID != licenseID || notes.Version != "4.14.0" || notes.Credential != masked ||
			!notes.Activated.Equal(time.Now()) || !kept.SignedWith(token) {
			t.Errorf("kept %s", s.get(t, ownPath))
		}
		if info, err := os.Stat(s.path(ownPath)); err != nil || info.Mode() != 0o644 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	})
}

func TestADocumentOnDiskIsActivated(t *testing.T) {
	t.Parallel()
	for _, name := range []string{mountedPath, ownPath, builtInPath} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, grant(nil))
				s.put(t, name, stored(func(d *license.Document) { d.ID = "license_on_disk" }))
				if err := s.run(t); err != "" {
					t.Fatal(err)
				}
				if got := s.server.asked(); got != "activate" ||
					!strings.Contains(s.server.requests[0].body, `"license_id":"license_on_disk"`) {
					t.Errorf("asked for %s: %s", got, s.server.requests[0].body)
				}
				s.wantLogged(t, zap.InfoLevel, "Successfully activated license "+licenseID+":pro")
				if !strings.Contains(s.get(t, ownPath), licenseID) {
					t.Errorf("kept %s", s.get(t, ownPath))
				}
			})
		})
	}
}

func TestTheMountedDocumentComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, grant(nil))
		for _, name := range []string{builtInPath, ownPath, mountedPath} {
			s.put(t, name, stored(func(d *license.Document) { d.ID = "license_" + filepath.Base(filepath.Dir(name)) }))
		}
		if err := s.run(t); err != "" || !strings.Contains(s.server.requests[0].body, `"license_id":"license_conf.d"`) {
			t.Errorf("%s, asked %s", err, s.server.requests[0].body)
		}
	})
}

func TestTheDocumentOfThisCredentialComesBeforeThatOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, grant(nil))
		foreign := issued(nil)
		foreign.ID = "license_of_the_host"
		foreign.Sign("another credential")
		s.put(t, mountedPath, encode(foreign))
		s.put(t, ownPath, stored(func(d *license.Document) { d.ID = "license_ours" }))
		if err := s.run(t); err != "" {
			t.Fatal(err)
		}
		if got := s.server.asked(); got != "activate" ||
			!strings.Contains(s.server.requests[0].body, `"license_id":"license_ours"`) {
			t.Errorf("asked for %s: %s", got, s.server.requests[0].body)
		}
	})
}

func TestALicenseThatTheServerDoesNotKnowIsRequestedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, refuse(400, license.MessageNotFound), grant(nil))
		s.put(t, ownPath, stored(func(d *license.Document) { d.ID = "license_forgotten" }))
		if err := s.run(t); err != "" {
			t.Fatal(err)
		}
		if got := s.server.asked(); got != "activate request" || strings.Contains(s.server.requests[1].body, "license_id") {
			t.Errorf("asked for %s: %s", got, s.server.requests[1].body)
		}
		s.wantLogged(t, zap.InfoLevel, "Successfully requested and activated new license "+licenseID+":pro")
	})
}

func TestRequestsAreExactlyTheProtocols(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, onDisk string
		from         credential.Sources
	}{
		{"request", "", credential.Sources{AuthToken: credential.NewSecret(token)}},
		{"activate", licenseID, credential.Sources{AuthToken: credential.NewSecret(token)}},
		{"token-as-api-key", "", credential.Sources{APIKey: credential.NewSecret(token)}},
		{"api-key", "", credential.Sources{APIKey: credential.NewSecret("0123456789")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, page(503, ""))
				s.Config.Attempts = 1
				s.Credential, _ = credential.Read(test.from)
				if test.onDisk != "" {
					s.put(t, ownPath, stored(func(d *license.Document) { d.ID = test.onDisk }))
				}
				_ = s.run(t)
				got := s.server.requests[0]
				header, err := json.Marshal(got.header)
				must(t, err)
				golden(t, test.name, got.url+"\n"+string(header)+"\n"+got.body+"\n")
			})
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%v\ngot:\n%s\nwant:\n%s", err, got, want)
	}
}

func TestALiveDocumentWithAnotherSignatureCountsButIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		forged := func(r *http.Request) (*http.Response, error) {
			document := issued(nil)
			document.Sign("another key")
			return page(http.StatusOK, encode(document))(r)
		}
		for _, before := range []string{"", stored(nil)} {
			s := newScene(t, forged)
			if before != "" {
				s.put(t, ownPath, before)
			}
			if err := s.run(t); err != "" {
				t.Fatal(err)
			}
			s.wantLogged(t, zap.WarnLevel,
				"the signature of "+licenseID+" does not match this credential; it is not stored for a start without network")
			if got := s.get(t, ownPath); got != before {
				t.Errorf("kept %s instead of %s", got, before)
			}
		}
	})
}

func TestAWrongClockIsMentionedAndIsTheFailureWhenADocumentHasEndedByIt(t *testing.T) {
	t.Parallel()
	const here = "2000-01-01T00:00:00+00:00"
	tests := []struct {
		name, date, want string
	}{
		{"right", "Sat, 01 Jan 2000 00:00:00 GMT", ""},
		{"five minutes slow", "Sat, 01 Jan 2000 00:05:00 GMT", ""},
		{"slow", "Sat, 01 Jan 2000 00:05:01 GMT", "the clock of this machine is wrong: the local time is " + here +
			", but the licensing server's is 2000-01-01T00:05:01+00:00"},
		{"two years fast", "Thu, 01 Jan 1998 00:00:00 GMT", "the clock of this machine is wrong: the local time is " + here +
			", but the licensing server's is 1998-01-01T00:00:00+00:00"},
		{"not told", "", ""},
		{"nonsense", "yesterday", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				theirs, err := http.ParseTime(test.date)
				if err != nil {
					theirs = time.Now()
				}
				// By our clock, one issued two years ago would have ended long since.
				s := newScene(t, grant(func(d *license.Document) {
					d.Issued, d.Expires = license.Time{Time: theirs}, license.Time{Time: theirs.AddDate(1, 0, 0)}
				}, "Date", test.date))
				s.put(t, ownPath, "kept")
				fails := test.name == "two years fast"
				if err := s.run(t); strings.HasPrefix(err, "clock.skew: the local time is "+here) != fails || !fails && err != "" {
					t.Error(err)
				}
				if kept := s.get(t, ownPath) == "kept"; kept != fails {
					t.Errorf("our own document was kept: %t", kept)
				}
				if test.want == "" {
					s.wantLogged(t, zap.WarnLevel)
				} else {
					s.wantLogged(t, zap.WarnLevel, test.want)
				}
			})
		})
	}
}

func TestTheMachineIsTheSameInAllRequestsOfAStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, page(503, ""), refuse(400, license.MessageNotFound), grant(nil))
		s.put(t, ownPath, stored(func(d *license.Document) { d.Offline.Version = "3.0.0" }))
		if err := s.run(t); err != "" {
			t.Error(err)
		}
		for _, one := range s.server.requests {
			if !strings.Contains(one.body, `"machine":{"id":"gen_0123456789ab"`) {
				t.Errorf("sent %s", one.body)
			}
		}
		if got := s.server.asked(); got != "activate activate request" {
			t.Errorf("asked for %s", got)
		}
	})
}

func TestAWrongClockDoesNotSaveALicenseThatEndedByBothClocks(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*license.Document){
		"its status says so": func(d *license.Document) { d.Status = license.StatusExpired },
		"its date says so":   func(d *license.Document) { d.Expires = license.Time{Time: d.Expires.AddDate(-9, 0, 0)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, grant(change, "Date", "Sat, 01 Jan 2000 00:10:00 GMT"))
				s.put(t, ownPath, "to be deleted")
				if err := s.run(t); !strings.HasPrefix(err, "license.expired: ") {
					t.Error(err)
				}
				if kept := s.get(t, ownPath); kept != "" {
					t.Errorf("kept %q", kept)
				}
			})
		})
	}
}
