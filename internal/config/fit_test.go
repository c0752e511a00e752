package config

import (
	"fmt"
	"strings"
	"testing"

	"localstack-entrypoint/internal/arguments"
)

// near is an environment that the kernel takes, and that it would not take twice.
func near(t *testing.T) (given []string) {
	t.Helper()
	const value = 50_000
	large := strings.Repeat("x", value)
	for i := range arguments.Limit(0) / value * 3 / 4 {
		given = append(given, fmt.Sprintf("LOCALSTACK_LARGE%d=%s", i, large))
	}
	return append(given, "LOCALSTACK_DEBUG=1", "LOCALSTACK_SMALL=", "LOCALSTACK_NO_PROXY="+large+large, "OWN="+large)
}

func TestCopiesAreLeftOutOfAnEnvironmentThatIsTooLarge(t *testing.T) {
	t.Parallel()
	environ := unprefix(near(t))
	environ.fit([]string{"program"})
	if size, limit := environ.Size(nil), arguments.Limit(allowed); size > limit {
		t.Errorf("it still has %d bytes; %d would fit", size, limit)
	}
	for _, name := range []string{"LOCALSTACK_LARGE0", "LOCALSTACK_SMALL", "SMALL", "DEBUG", "NO_PROXY", "OWN", "LARGE0"} {
		value, isSet := environ.Lookup(name)
		if isSet == (name == "LARGE0") {
			t.Errorf("%s is set: %t (%d bytes)", name, isSet, len(value))
		}
	}
	const warning = "not set are LARGE10, LARGE11, LARGE12 and "
	said := strings.Join(environ.Warnings, "\n")
	if strings.Count(said, "\n") > 0 || !strings.Contains(said, warning) || strings.Contains(said, "xx") {
		t.Errorf("%.500q", said)
	}
}

func TestAnEnvironmentThatFitsStaysWhole(t *testing.T) {
	t.Parallel()
	given := near(t)
	given = given[len(given)/3*2:]
	environ := unprefix(given)
	before := len(environ.Entries)
	environ.fit([]string{"program"})
	if len(environ.Entries) != before || len(environ.Warnings) > 0 {
		t.Errorf("%d of %d entries, %q", len(environ.Entries), before, environ.Warnings)
	}
}

func TestWhatTheEmulatorNeedsIsNotLeftOut(t *testing.T) {
	t.Parallel()
	large := "=" + strings.Repeat("x", 100_000)
	given := append(near(t), "PATH"+large, "LOCALSTACK_PATH=/x", "HOSTNAME"+large, "LOCALSTACK_HOSTNAME=x",
		"LOCALSTACK_API_KEY"+large)
	environ := unprefix(given)
	environ.fit([]string{"program"})
	for _, name := range []string{"PATH", "HOSTNAME", "API_KEY"} {
		if _, isSet := environ.Lookup(name); !isSet {
			t.Errorf("%s is left out", name)
		}
	}
}
