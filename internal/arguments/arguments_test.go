package arguments

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTheLimitIsAQuarterOfTheStackWithinBounds(t *testing.T) {
	t.Parallel()
	for stack, want := range map[uint64]int{
		0: 128 << 10, 64 << 10: 128 << 10, 512 << 10: 128 << 10, 8 << 20: 2 << 20, 24 << 20: 6 << 20,
		1 << 30: 6 << 20, unix.RLIM_INFINITY: 6 << 20,
	} {
		if got := limitOf(stack); got != want {
			t.Errorf("stack %d: %d, want %d", stack, got, want)
		}
	}
}

func TestTheExplanationNamesTheLargestVariableWithoutItsValue(t *testing.T) {
	t.Parallel()
	env := []string{"A=1", "LARGE=" + strings.Repeat("secret", 1000), "odd"}
	got := Explain([]string{"program"}, env)
	want := "the environment has 6 KiB in 3 variables, the arguments have 1 KiB; the kernel allows "
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, `the largest one is "LARGE" with 6 KiB`) ||
		strings.Contains(got, "secret") {
		t.Error(got)
	}
	if got := Explain(nil, nil); strings.Contains(got, "largest") {
		t.Error(got)
	}
}
