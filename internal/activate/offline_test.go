package activate

import (
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
	"localstack-entrypoint/internal/license"
	"localstack-entrypoint/internal/report"
)

// unreachable is a server behind a name that does not resolve.
func unreachable() reply { return fail(fault.New(fault.NetworkDNS, "NXDOMAIN from 10.0.0.2")) }

func TestAnOfflineActivationSaysSoAndUntilWhen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{mountedPath, ownPath, builtInPath} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, document := newScene(t, unreachable()), stored(nil)
				s.put(t, name, document)
				if err := s.run(t); err != "" {
					t.Fatal(err)
				}
				s.wantLogged(t, zap.InfoLevel, "Successfully activated cached license "+licenseID+":pro from "+s.path(name)+
					" offline, until 2000-01-02T00:00:00+00:00 (NXDOMAIN from 10.0.0.2)")
				if s.get(t, name) != document {
					t.Error("the document was changed without the server's word")
				}
			})
		})
	}
}

func TestTheFirstUsableDocumentStandsIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, unreachable())
		s.put(t, mountedPath, `{"license_type":"pro"}`)
		foreign := issued(nil)
		foreign.Sign("another token")
		s.put(t, ownPath, encode(foreign))
		s.put(t, builtInPath, stored(nil))
		if err := s.run(t); err != "" {
			t.Fatal(err)
		}
		if got := s.logged(zap.InfoLevel); len(got) != 1 ||
			!strings.Contains(got[0], " from "+s.path(builtInPath)+" offline") {
			t.Errorf("%q", got)
		}
		s.wantLogged(t, zap.DebugLevel,
			"ignoring "+s.path(mountedPath)+
				": not a license document: no usable expiry_date, id, issue_date, license_status",
			"cannot use "+s.path(ownPath)+" offline", "activation attempt")
	})
}

func TestAFlawOfTheStoredDocumentComesSecond(t *testing.T) {
	t.Parallel()
	move := func(d *license.Document, by time.Duration) {
		d.Issued.Time, d.Expires.Time, d.ReactivateAfter.Time = d.Issued.Add(by), d.Expires.Add(by), d.ReactivateAfter.Add(by)
	}
	tests := []struct {
		name   string
		change func(*license.Document)
		after  func(string) string
		want   string
	}{
		{name: "stale", change: func(d *license.Document) { move(d, -24*time.Hour) },
			want: "stored.stale: " + licenseID + " could be used offline until 2000-01-01T00:00:00+00:00"},
		{name: "of the future", change: func(d *license.Document) { move(d, 6*time.Minute) },
			want: "clock.skew: the local time is 2000-01-01T00:00:00+00:00, " +
				"but the stored license was issued on 2000-01-01T00:06:00+00:00"},
		{name: "of another version", change: func(d *license.Document) { d.Offline.Version = "4.13.0" },
			want: "stored.version: " + licenseID + ` is for "4.13.0", this is 4.14.0`},
		{name: "expired", change: func(d *license.Document) { move(d, -2*365*24*time.Hour) },
			want: "stored.invalid: " + licenseID + " expired on 1999-01-02T00:00:00+00:00"},
		{name: "suspended", change: func(d *license.Document) { d.Status = license.StatusSuspended },
			want: "stored.invalid: " + licenseID + ` has the status SUSPENDED`},
		{name: "of another token", change: func(d *license.Document) { d.Offline.Credential = "lsci-other000-****" },
			after: func(content string) string { return strings.ReplaceAll(content, `"signature":"`, `"signature":"00`) },
			want:  "stored.credential: the signature of " + licenseID + " does not match " + masked},
		{name: "tampered with", after: func(content string) string {
			return strings.Replace(content, `"pro"`, `"enterprise"`, 1)
		},
			want: "stored.tampered: the signature of " + licenseID + " does not match its content"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, document := newScene(t, unreachable()), stored(test.change)
				if test.after != nil {
					document = test.after(document)
				}
				s.put(t, ownPath, document)
				failed := asFault(t, s.Run(t.Context()))
				if failed.ID != fault.NetworkDNS || failed.Stored == nil || failed.Stored.Error() != test.want {
					t.Errorf("got  %v, stored %v\nwant %s", failed, failed.Stored, test.want)
				}
				reason := report.Reason(failed)
				network, flaw := strings.Index(reason, "NXDOMAIN"), strings.Index(reason, failed.Stored.Detail)
				if network < 0 || flaw < network {
					t.Errorf("the reason names them in another order: %s", report.Reason(failed))
				}
				if s.get(t, ownPath) != document {
					t.Error("the document was removed without a verdict")
				}
			})
		})
	}
}

func TestTheFlawIsThatOfTheFirstDocument(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, unreachable())
		s.put(t, mountedPath, stored(func(d *license.Document) { d.Offline.Version = "3.0.0" }))
		s.put(t, ownPath, stored(func(d *license.Document) { d.Status = license.StatusSuspended }))
		if failed := asFault(t, s.Run(t.Context())); failed.Stored == nil || failed.Stored.ID != fault.StoredVersion {
			t.Errorf("%v, stored %v", failed, failed.Stored)
		}
	})
}

func TestWithoutADocumentTheNetworkAloneIsToBlame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, unreachable())
		s.put(t, ownPath, "garbage")
		if failed := asFault(t, s.Run(t.Context())); failed.ID != fault.NetworkDNS || failed.Stored != nil {
			t.Errorf("%v, stored %v", failed, failed.Stored)
		}
	})
}

// nuisances are what can be found where a document belongs. None of them may
// stop a start that the server accepts.
var nuisances = []struct {
	name, want string
	make       func(t *testing.T, path string)
}{
	{"garbage", "not a license document: invalid character 'g' looking for beginning of value",
		func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("garbage"), 0o600))
		}},
	{"nothing in the file", "not a license document: unexpected end of JSON input", func(t *testing.T, path string) {
		must(t, os.WriteFile(path, nil, 0o600))
	}},
	{"what lstk mounts in its tests", "not a license document: no usable expiry_date, id, issue_date, license_status",
		func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(`{"license":"test-license-data"}`), 0o600))
		}},
	{"a large file", "the file is larger than 1 MiB", func(t *testing.T, path string) {
		must(t, os.WriteFile(path, make([]byte, file.MaxSize+1), 0o600))
	}},
	{"a FIFO", "it is a FIFO or a device, not a regular file",
		func(t *testing.T, path string) { must(t, syscall.Mkfifo(path, 0o600)) }},
	{"a directory", "it is a directory", func(t *testing.T, path string) { must(t, os.MkdirAll(path+"/full", 0o755)) }},
	{"a directory by Docker", file.ErrEmptyDirectory.Error(),
		func(t *testing.T, path string) { must(t, os.MkdirAll(path, 0o755)) }},
	{"links in a circle", "too many levels of symbolic links", func(t *testing.T, path string) {
		must(t, os.Symlink(path, path))
	}},
	{"a link out of the volume", `it is a link to "/proc/self/maps", which is not in %s`, func(t *testing.T, path string) {
		must(t, os.Symlink("/proc/self/maps", path))
	}},
}

func TestNonsenseOnDiskIsPassedOver(t *testing.T) {
	t.Parallel()
	for _, nuisance := range nuisances {
		t.Run(nuisance.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, grant(nil))
				s.put(t, ownPath+".neighbor", "")
				nuisance.make(t, s.path(ownPath))
				if err := s.run(t); err != "" || s.server.asked() != "request" {
					t.Errorf("%s, asked for %s", err, s.server.asked())
				}
				want := s.path(ownPath) + ": " + strings.ReplaceAll(nuisance.want, "%s", s.path(volume))
				if nuisance.name == "a directory by Docker" || nuisance.name == "a link out of the volume" {
					s.wantLogged(t, zap.WarnLevel, "ignoring "+want,
						"cannot store "+licenseID+" for a start without network: "+want)
					return
				}
				s.wantLogged(t, zap.DebugLevel, "ignoring "+want)
				if strings.Contains(nuisance.want, "directory") || strings.Contains(nuisance.want, "link") {
					s.wantLogged(t, zap.WarnLevel, "cannot store "+licenseID+" for a start without network: "+want)
					return
				}
				s.wantLogged(t, zap.WarnLevel)
				if _, err := license.Parse([]byte(s.get(t, ownPath))); err != nil {
					t.Errorf("it was not replaced: %v", err)
				}
			})
		})
	}
}

func TestAMountedDocumentMayBeALink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, fail(io.EOF))
		s.put(t, mountedPath+".target", stored(nil))
		must(t, os.Symlink("license.json.target", s.path(mountedPath)))
		if err := s.run(t); err != "" {
			t.Error(err)
		}
	})
}

func TestADocumentFromTheServerCarriesAStartWithoutIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, grant(nil), unreachable())
		for _, after := range []time.Duration{0, 24*time.Hour - time.Nanosecond} {
			time.Sleep(after) // in the bubble's time
			if err := s.run(t); err != "" {
				t.Errorf("after %s: %s", after, err)
			}
		}
		time.Sleep(time.Nanosecond)
		if failed := asFault(t, s.Run(t.Context())); failed.Stored == nil || failed.Stored.ID != fault.StoredStale {
			t.Errorf("after 24 hours: %v, stored %v", failed, failed.Stored)
		}
		if got := s.server.asked(); !strings.HasPrefix(got, "request activate activate") {
			t.Errorf("asked for %s", got)
		}
	})
}
