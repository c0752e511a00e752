package gateway

import (
	"net"
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
	tests := []struct{ name, text, want string }{
		{"unset by blank", "", "0.0.0.0:4566"},
		{"only commas", " , ,", "0.0.0.0:4566"},
		{"host and port", "127.0.0.1:4566", "127.0.0.1:4566"},
		{"default host", ":443", "0.0.0.0:443"},
		{"what lstk sends", ":4566,:443", "0.0.0.0:4566,0.0.0.0:443"},
		{"IPv6", "[::]:4566", "[::]:4566"},
		{"IPv6 in short form", "[0:0:0:0:0:0:0:1]:80", "[::1]:80"},
		{"bare port is a port", "4566", "0.0.0.0:4566"},
		{"bare host has the default port", "127.0.0.1", "127.0.0.1:4566"},
		{"bare IPv6 in brackets", "[::1]", "[::1]:4566"},
		{"name", "LocalHost:4567", "localhost:4567"},
		{"blanks around", " 127.0.0.1:1 , 127.0.0.1:2 ", "127.0.0.1:1,127.0.0.1:2"},
		{"any free port", "127.0.0.1:0", "127.0.0.1:0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l Listen
			if err := l.UnmarshalText([]byte(tt.text)); err != nil {
				t.Fatal(err)
			}
			if joined(l) != tt.want {
				t.Errorf("%q: got %s, want %s", tt.text, l, tt.want)
			}
		})
	}
}

func TestBadGatewayListenIsAnErrorThatNamesTheEntry(t *testing.T) {
	for _, text := range []string{
		"127.0.0.1:70000", "127.0.0.1:-1", "127.0.0.1:http", "127.0.0.1:", "70000:", "::", "::1:4566",
		"[::1:4566", "a b:1", "*:4566", "http://localhost:4566", "[]:1x", "999999999999999999999", "300.1.1.1:80",
		"127.0.0.1:1:2", "[fe80::1%a b]:1x", "0.0.0.0:4566,nonsense here",
	} {
		var l Listen
		err := l.UnmarshalText([]byte(text))
		if err == nil {
			t.Errorf("%q: read as %s, want an error", text, l)
			continue
		}
		last := text[strings.LastIndex(text, ",")+1:]
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
		if len(first) == 0 {
			t.Fatalf("%q: nothing to listen on", text)
		}
		for _, a := range first {
			if _, _, err := net.SplitHostPort(a.String()); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
		var again Listen
		if err := again.UnmarshalText([]byte(joined(first))); err != nil || joined(again) != joined(first) {
			t.Fatalf("%q: %s, read again %s (%v)", text, first, again, err)
		}
	})
}
