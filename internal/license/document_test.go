package license

import (
	"strings"
	"testing"
	"time"
)

const (
	token = "ls-demo0000-AAAA-BBBB-CCCC-DDDDEEEEdc30"
	// tokenSignature is what token signs the document of sample with. It was
	// computed by Python's hmac and by openssl, as were the others below.
	tokenSignature = "34d483fb05f9de921f38e759bf9e47ec032204dc55eb5ed4dfd521992a275cf0"
	sampleID       = "license_0b8f6a52-3a55-4a7c-9a5e-2f1f4c1d9e00"
)

// sample is the protocol's example document, with texts replaced in pairs.
func sample(replaced ...string) []byte {
	return []byte(strings.NewReplacer(replaced...).Replace(`{
  "id": "` + sampleID + `", "license_format": "1", "signature": "` + tokenSignature + `",
  "license_type": "pro", "license_status": "ACTIVE", "license_secret": null,
  "issue_date": "2026-11-21T17:00:00+00:00", "expiry_date": "2027-11-21T17:00:00+00:00",
  "last_activated": null, "reactivate_after": "2026-11-22T17:00:00+00:00",
  "products": [{"name": "localstack-pro", "version": "*"}],
  "offline_data": {}
}`))
}

func parse(t *testing.T, raw []byte) Document {
	t.Helper()
	document, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestSignatureIsTheProtocolsHMAC(t *testing.T) {
	t.Parallel()
	const reactivate, products = `"reactivate_after": "2026-11-22T17:00:00+00:00"`,
		`{"name": "localstack-pro", "version": "*"}`
	tests := []struct {
		name, key, signature string
		replaced             []string
	}{
		{"the protocol's example", token, tokenSignature, nil},
		{"without reactivate_after", token, "24feca04da64a990043581a43ea9d7a491832056e30b81d18018cc9276b93a8c",
			[]string{reactivate, `"reactivate_after": null`}},
		{"products sorted by name, then version", token, "a0f334d25d1592372496621a721da2d4f794d222919a58f12147beb3e3b8928d",
			[]string{products, `{"name":"localstack-pro","version":"4.14"},{"name":"b","version":"2"},` +
				`{"name":"b","version":"1"},{"name":"ab","version":"c"},{"name":"a","version":"z"}`}},
		{"no products", token, "a6526e2aec72b98099d62bce290201d85238d896335c92f60f819c1435dd953a",
			[]string{products, ""}},
		{"a key and a field beyond ASCII", "Schlüssel", "c501f65887421e5faf4626ffef5f44b805d4bd57fa7b18c29f675c174aa28ee8",
			[]string{`"pro"`, `"entreprise-é"`}},
		{"the moment in another time zone", token, tokenSignature,
			[]string{"2026-11-21T17:00:00+00:00", "2026-11-21T22:30:00+05:30"}},
		{"the moment with Z and a fraction", token, tokenSignature,
			[]string{"2027-11-21T17:00:00+00:00", "2027-11-21T17:00:00.999999Z"}},
		{"the moment without an offset", token, tokenSignature,
			[]string{"2026-11-22T17:00:00+00:00", "2026-11-22T17:00:00"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			document := parse(t, sample(append(test.replaced, tokenSignature, test.signature)...))
			if !document.SignedWith(test.key) {
				t.Error("the right signature is refused")
			}
			document.Sign(test.key)
			if document.Signature != test.signature {
				t.Errorf("signed with %s, want %s", document.Signature, test.signature)
			}
		})
	}
}

func TestSignatureCoversWhatDecides(t *testing.T) {
	t.Parallel()
	signed := [][2]string{
		{sampleID, "license_other"},
		{`"localstack-pro"`, `"localstack-base"`},
		{`"version": "*"`, `"version": "3"`},
		{"2026-11-21T17", "2026-11-21T18"},
		{"2027-11-21", "2037-11-21"},
		{`"pro"`, `"enterprise"`},
		{"ACTIVE", "EXPIRED"},
		{"2026-11-22", "2036-11-22"},
	}
	for _, change := range signed {
		if parse(t, sample(change[0], change[1])).SignedWith(token) {
			t.Errorf("%s can be made %s", change[0], change[1])
		}
	}
	free := [][2]string{
		{`"license_secret": null`, `"license_secret": "s"`},
		{`"last_activated": null`, `"last_activated": "2026-11-21T17:00:00Z"`},
		{`"offline_data": {}`, `"offline_data": {"localstack_version": "4"}, "more": 1`},
		{tokenSignature, strings.ToUpper(tokenSignature)},
	}
	for _, change := range free {
		if !parse(t, sample(change[0], change[1])).SignedWith(token) {
			t.Errorf("%s cannot be made %s", change[0], change[1])
		}
	}
}

func TestWhatIsNoSignatureVerifiesNothing(t *testing.T) {
	t.Parallel()
	for _, signature := range []string{"", "0", "not hex", tokenSignature[:62], tokenSignature + "00",
		strings.Repeat("0", 64)} {
		document := parse(t, sample())
		document.Signature = signature
		if document.SignedWith(token) {
			t.Errorf("%q is accepted", signature)
		}
	}
	if parse(t, sample()).SignedWith("") {
		t.Error("an empty key verifies")
	}
}

func TestParseReadsTheProtocolsDocument(t *testing.T) {
	t.Parallel()
	document := parse(t, sample(`"offline_data": {}`, `"offline_data": {"localstack_version": "4.14.0"}`))
	if document.ID != sampleID || document.Type != "pro" || document.Status != StatusActive ||
		string(document.Secret) != "null" ||
		document.LastActivated != nil || document.Offline.Version != "4.14.0" ||
		document.Products[0] != (Product{"localstack-pro", "*"}) {
		t.Errorf("%+v", document)
	}
	for got, want := range map[string]string{
		document.Issued.String():          "2026-11-21T17:00:00+00:00",
		document.Expires.String():         "2027-11-21T17:00:00+00:00",
		document.ReactivateAfter.String(): "2026-11-22T17:00:00+00:00",
	} {
		if got != want {
			t.Errorf("read %s, want %s", got, want)
		}
	}
}

func TestParseTakesDatesOfThePast(t *testing.T) {
	t.Parallel()
	document := parse(t, sample("2027-11-21", "1999-12-31"))
	if got, want := document.Expires.Time, time.Date(1999, 12, 31, 17, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("expires %s", got)
	}
}

func TestWhatWeDoNotNeedDoesNotSpoilADocument(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{
		`"offline_data": "x"`, `"offline_data": []`, `"offline_data": {"localstack_version": 5}`,
		`"offline_data": {}, "license_secret": {"a": 1}`,
		`"offline_data": {}, "last_activated": 1700000000`, `"offline_data": {}, "last_activated": "never"`,
		`"offline_data": {}, "signature": ""`,
	} {
		document := parse(t, sample(`"offline_data": {}`, odd))
		document.Offline = Offline{Version: "4.14.0"}
		content, err := document.Encode()
		if err != nil {
			t.Errorf("%s: %v", odd, err)
		}
		if kept := parse(t, content); kept.Offline.Version != "4.14.0" {
			t.Errorf("%s became %s", odd, content)
		}
	}
}

func TestEncodeNotesTheActivationOnlyWhereItSetsTheLimit(t *testing.T) {
	t.Parallel()
	did := &Time{time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)}
	for name, test := range map[string]struct{ replaced, want string }{
		"with reactivate_after":    {`"2026-11-22T17:00:00+00:00"`, `"last_activated": "2026-11-21T17:00:00.5Z"`},
		"without reactivate_after": {"null", `"last_activated": "2026-11-21T18:00:00+00:00"`},
	} {
		document := parse(t, sample(`"last_activated": null`, `"last_activated": "2026-11-21T17:00:00.5Z"`,
			`"2026-11-22T17:00:00+00:00"`, test.replaced))
		document.LastActivated = did
		if content, err := document.Encode(); err != nil || !strings.Contains(string(content), test.want) {
			t.Errorf("%s: %s, %v", name, content, err)
		}
	}
}

func TestParseNamesWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	const none = "not a license document: "
	tests := []struct{ name, raw, want string }{
		{"nothing", "", none + "unexpected end of JSON input"},
		{"HTML", "<html>", none + "invalid character '<' looking for beginning of value"},
		{"cut short", string(sample()[:200]), none + "unexpected end of JSON input"},
		{"two documents", "{} {}", none + "invalid character '{' after top-level value"},
		{"null", "null", none + "no usable expiry_date, id, issue_date, license_status"},
		{"an array", "[]", none + "unexpected array as the whole"},
		{"lstk's test document", `{"license_type":"pro"}`, none + "no usable expiry_date, id, issue_date, license_status"},
		{"another of lstk's", `{"license":"test-license-data"}`,
			none + "no usable expiry_date, id, issue_date, license_status"},
		{"a number as id", string(sample(`"`+sampleID+`"`, "7")), none + "unexpected number as id"},
		{"a text as products", string(sample(`[{"name": "localstack-pro", "version": "*"}]`, `"all"`)),
			none + "unexpected string as products"},
		{"an empty id", string(sample(sampleID, "")), none + "no usable id"},
		{"an endless id", string(sample(sampleID, strings.Repeat("x", 1000))), none + "no usable id"},
		{"a type with a line break", string(sample(`"pro"`, `"p\nro"`)), none + "no usable license_type"},
		{"no expiry date", string(sample(`"expiry_date"`, `"expiry"`)), none + "no usable expiry_date"},
		{"null as a date", string(sample(`"2026-11-21T17:00:00+00:00"`, "null")), none + "no usable issue_date"},
		{"the year 1", string(sample("2027-11-21T17:00:00", "0001-01-01T00:00:00")), none + "no usable expiry_date"},
		{"a negative year", string(sample("2027-11-21", "-2027-11-21")), none + "no usable expiry_date"},
		{"the 31st of February", string(sample("2027-11-21", "2027-02-31")), none + "no usable expiry_date"},
		{"a date without a time", string(sample("2026-11-22T17:00:00+00:00", "2026-11-22")),
			none + "no usable reactivate_after"},
		{"a number as a date", string(sample(`"2027-11-21T17:00:00+00:00"`, "1826812800")), none + "no usable expiry_date"},
		{"an empty date", string(sample("2026-11-22T17:00:00+00:00", "")), none + "no usable reactivate_after"},
		{"another format", string(sample(`"license_format": "1"`, `"license_format": "2"`)), `not license_format "1"`},
		{"no format", string(sample(`"license_format"`, `"format"`)), `not license_format "1"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse([]byte(test.raw)); err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestEncodeKeepsUnknownFieldsByteForByte(t *testing.T) {
	t.Parallel()
	const odd = `"zeta": {"b":[1.0, 1e400 ,-0, 123456789012345678901234567890],  "a":null},` + "\n\t" +
		`"text": "<a href='x'>&amp;</a> é \u00e9 \ud83d\ude00 😀 \/ \"",` +
		` "": "", "a.b": {"localstack_version": "deep"}, "id2":"` + sampleID + `",`
	const before, after = `{"kept": [ true ],"localstack_version":"4.13.0"}`,
		`{"kept": [ true ],"localstack_version":"4.14.0","entrypoint_credential":"ls-demo0000-****"}`
	raw := sample(`"license_type"`, odd+` "license_type"`, `{}`, before)
	document := parse(t, raw)
	document.Offline = Offline{Version: "4.14.0", Credential: "ls-demo0000-****"}
	out, err := document.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out), strings.Replace(string(raw), before, after, 1); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !parse(t, out).SignedWith(token) {
		t.Error("the signature does not survive")
	}
}

func TestEncodeAddsMissingOfflineData(t *testing.T) {
	t.Parallel()
	for _, absent := range []string{`"offline_data": null`, `"other": 1`} {
		document := parse(t, sample(`"offline_data": {}`, absent))
		document.Offline = Offline{Version: "4.14.0", Credential: "****"}
		out, err := document.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got := parse(t, out).Offline; got != document.Offline {
			t.Errorf("%s: stored %+v in %s", absent, got, out)
		}
	}
}

func TestEncodeOfADocumentMadeHereIsTheWireForm(t *testing.T) {
	t.Parallel()
	moment := Time{time.Date(2026, 11, 21, 18, 0, 0, 999, time.FixedZone("", 3600))}
	document := Document{ID: "license_1", Format: Format, Signature: "00", Type: "pro", Status: StatusActive,
		Issued: moment, Expires: moment, Products: []Product{{"localstack-pro", "*"}}}
	out, err := document.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"license_1","license_format":"1","signature":"00","license_type":"pro","license_status":"ACTIVE",` +
		`"license_secret":null,"issue_date":"2026-11-21T17:00:00+00:00","expiry_date":"2026-11-21T17:00:00+00:00",` +
		`"last_activated":null,"products":[{"name":"localstack-pro","version":"*"}],"offline_data":{}}`
	if string(out) != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
}

func TestParseKeepsItsOwnCopy(t *testing.T) {
	t.Parallel()
	raw := sample()
	document := parse(t, raw)
	clear(raw)
	out, err := document.Encode()
	if err != nil || !parse(t, out).SignedWith(token) {
		t.Errorf("%q, %v", out, err)
	}
}
