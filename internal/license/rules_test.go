package license

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"localstack-entrypoint/internal/fault"
)

var (
	issued  = time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC)
	again   = issued.AddDate(0, 0, 1)
	expires = issued.AddDate(1, 0, 0)
	running = Product{ProductName, "4.14.0"}
	holder  = Holder{Key: token, Masked: "ls-demo0000-****-****-****-************"}
)

// storable is the sample as an earlier start of this version has stored it,
// changed and then signed again.
func storable(t *testing.T, change func(*Document)) Document {
	t.Helper()
	document := parse(t, sample())
	document.Offline = Offline{Version: "4.14.2", Credential: holder.Masked}
	if change != nil {
		change(&document)
	}
	document.Sign(token)
	return document
}

// wantFlaw compares a failure with "id: detail"; "" wants none.
func wantFlaw(t *testing.T, got *fault.Error, want string) {
	t.Helper()
	text := ""
	if got != nil {
		text = got.Error()
	}
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestCoversGoesByNamePatternAndMinorVersion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, version string
		want          bool
	}{
		{"localstack-pro", "*", true},
		{"localstack-pro", "*.*", true},
		{"localstack-pro", "4.14", true},
		{"localstack-pro", "4.14.9", true},
		{"localstack-pro", "v4.014.9", true},
		{"localstack-pro", "4.14.0+build.7", true},
		{"localstack-pro", "4", false},
		{"localstack-pro", "4.1", false},
		{"localstack-pro", "4.140", false},
		{"localstack-pro", "14.4", false},
		{"localstack-pro", "", false},
		{"localstack*", "*", true},
		{"local?tack-pro", "*", true},
		{"local[a-z]tack-pro", "*", true},
		{"*", "4.14", true},
		{"localstack.*", "*", false}, // a dot is a dot
		{"localstack", "*", false},
		{"localstack-pro-x", "*", false},
		{"Localstack-Pro", "*", false},
		{"[", "*", false},
		{"", "*", false},
	}
	for _, test := range tests {
		document := Document{Products: []Product{{"other", "*"}, {test.name, test.version}}}
		if got := document.Covers(running); got != test.want {
			t.Errorf("%q %q covers: %t", test.name, test.version, got)
		}
	}
	if (Document{}).Covers(running) {
		t.Error("a document without products covers us")
	}
	if !(Document{Products: []Product{{"localstack.*", "*"}}}).Covers(Product{"localstack.aws", "1"}) {
		t.Error("localstack.* does not cover localstack.aws")
	}
}

func TestVersionsAreNormalised(t *testing.T) {
	t.Parallel()
	tests := []struct{ version, normal, minor string }{
		{"4.14.0", "4.14.0", "4.14"},
		{"2026.07.01", "2026.7.1", "2026.7"},
		{" v2026.7.0+abc.01\n", "2026.7.0", "2026.7"},
		{"4.00.000", "4.0.0", "4.0"},
		{"4.14.0-rc01", "4.14.0-rc01", "4.14"},
		{"4.14.0.dev20", "4.14.0.dev20", "4.14"},
		{"0.1", "0.1", "0.1"},
		{"4", "4", "4"},
		{"latest", "latest", "latest"},
		{"", "", ""},
		{"...", "...", "."},
	}
	for _, test := range tests {
		if got := NormalVersion(test.version); got != test.normal {
			t.Errorf("%q is %q, want %q", test.version, got, test.normal)
		}
		if got := MajorMinor(test.version); got != test.minor {
			t.Errorf("%q is of %q, want %q", test.version, got, test.minor)
		}
	}
}

func TestCheckJudgesStatusDatesAndProduct(t *testing.T) {
	t.Parallel()
	ended := "license.expired: " + sampleID + " expired on 2027-11-21T17:00:00+00:00"
	tests := []struct {
		name, status string
		now          time.Time
		product      Product
		want         string
	}{
		{"active", StatusActive, issued, running, ""},
		{"the last moment", StatusActive, expires.Add(-1), running, ""},
		{"the end", StatusActive, expires, running, ended},
		{"years later", StatusActive, expires.AddDate(9, 0, 0), running, ended},
		{"expired early", StatusExpired, issued, running, ended},
		{"suspended", StatusSuspended, issued, running, "license.status: " + sampleID + ` has the status SUSPENDED`},
		{"inactive", StatusInactive, issued, running, "license.status: " + sampleID + ` has the status INACTIVE`},
		{"unknown", StatusUnknown, issued, running, "license.status: " + sampleID + ` has the status UNKNOWN`},
		{"lower case", "active", issued, running, "license.status: " + sampleID + ` has the status UNKNOWN`},
		{"another product", StatusActive, issued, Product{"localstack-base", "4.14.0"},
			"license.product: " + sampleID + " (pro) is not for localstack-base 4.14.0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document := parse(t, sample("ACTIVE", test.status))
			wantFlaw(t, document.Check(test.now, test.product), test.want)
		})
	}
}

func TestAStoredDocumentStandsInUnlessSomethingIsWrongWithIt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		now    time.Time
		change func(*Document)
		want   string
	}{
		{"right after it was stored", issued, nil, ""},
		{"the last moment", again.Add(-1), nil, ""},
		{"a clock that is a little slow", issued.Add(-5 * time.Minute), nil, ""},
		{"too late", again, nil, "stored.stale: " + sampleID + " could be used offline until 2026-11-22T17:00:00+00:00"},
		{"a clock that is wrong", issued.Add(-5*time.Minute - 1), nil,
			"clock.skew: the local time is 2026-11-21T16:54:59+00:00, " +
				"but the stored license was issued on 2026-11-21T17:00:00+00:00"},
		{"another minor version", issued, func(d *Document) { d.Offline.Version = "4.13.9" },
			"stored.version: " + sampleID + ` is for "4.13.9", this is 4.14.0`},
		{"never activated here", issued, func(d *Document) { d.Offline.Version = "" },
			"stored.not_activated: " + sampleID + " has no version in offline_data"},
		{"expired", expires, nil, "stored.invalid: " + sampleID + " expired on 2027-11-21T17:00:00+00:00"},
		{"suspended", issued, func(d *Document) { d.Status = StatusSuspended },
			"stored.invalid: " + sampleID + ` has the status SUSPENDED`},
		{"another product", issued, func(d *Document) { d.Products = nil },
			"stored.invalid: " + sampleID + " (pro) is not for localstack-pro 4.14.0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			flaw := storable(t, test.change).CheckStored(test.now, running, holder)
			wantFlaw(t, flaw, test.want)
			if flaw != nil && flaw.ID == fault.StoredInvalid && !strings.Contains(errors.Unwrap(flaw).Error(), "license.") {
				t.Errorf("the license's own flaw is lost: %v", flaw.Cause)
			}
		})
	}
}

func TestADocumentOfAnotherCredentialDiffersFromATamperedOne(t *testing.T) {
	t.Parallel()
	other := Holder{Key: "lsci-x", Masked: "lsci-demo1111-****-****-****-************"}
	apiKey := Holder{Key: "0123456789", Masked: "****"}
	tampered := func(d Document) Document { d.Type = "enterprise"; return d }
	tests := []struct {
		name     string
		document Document
		holder   Holder
		want     string
	}{
		{"another token", storable(t, nil), other,
			"stored.credential: the signature of " + sampleID + " does not match lsci-demo1111-****-****-****-************"},
		{"altered", tampered(storable(t, nil)), holder,
			"stored.tampered: the signature of " + sampleID + " does not match its content"},
		{"altered, stored by another program", tampered(storable(t, func(d *Document) { d.Offline.Credential = "" })), holder,
			"stored.credential: the signature of " + sampleID + " does not match ls-demo0000-****-****-****-************"},
		{"API keys all look alike", storable(t, func(d *Document) { d.Offline.Credential = "****" }), apiKey,
			"stored.credential: the signature of " + sampleID + " does not match ****"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			wantFlaw(t, test.document.CheckStored(issued, running, test.holder), test.want)
		})
	}
}

func TestOfflineUntilIsTheReactivationAtMostTheExpiry(t *testing.T) {
	t.Parallel()
	at := func(moment time.Time) *Time { return &Time{moment} }
	did := func(moment time.Time) *Time { return &Time{moment} }
	tests := []struct {
		name          string
		reactivate    *Time
		lastDid       *Time
		expires, want time.Time
	}{
		{"reactivate_after", at(again), did(issued.AddDate(0, 1, 0)), expires, again},
		{"24 hours after the last activation", nil, did(issued.AddDate(0, 1, 0)), expires, issued.AddDate(0, 1, 1)},
		{"24 hours after it was issued", nil, nil, expires, again},
		{"an invalid last activation", nil, did(time.Time{}), expires, again},
		{"no longer than the license", at(expires.AddDate(1, 0, 0)), nil, expires, expires},
		{"a license that ends within the hour", nil, nil, issued.Add(time.Hour), issued.Add(time.Hour)},
	}
	for _, test := range tests {
		document := Document{Issued: Time{issued}, Expires: Time{test.expires}, ReactivateAfter: test.reactivate,
			LastActivated: test.lastDid}
		if got := document.OfflineUntil(); !got.Equal(test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestRenewFromIsHalfTheTimeWithoutTheServer(t *testing.T) {
	t.Parallel()
	did := func(moment time.Time) *Time { return &Time{moment} }
	for name, test := range map[string]struct {
		activated *Time
		want      time.Time
	}{
		"activated when issued": {did(issued), issued.Add(12 * time.Hour)},
		"activated later":       {did(again.Add(-2 * time.Hour)), again.Add(-time.Hour)},
		"by another client":     {nil, again.Add(-12 * time.Hour)},
		"by a clock ahead":      {did(again.Add(time.Hour)), again.Add(-12 * time.Hour)},
		"a note without sense":  {did(time.Time{}), again.Add(-12 * time.Hour)},
	} {
		document := Document{Issued: Time{issued}, Expires: Time{expires}, ReactivateAfter: &Time{again},
			Offline: Offline{Activated: test.activated}}
		if got := document.RenewFrom(); !got.Equal(test.want) {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestClocksMayDifferByFiveMinutes(t *testing.T) {
	t.Parallel()
	for difference, want := range map[time.Duration]bool{
		0: false, 5 * time.Minute: false, -5 * time.Minute: false,
		5*time.Minute + 1: true, -5*time.Minute - 1: true,
	} {
		if got := ClockDiffers(issued.Add(difference), issued); got != want {
			t.Errorf("%s: %t", difference, got)
		}
	}
	if !ClockDiffers(time.Time{}, issued) || !ClockDiffers(issued, time.Time{}) {
		t.Error("centuries are no difference")
	}
}

func TestPrintingARequestOrAHolderShowsNoSecret(t *testing.T) {
	t.Parallel()
	request := Request{LicenseID: sampleID, Credentials: Credentials{AuthToken, token}, Product: running}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3s"} {
		for _, value := range []any{request, &request, request.Credentials, &request.Credentials, holder, &holder,
			[]Holder{holder}} {
			if shown := fmt.Sprintf(verb, value); strings.Contains(shown, "AAAA") ||
				strings.Contains(shown, fmt.Sprintf("%x", "AAAA")) {
				t.Errorf("%s of %T shows %s", verb, value, shown)
			}
		}
	}
}
