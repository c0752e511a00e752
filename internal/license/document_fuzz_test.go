package license

import "testing"

func FuzzParseEncodeRoundTrip(f *testing.F) {
	f.Add(sample())
	f.Add(sample(`"offline_data": {}`, `"offline_data": null`))
	f.Add(sample(`{}`, `{"localstack_version":"1","x":[{}]}`))
	f.Add([]byte(`{"license_type":"pro"}`))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		document, err := Parse(raw)
		if err != nil {
			return
		}
		document.Offline = Offline{Version: "4.14.0", Credential: "ls-demo0000-****"}
		out, err := document.Encode()
		if err != nil {
			t.Fatalf("cannot encode what was parsed: %v", err)
		}
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("cannot parse what was encoded: %v\n%s", err, out)
		}
		document.Sign(token)
		again.Signature = document.Signature
		if !again.SignedWith(token) || !again.OfflineUntil().Equal(document.OfflineUntil()) {
			t.Errorf("stored as another document:\n%s\n%s", raw, out)
		}
	})
}
