package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPrefixRule has a row for every case that the image's contract names.
func TestPrefixRule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		in, want []string // want is what comes on top of in, or instead of it
	}{
		{"sets the short name, and stays", []string{"LOCALSTACK_X=v"}, []string{"LOCALSTACK_X=v", "X=v"}},
		{"wins, whichever comes first", []string{"DEBUG=1", "LOCALSTACK_DEBUG=0", "LOCALSTACK_Y=2", "Y=1"},
			[]string{"DEBUG=0", "LOCALSTACK_DEBUG=0", "LOCALSTACK_Y=2", "Y=2"}},
		{"wins even when it is empty", []string{"LOCALSTACK_DEBUG=", "DEBUG=1"}, []string{"LOCALSTACK_DEBUG=", "DEBUG="}},
		{"not for HOST", []string{"LOCALSTACK_HOST=x:4566", "LOCALSTACK_HOSTNAME=h", "LOCALSTACK_HOSTNAME_FROM_LAMBDA=l",
			"LOCALSTACK_HOSTNAME_EXTERNAL=e", "LOCALSTACK_HOST_TMP_FOLDER=/t"}, nil},
		{"not for a digit", []string{"LOCALSTACK_1=x", "LOCALSTACK_9_LIVES=cat"}, nil},
		{"not for the prefix alone", []string{"LOCALSTACK_=x", "LOCALSTACK=y"}, nil},
		{"not in lower case", []string{"localstack_x=1", "Localstack_Y=2"}, nil},
		{"the rest may be in lower case", []string{"LOCALSTACK_lower=1", "LOCALSTACK__=2"},
			[]string{"LOCALSTACK_lower=1", "LOCALSTACK__=2", "lower=1", "_=2"}},
		{"one level, a way round the exclusion", []string{"LOCALSTACK_LOCALSTACK_HOST=z"},
			[]string{"LOCALSTACK_LOCALSTACK_HOST=z", "LOCALSTACK_HOST=z"}},
		{"one level only", []string{"LOCALSTACK_LOCALSTACK_LOCALSTACK_X=z"},
			[]string{"LOCALSTACK_LOCALSTACK_LOCALSTACK_X=z", "LOCALSTACK_LOCALSTACK_X=z"}},
		{"values are not evaluated", []string{"LOCALSTACK_V= $(reboot) `x` \"q' * ~ \\ é \xff\t=x= "},
			[]string{"LOCALSTACK_V= $(reboot) `x` \"q' * ~ \\ é \xff\t=x= ", "V= $(reboot) `x` \"q' * ~ \\ é \xff\t=x= "}},
		{"line breaks are copied", []string{"LOCALSTACK_V=a\nb\r\n\n"}, []string{"LOCALSTACK_V=a\nb\r\n\n", "V=a\nb\r\n\n"}},
		{"a line that looks like a variable is none",
			[]string{"PATH=/bin", "FOO=x\nLOCALSTACK_PATH=", "BAR=\nLOCALSTACK_DEBUG=1"}, nil},
		{"a line with an unbalanced brace", []string{"FOO=x\nLOCALSTACK_A={", "LOCALSTACK_B=}\nLOCALSTACK_C=1"},
			[]string{"FOO=x\nLOCALSTACK_A={", "LOCALSTACK_B=}\nLOCALSTACK_C=1", "B=}\nLOCALSTACK_C=1"}},
		{"odd names are left alone", []string{"LOCALSTACK_my.var=1", "LOCALSTACK_my-var=2", "LOCALSTACK_a b=3",
			"LOCALSTACK_é=4", "LOCALSTACK_\xff=5", "LOCALSTACK_A\n=6"}, nil},
		{"no variable at all", []string{"LOCALSTACK_X", "", "=", "=LOCALSTACK_Y"}, nil},
		{"Kubernetes service links", []string{"LOCALSTACK_PORT=tcp://10.0.0.1:4566", "LOCALSTACK_SERVICE_HOST=10.0.0.1",
			"LOCALSTACK_PORT_4566_TCP_ADDR=10.0.0.1"},
			[]string{"LOCALSTACK_PORT=tcp://10.0.0.1:4566", "LOCALSTACK_SERVICE_HOST=10.0.0.1",
				"LOCALSTACK_PORT_4566_TCP_ADDR=10.0.0.1",
				"PORT=tcp://10.0.0.1:4566", "SERVICE_HOST=10.0.0.1", "PORT_4566_TCP_ADDR=10.0.0.1"}},
		{"side effects that clients rely on", []string{"LOCALSTACK_AUTH_TOKEN=t", "LOCALSTACK_API_ENDPOINT=e",
			"LOCALSTACK_SHUTDOWN_TIMEOUT=1", "LOCALSTACK_GATEWAY_LISTEN=g", "LOCALSTACK_PERSISTENCE=1"},
			[]string{"LOCALSTACK_AUTH_TOKEN=t", "LOCALSTACK_API_ENDPOINT=e", "LOCALSTACK_SHUTDOWN_TIMEOUT=1",
				"LOCALSTACK_GATEWAY_LISTEN=g", "LOCALSTACK_PERSISTENCE=1",
				"AUTH_TOKEN=t", "API_ENDPOINT=e", "SHUTDOWN_TIMEOUT=1", "GATEWAY_LISTEN=g", "PERSISTENCE=1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.want == nil {
				test.want = test.in
			}
			given := slices.Clone(test.in)
			got := unprefix(given)
			if !slices.Equal(got.Entries, test.want) || len(got.Warnings) > 0 {
				t.Errorf("got  %q\nwant %q\nwarnings %q", got.Entries, test.want, got.Warnings)
			}
			if !slices.Equal(given, test.in) {
				t.Errorf("the caller's environment became %q", given)
			}
		})
	}
}

func TestNamesThatWouldHijackProgramsAreRefusedWithAWarning(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"PATH", "IFS", "HOME", "ENV", "BASH_ENV", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME",
		"UID", "EUID", "PPID", "SHELLOPTS", "BASHOPTS", "NODE_OPTIONS",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := []string{name + "=kept", "LOCALSTACK_" + name + "=evil", "LOCALSTACK_OK=1"}
			got := unprefix(in)
			if want := slices.Concat(in, []string{"OK=1"}); !slices.Equal(got.Entries, want) {
				t.Errorf("got %q", got.Entries)
			}
			want := fmt.Sprintf("LOCALSTACK_%[1]s does not set %[1]s, because %[1]s changes how programs run; "+
				"set %[1]s itself if you want that", name)
			if len(got.Warnings) != 1 || got.Warnings[0] != want {
				t.Errorf("warned %q", got.Warnings)
			}
		})
	}
}

func TestLookupAndSetGoByTheWholeName(t *testing.T) {
	t.Parallel()
	environ := unprefix([]string{"=odd", "AB=1", "A=2", "AC", "EMPTY="})
	for name, want := range map[string]string{"AB": "1", "A": "2", "EMPTY": "", "AC": "absent", "": "absent",
		"B": "absent", "a": "absent"} {
		got, found := environ.Lookup(name)
		if !found {
			got = "absent"
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	environ.Set("A", "3=x")
	environ.Set("B", "\n")
	if want := []string{"=odd", "AB=1", "A=3=x", "AC", "EMPTY=", "B=\n"}; !slices.Equal(environ.Entries, want) {
		t.Errorf("got %q", environ.Entries)
	}
}

func FuzzUnprefix(f *testing.F) {
	f.Add("LOCALSTACK_X=1\x00X=2")
	f.Add("LOCALSTACK_PATH=\x00PATH=/bin\x00FOO=x\nLOCALSTACK_PATH=")
	f.Add("LOCALSTACK_\x00LOCALSTACK_=\x00=\x00\x00LOCALSTACK_X")
	f.Add("LOCALSTACK_LOCALSTACK_HOST=z\x00LOCALSTACK_HOST=y\x00LOCALSTACK_my.var=1")
	f.Add("LOCALSTACK_AUTH_TOKEN=" + token + "\x00LOCALSTACK_LOCALSTACK_API_KEY=" + token)
	wellFormed := regexp.MustCompile(`(?s)^[A-Za-z_][A-Za-z0-9_]*=`)
	credentialName := regexp.MustCompile(`^(LOCALSTACK_)+(AUTH_TOKEN|API_KEY|AUTH_TOKEN_OVERRIDE)(_FILE)?$`)
	f.Fuzz(func(t *testing.T, block string) {
		// As execve passes it: entries that end with a zero byte, no name twice.
		given := unprefix(nil)
		for _, entry := range strings.Split(block, "\x00") {
			name, value, _ := strings.Cut(entry, "=")
			if name != "" {
				given.Set(name, value)
			}
		}
		got := unprefix(given.Entries)
		for _, entry := range got.Entries {
			name, _, _ := strings.Cut(entry, "=")
			if i, found := got.at[name]; !found || got.Entries[i] != entry {
				t.Errorf("%q is thought to be at %d, %t", entry, i, found)
			}
		}
		for _, entry := range given.Entries {
			name, value, _ := strings.Cut(entry, "=")
			kept, found := got.Lookup(name)
			long, overridden := given.Lookup("LOCALSTACK_" + name)
			if !found || kept != value && (!overridden || kept != long) {
				t.Errorf("%q became %q", entry, kept)
			}
		}
		for _, entry := range got.Entries[len(given.Entries):] {
			name, value, _ := strings.Cut(entry, "=")
			if long, found := given.Lookup("LOCALSTACK_" + name); !wellFormed.MatchString(entry) || !found || long != value {
				t.Errorf("%q comes from nowhere", entry)
			}
			if hijacks(name) {
				t.Errorf("%q would change how programs run", entry)
			}
		}
		for _, entry := range got.ForEmulator(Handover{}) {
			name, _, _ := strings.Cut(entry, "=")
			if credentialName.MatchString(name) {
				t.Errorf("%q reaches the emulator", entry)
			}
		}
	})
}

func TestAnEntryWithoutAValueDoesNotHideTheVariable(t *testing.T) {
	t.Parallel()
	got := unprefix([]string{"DEBUG", "DEBUG=0", "LOCALSTACK_DEBUG=1"})
	if want := []string{"DEBUG", "DEBUG=1", "LOCALSTACK_DEBUG=1"}; !slices.Equal(got.Entries, want) {
		t.Errorf("%q, want %q", got.Entries, want)
	}
}

func TestManyVariablesTakeNoTime(t *testing.T) {
	t.Parallel()
	var environ []string
	for i := range 50_000 { // a quadratic pass would take half a minute
		environ = append(environ, fmt.Sprintf("LOCALSTACK_V%d=x", i))
	}
	if got := unprefix(environ); len(got.Entries) != 100_000 {
		t.Errorf("%d entries", len(got.Entries))
	}
}
