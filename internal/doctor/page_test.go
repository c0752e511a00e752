package doctor

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"localstack-entrypoint/internal/fault"
)

// longCheck is a check whose fact and evidence do not fit a line of a terminal.
func longCheck() fault.Check {
	intercepted := fault.New(fault.NetworkIntercepted,
		"the certificate presented for api.localstack.cloud was issued by CN=Corp CA,O=Corp, which is not a public authority")
	check := fault.Fail("tls", intercepted,
		"1. CN=api.localstack.cloud, issued by CN=Corp CA,O=Corp, valid from 2026-11-01 to 2027-11-01")
	check.Took = 36 * time.Millisecond
	return check
}

func TestAChecksLinesFitATerminal(t *testing.T) {
	t.Parallel()
	shown := CheckLine(longCheck(), Style{Wrapped: true})
	const want = `✗ tls            the certificate presented for api.localstack.cloud was issued
                 by CN=Corp CA,O=Corp, which is not a public authority (36 ms)
                 1. CN=api.localstack.cloud, issued by CN=Corp CA,O=Corp, valid
                 from 2026-11-01 to 2027-11-01
`
	if shown != want {
		t.Errorf("got\n%swant\n%s", shown, want)
	}
	for line := range strings.Lines(shown) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestAProgramReadsAFactInOneLine(t *testing.T) {
	t.Parallel()
	lines := strings.Split(CheckLine(longCheck(), Style{}), "\n")
	if len(lines) != 3 || !strings.HasSuffix(lines[0], "not a public authority (36 ms)") {
		t.Errorf("%q", lines)
	}
}

func TestWhatWasNotLookedAtTookNoTime(t *testing.T) {
	t.Parallel()
	check := fault.Skip("proxy", "none is set")
	check.Took = time.Minute // that of the stage before it
	if shown := CheckLine(check, Style{}); shown != "– proxy          none is set\n" {
		t.Errorf("%q", shown)
	}
}
