package credential

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// secretsFolder is where Compose, Swarm and Podman mount secrets.
	secretsFolder = "/run/secrets"
	// mostNeighbors are named, in a directory that has no more.
	mostNeighbors = 5
)

// whyMissing adds to the error for a file that is not there what its directory shows, and what most often makes a
// secret in a container missing: Compose copies one that comes from a variable into the container, unless it is empty.
func whyMissing(path string, err error) string {
	if !errors.Is(err, fs.ErrNotExist) || !filepath.IsAbs(path) {
		return ""
	}
	folder := filepath.Dir(filepath.Clean(path))
	said := shows(folder)
	if strings.TrimPrefix(folder, "/var") == secretsFolder {
		said += "; Compose creates no file for a secret whose variable is unset or empty"
	}
	return said
}

// shows says what is in a directory with few files.
func shows(folder string) string {
	f, err := os.Open(folder)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Sprintf("; the directory %.200q does not exist", folder)
		}
		return ""
	}
	defer f.Close()
	names, _ := f.Readdirnames(2 * mostNeighbors)
	// Kubernetes has links to such directories behind those that one sees.
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "..") })
	slices.Sort(names)
	switch {
	case len(names) == 0:
		return "; its directory is empty"
	case len(names) <= mostNeighbors:
		return fmt.Sprintf("; its directory has only %.60q", names)
	}
	return ""
}
