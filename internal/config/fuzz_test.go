package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kballard/go-shellquote"
)

// seeds are values of every kind, good and bad.
var seeds = []string{
	"", " ", "1", "yes", "OFF", "auto", "2.5", "500ms", "1e400", "NaN", "100", "-1", "python -m 'local stack'", `a\ b "`,
	"143:0,137:1", "TERM:QUIT,10:0", "RTMIN+3", "15:15:15", "debug", "json", "https://api.localstack.cloud/v1/",
	"api.localstack.cloud/v1", "http://[::1]:80", "user:pass@proxy:3128", "socks5://h", "http://%zz", "a://b:0?#",
	"\x00\xff\u202e",
}

// decodeFuzz feeds one decoder. A value that is refused must leave it alone,
// and must not be repeated by the error; check judges one that is taken.
func decodeFuzz[T any, P interface {
	*T
	decoder
}](f *testing.F, check func(t *testing.T, got T)) {
	said := map[string]bool{} // of other values: our own advice is no repetition
	for _, seed := range seeds {
		f.Add(seed)
		var got T
		if err := P(&got).Decode(seed); err != nil && len(seed) <= maxShown {
			said[err.Error()] = true
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		var got, zero T
		err := P(&got).Decode(value)
		if err == nil {
			check(t, got)
			return
		}
		if fmt.Sprint(got) != fmt.Sprint(zero) {
			t.Errorf("%q is refused, yet sets %v", value, got)
		}
		if len(value) > maxShown && !said[err.Error()] && strings.Contains(err.Error(), value) {
			t.Errorf("%q is repeated: %v", value, err)
		}
	})
}

func FuzzBool(f *testing.F) { decodeFuzz(f, func(*testing.T, Bool) {}) }

func FuzzAuto(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Auto) {
		if got.On && !got.Set {
			t.Errorf("%+v", got)
		}
	})
}

func FuzzSeconds(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Seconds) {
		if got < 0 || got.Duration().Seconds() > maxSeconds {
			t.Errorf("%s", got.Duration())
		}
	})
}

func FuzzCount(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Count) {
		if got < 1 || got > 100 {
			t.Errorf("%d", got)
		}
	})
}

func FuzzTimes(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Times) {
		if got < 0 || got > 100 {
			t.Errorf("%d", got)
		}
	})
}

func FuzzSignal(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Signal) {
		if got < 1 || got > 64 {
			t.Errorf("%d", got)
		}
	})
}

func FuzzRewrites(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Rewrites) {
		for from, to := range got {
			if from < 1 || from > 64 || to < 0 || to > 64 {
				t.Errorf("%d:%d", from, to)
			}
		}
	})
}

func FuzzExitCodes(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got ExitCodes) {
		for from, to := range got {
			if from < 0 || from > 255 || to < 0 || to > 255 {
				t.Errorf("%d:%d", from, to)
			}
		}
	})
}

func FuzzWords(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Words) {
		var again Words
		if err := again.Decode(shellquote.Join(got...)); err != nil || !slices.Equal(got, again) {
			t.Errorf("%q quoted and split again is %q, %v", got, again, err)
		}
	})
}

func FuzzLevel(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Level) {
		if got == "" || string(got) != strings.ToLower(string(got)) {
			t.Errorf("%q", got)
		}
	})
}

func FuzzFormat(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Format) {
		if got.JSON() == (got == "text") {
			t.Errorf("%q", got)
		}
	})
}

func FuzzEndpoint(f *testing.F) {
	decodeFuzz(f, func(t *testing.T, got Endpoint) {
		var again Endpoint
		if err := again.Decode(got.String()); err != nil || again.String() != got.String() {
			t.Errorf("%s becomes %s, %v", got, again, err)
		}
		isBase := got.User == nil && got.RawQuery == "" && got.Fragment == "" && !strings.HasSuffix(got.String(), "/")
		if !isBase || got.Hostname() == "" {
			t.Errorf("%#v", got)
		}
	})
}
