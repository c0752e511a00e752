package credential

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAMissingSecretSaysWhatItsDirectoryHas(t *testing.T) {
	t.Parallel()
	empty, few, many := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(few, "auth-token"), developerToken)
	write(t, filepath.Join(few, "..data"), "of Kubernetes")
	for name := range strings.SplitSeq("abcdef", "") {
		write(t, filepath.Join(many, name), "x")
	}
	const cause = "no such file or directory"
	for path, want := range map[string]string{
		empty + "/token": cause + "; its directory is empty",
		few + "/token":   cause + `; its directory has only ["auth-token"]`,
		many + "/token":  cause,
		"/run/secrets/no-such-secret": cause + `; the directory "/run/secrets" does not exist; ` +
			"Compose creates no file for a secret whose variable is unset or empty",
	} {
		if _, err := os.Stat(filepath.Dir(path)); err != nil != strings.Contains(want, "does not exist") {
			continue // this machine has secrets of its own
		}
		if _, err := Read(Sources{AuthTokenFile: path}); err == nil || err.Error() != unreadable(path, want) {
			t.Errorf("got  %v\nwant %s", err, unreadable(path, want))
		}
	}
}
