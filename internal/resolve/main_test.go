package resolve

import (
	"flag"
	"os"
	"testing"
)

// TestMain runs more tests side by side than there are processors: they wait
// for time to pass, they hardly compute.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "16")
	os.Exit(m.Run())
}
