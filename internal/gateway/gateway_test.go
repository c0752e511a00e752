package gateway

import (
	"net"
	"strconv"
	"strings"
	"testing"
)

func joined(l Listen) string {
	var texts []string
	for _, address := range l {
		texts = append(texts, address.String())
	}
	return strings.Join(texts, ",")
}

func TestGatewayListenIsRead(t *testing.T) {
	tests := []struct{ name, text, inContainer, outside, probe string }{
		{"unset", "", "0.0.0.0:4566,0.0.0.0:443", "127.0.0.1:4566", "127.0.0.1:4566"},
		{"only commas", " , ,", "0.0.0.0:4566,0.0.0.0:443", "127.0.0.1:4566", "127.0.0.1:4566"},
		{"host and port", "127.0.0.1:4566", "0.0.0.0:4566", "127.0.0.1:4566", "127.0.0.1:4566"},
		{"all addresses", "0.0.0.0:4567", "0.0.0.0:4567", "0.0.0.0:4567", "127.0.0.1:4567"},
		{"one of the machine's", "192.0.2.1:4566", "0.0.0.0:4566", "192.0.2.1:4566", "127.0.0.1:4566"},
		{"default host", ":443", "0.0.0.0:443", "127.0.0.1:443", "127.0.0.1:443"},
		{"what lstk sends", ":4566,:443", "0.0.0.0:4566,0.0.0.0:443", "127.0.0.1:4566,127.0.0.1:443", "127.0.0.1:4566"},
		{"what the localstack CLI sends", ":4566,127.0.0.1:443", "0.0.0.0:4566,0.0.0.0:443",
			"127.0.0.1:4566,127.0.0.1:443", "127.0.0.1:4566"},
		{"IPv6", "[::]:4566", "[::]:4566", "[::]:4566", "[::1]:4566"},
		{"IPv6 of one address", "[::1]:4566", "[::]:4566", "[::1]:4566", "[::1]:4566"},
		{"IPv6 with a zone", "[fe80::1%eth0]:80", "[::]:80", "[fe80::1%eth0]:80", "[::1]:80"},
		{"IPv6 in long form", "[0:0:0:0:0:0:0:1]:80", "[::]:80", "[::1]:80", "[::1]:80"},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:80", "0.0.0.0:80", "127.0.0.1:80", "127.0.0.1:80"},
		{"bare port is a port", "4566", "0.0.0.0:4566", "127.0.0.1:4566", "127.0.0.1:4566"},
		{"bare host has the default port", "127.0.0.1", "0.0.0.0:4566", "127.0.0.1:4566", "127.0.0.1:4566"},
		{"bare IPv6 in brackets", "[::1]", "[::]:4566", "[::1]:4566", "[::1]:4566"},
		{"name", "LocalHost:4567,:1", "0.0.0.0:4567,0.0.0.0:1", "localhost:4567,127.0.0.1:1", "127.0.0.1:4567"},
		{"blanks around", " 127.0.0.1:1 ,\t:2\n", "0.0.0.0:1,0.0.0.0:2", "127.0.0.1:1,127.0.0.1:2", "127.0.0.1:1"},
		{"twice", ":1,:1", "0.0.0.0:1,0.0.0.0:1", "127.0.0.1:1,127.0.0.1:1", "127.0.0.1:1"},
		{"any free port", "127.0.0.1:0", "0.0.0.0:0", "127.0.0.1:0", ""},
		{"any free port, and one", ":0,:65535", "0.0.0.0:0,0.0.0.0:65535", "127.0.0.1:0,127.0.0.1:65535", "127.0.0.1:65535"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l Listen
			if err := l.UnmarshalText([]byte(tt.text)); err != nil {
				t.Fatal(err)
			}
			if got := joined(l.In(true)); got != tt.inContainer {
				t.Errorf("in a container %s, want %s", got, tt.inContainer)
			}
			if got := joined(l.In(false)); got != tt.outside {
				t.Errorf("outside %s, want %s", got, tt.outside)
			}
			probe, err := l.In(true).Probe()
			if tt.probe == "" {
				if err == nil {
					t.Errorf("asks %s, want an error", probe)
				}
			} else if err != nil || probe.String() != tt.probe {
				t.Errorf("asks %s, %v; want %s", probe, err, tt.probe)
			}
		})
	}
}

func TestOnlyAPortThatNobodyNamedIsOptional(t *testing.T) {
	for text, want := range map[string]bool{"": true, ":4566,:443": false, "0.0.0.0:4566,0.0.0.0:443": false} {
		var l Listen
		if err := l.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := l.In(true); got[0].Optional || got[1].Optional != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestNoErrorShowsAPassword(t *testing.T) {
	for _, text := range []string{"http://me:hunter2@h:1", ":1,http://me:hun,ter2@h", "me:hunter2@"} {
		err := new(Listen).UnmarshalText([]byte(text))
		if err == nil || strings.Contains(err.Error(), "hun") || !strings.Contains(err.Error(), "[host]:port") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestBadGatewayListenIsAnErrorThatNamesTheEntry(t *testing.T) {
	for _, text := range []string{
		"127.0.0.1:70000", "127.0.0.1:-1", "127.0.0.1:http", "127.0.0.1:", "70000:", "::", "::1:4566",
		"[::1:4566", "a b:1", "*:4566", "http://localhost:4566", "[]:1x", "999999999999999999999", "300.1.1.1:80",
		"127.0.0.1:1:2", "0.0.0.0:65536", "0.0.0.0:4566;0.0.0.0:443", "\x1b[31m:1", ":４５６６", "[fe80::1%a b]:1x",
		"0.0.0.0:4566,nonsense here",
	} {
		var l Listen
		err := l.UnmarshalText([]byte(text))
		if err == nil {
			t.Errorf("%q: read as %s, want an error", text, l)
			continue
		}
		last := strconv.Quote(text[strings.LastIndex(text, ",")+1:])
		if !strings.Contains(err.Error(), last) || !strings.Contains(err.Error(), "[host]:port") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzGatewayListen(f *testing.F) {
	for _, seed := range []string{"", "4566", ":443", "[::]:4566,0.0.0.0:1", "localhost", "[::1%eth0]:1", "a,,b:0", "[",
		"]:1", "1:2:3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var first Listen
		if first.UnmarshalText([]byte(text)) != nil {
			return
		}
		for _, l := range []Listen{first, first.In(true), first.In(false)} {
			for _, a := range l {
				if _, _, err := net.SplitHostPort(a.String()); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
			}
		}
		if len(first.In(true)) == 0 || len(first.In(false)) == 0 {
			t.Fatalf("%q: nothing to listen on", text)
		}
		var again Listen
		if err := again.UnmarshalText([]byte(joined(first))); err != nil || joined(again) != joined(first) {
			t.Fatalf("%q: %s, read again %s (%v)", text, first, again, err)
		}
	})
}
