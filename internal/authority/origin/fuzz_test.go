package origin

import (
	"strings"
	"testing"
)

func FuzzForwarded(f *testing.F) {
	f.Add("192.0.2.1, 10.0.0.1", "https", `for="[2001:db8::1]:4711";proto=https`, "localhost:80")
	f.Add("", "", "for=;;=,\"", "[::1")
	s := behind(f, "10.0.0.0/8")
	f.Fuzz(func(t *testing.T, hops, scheme, standard, host string) {
		for _, header := range []map[string][]string{
			{"X-Forwarded-For": {hops, hops}, "X-Forwarded-Proto": {scheme}}, {"Forwarded": {standard}},
		} {
			r := arriving("10.0.0.1:1", header)
			r.Host = host
			got := s.of(r)
			if !got.Address.IsValid() || got.Address.Zone() != "" || got.Local ||
				got.Scheme != "http" && got.Scheme != "https" ||
				strings.ContainsAny(got.Base, "<>\"' \n@") {
				t.Errorf("%q: %+v", header, got)
			}
		}
	})
}

// FuzzNetworks reads any text: networks are written as what reads the same.
func FuzzNetworks(f *testing.F) {
	for _, text := range []string{
		"10.0.0.0/8,fd00::/8", "10.0.0.1", " ::1 ", "::ffff:1.2.3.4/120", "fe80::1%eth0", "0.0.0.0/0", ",",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var read, again Networks
		if read.Set(text) != nil {
			return
		}
		if err := again.Set(read.String()); err != nil || again.String() != read.String() || len(read) == 0 {
			t.Errorf("%q is %s, then %s: %v", text, read.String(), again.String(), err)
		}
		if !read.Contain(read[0].Addr()) {
			t.Errorf("%q does not contain %s", text, read[0].Addr())
		}
	})
}

// FuzzParsePublic reads any text: a URL has a host, and nothing that a link must not have.
func FuzzParsePublic(f *testing.F) {
	for _, text := range []string{
		"https://licenses.example.org/", "http://[::1]:80", "https://a:b@c", "//h", "https://h:", "https://%41",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		public, err := ParsePublic(text)
		if err != nil {
			return
		}
		again, err := ParsePublic(public.String())
		if err != nil || again.String() != public.String() || public.Host == "" ||
			strings.ContainsAny(public.String(), "<>\"' \r\n@?#") {
			t.Errorf("%q is %q, then %v: %v", text, public, again, err)
		}
	})
}
