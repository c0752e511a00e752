// Package layout knows the file system of LocalStack's image: the paths that are the same in each
// container, below a folder that tests and demonstrations put in front of them.
package layout

import "path/filepath"

// Root is the folder that holds the image's file system. "" and "/" are the system's own.
type Root string

// UnmarshalText reads the folder's path; a relative one starts at the working directory.
func (r *Root) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*r = ""
		return nil
	}
	path, err := filepath.Abs(string(text))
	*r = Root(path)
	return err
}

// Volume is the folder that outlives the container.
func (r Root) Volume() string { return r.At("var/lib/localstack") }

// Cache is the volume's folder for what a later start needs.
func (r Root) Cache() string { return filepath.Join(r.Volume(), "cache") }

// Logs is the volume's folder for the emulator's logs.
func (r Root) Logs() string { return filepath.Join(r.Volume(), "logs") }

// MountedLicense is the license that LocalStack's command line mounts.
func (r Root) MountedLicense() string { return r.At("etc/localstack/conf.d/license.json") }

// BuiltInLicense is the license that an image may bring along.
func (r Root) BuiltInLicense() string { return r.At("usr/lib/localstack/license.json") }

// Hooks is the folder of the init hooks, which holds boot.d, start.d, ready.d and shutdown.d.
func (r Root) Hooks() string { return r.At("etc/localstack/init") }

// Venv is the emulator's Python environment.
func (r Root) Venv() string { return r.At("opt/code/localstack/.venv") }

// Python is the interpreter of the emulator's Python environment.
func (r Root) Python() string { return filepath.Join(r.Venv(), "bin/python") }

// SitePackages is where pip installs packages in the emulator's Python environment: a pattern of [filepath.Glob].
func (r Root) SitePackages() string { return filepath.Join(r.Venv(), "lib/python3*/site-packages") }

// ResolvConf is the file that names the name servers.
func (r Root) ResolvConf() string { return r.At("etc/resolv.conf") }

// HostsFile is the file of names that need no name server.
func (r Root) HostsFile() string { return r.At("etc/hosts") }

// CertificateBundles are the files in which distributions keep their certificate authorities. The
// first that exists is the system's.
func (r Root) CertificateBundles() []string {
	return []string{
		r.At("etc/ssl/certs/ca-certificates.crt"),                // Debian, Ubuntu, Alpine
		r.At("etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"), // Fedora, RHEL
		r.At("etc/pki/tls/certs/ca-bundle.crt"),                  // older ones
		r.At("etc/ssl/ca-bundle.pem"),                            // openSUSE
		r.At("etc/ssl/cert.pem"),                                 // others
	}
}

// AuthorityFolder is a folder to which people add certificate authorities, for a program that makes the
// system's bundle of them.
type AuthorityFolder struct {
	Path string
	// Suffix is how the names of its files must end. IsDeep is whether the folders in it count, too.
	Suffix string
	IsDeep bool
}

// AuthorityFolders are those of update-ca-certificates (Debian, Alpine) and update-ca-trust (Fedora).
func (r Root) AuthorityFolders() []AuthorityFolder {
	return []AuthorityFolder{
		{Path: r.At("usr/local/share/ca-certificates"), Suffix: ".crt", IsDeep: true},
		{Path: r.At("etc/pki/ca-trust/source/anchors")},
	}
}

// PythonBundle is where the certificate authorities of the emulator's requests are: a pattern of
// [filepath.Glob].
func (r Root) PythonBundle() string {
	return filepath.Join(r.Venv(), "lib/python3*/site-packages/certifi/cacert.pem")
}

// Scratch are folders for files that need not last, where the volume cannot be written. They are on memory in
// containers that are read-only.
func (r Root) Scratch() []string { return []string{r.At("tmp"), r.At("run")} }

// DockerSocket is where Docker listens unless DOCKER_HOST says otherwise.
func (r Root) DockerSocket() string { return r.At("var/run/docker.sock") }

// At is where another of the container's paths is, such as At("proc/self/status").
func (r Root) At(fixed string) string { return filepath.Join("/", string(r), fixed) }
