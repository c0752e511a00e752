package supervise

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/arguments"
	"localstack-entrypoint/internal/fault"
)

func TestAnEnvironmentThatTheKernelRefusesIsNamed(t *testing.T) {
	t.Parallel()
	command := Command{Path: "/bin/true", Args: []string{"true"}, Env: []string{
		"SMALL=1", "LARGE=" + strings.Repeat("x", arguments.LongestString),
	}}
	_, err := spawn(command, false, CoreLimit{})
	if err == nil || err.ID != fault.CommandEnvironment || !errors.Is(err, unix.E2BIG) ||
		!strings.Contains(err.Detail, `the largest one is "LARGE" with 129 KiB`) || strings.Contains(err.Detail, "xx") {
		t.Errorf("%.500v", err)
	}
}
