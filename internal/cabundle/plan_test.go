package cabundle

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/layout"
	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/trust"
)

const (
	debian  = "usr/local/share/ca-certificates/"
	mounted = debian + "corp.crt"
	fedora  = "etc/pki/ca-trust/source/anchors/"
	certifi = "opt/code/localstack/.venv/lib/python3.13/site-packages/certifi/cacert.pem"
)

// names are the authorities in a PEM file of the test's.
func names(t *testing.T, content []byte, known map[string]string) (all []string) {
	t.Helper()
	certificates, err := trust.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	for _, certificate := range certificates {
		name := "?"
		for one, pem := range known {
			if string(encode([][]byte{certificate})) == pem {
				name = one
			}
		}
		all = append(all, name)
	}
	return all
}

func TestTheEmulatorIsHandedWhatItLacks(t *testing.T) {
	t.Parallel()
	known := map[string]string{}
	for _, name := range []string{"public1", "public2", "public3", "corp", "second", "own"} {
		known[name] = testkit.NewAuthority(t, name).PEM
	}
	of := func(names ...string) (text string) {
		for _, name := range names {
			text += known[name]
		}
		return text
	}
	public := of("public1", "public2", "public3")
	for name, c := range map[string]struct {
		files map[string]string
		given Given // its files are below the root
		want  map[string]string
		warns []string
	}{
		"without authorities": {files: map[string]string{testkit.SystemBundle: public}},
		"an empty folder":     {files: map[string]string{testkit.SystemBundle: public, debian + ".keep": ""}},
		"mounted on Debian": {
			files: map[string]string{testkit.SystemBundle: of("public1"), certifi: public, debian + "a/corp.crt": of("corp")},
			want: map[string]string{
				requestsBundle: "public1 public2 public3 corp", curlBundle: "public1 public2 public3 corp",
				certFile: "public1 corp", nodeExtra: "corp",
			}},
		"mounted on Fedora": {
			files: map[string]string{testkit.SystemBundle: public, fedora + "corp.pem": of("corp")},
			want: map[string]string{
				requestsBundle: "public1 public2 public3 corp", curlBundle: "public1 public2 public3 corp",
				certFile: "public1 public2 public3 corp", nodeExtra: "corp",
			}},
		"no list of its own": {
			files: map[string]string{mounted: of("corp")},
			want:  map[string]string{requestsBundle: "corp", curlBundle: "corp", certFile: "corp", nodeExtra: "corp"}},
		"in both folders, and twice": {
			files: map[string]string{debian + "b.crt": of("corp", "second"), debian + "a.crt": of("corp"),
				fedora + "c": of("corp")},
			want: map[string]string{
				requestsBundle: "corp second", curlBundle: "corp second", certFile: "corp second", nodeExtra: "corp second",
			}},
		"the system's is damaged": {
			files: map[string]string{testkit.SystemBundle: strings.TrimSpace(public) + of("own"), mounted: of("corp")},
			want: map[string]string{
				requestsBundle: "public1 public2 public3 own corp", curlBundle: "public1 public2 public3 own corp",
				certFile: "public1 public2 public3 own corp", nodeExtra: "corp",
			}},
		"installed": {files: map[string]string{testkit.SystemBundle: public + of("corp"), mounted: of("corp")}},
		"installed, but not for requests": {
			files: map[string]string{testkit.SystemBundle: public + of("corp"), certifi: public, mounted: of("corp")},
			want: map[string]string{
				requestsBundle: "public1 public2 public3 corp", curlBundle: "public1 public2 public3 corp", nodeExtra: "corp",
			}},
		"installed in certifi": {
			files: map[string]string{testkit.SystemBundle: public, certifi: public + of("corp"), mounted: of("corp")},
			want:  map[string]string{certFile: "public1 public2 public3 corp", nodeExtra: "corp"}},
		"the user's for requests has it": {
			files: map[string]string{testkit.SystemBundle: public, mounted: of("corp"), "own.pem": of("own", "corp")},
			given: Given{Requests: "own.pem"},
			want:  map[string]string{certFile: "public1 public2 public3 corp", nodeExtra: "corp"}},
		"the user's for requests lacks it": {
			files: map[string]string{testkit.SystemBundle: public, mounted: of("corp"), "own.pem": of("own")},
			given: Given{Requests: "own.pem"},
			want:  map[string]string{curlBundle: "own corp", certFile: "public1 public2 public3 corp", nodeExtra: "corp"},
			warns: []string{"does not contain CN=corp"}},
		"the user's for curl": {
			files: map[string]string{testkit.SystemBundle: public, mounted: of("corp"), "own.pem": of("own")},
			given: Given{Curl: "own.pem", NodeExtra: "own.pem"},
			want:  map[string]string{requestsBundle: "own corp", certFile: "public1 public2 public3 corp"}},
		"the user's is a folder": {
			files: map[string]string{testkit.SystemBundle: public, mounted: of("corp"), "own/a.pem": of("own")},
			given: Given{CertFolders: []string{"own"}},
			want: map[string]string{
				requestsBundle: "public1 public2 public3 corp", curlBundle: "public1 public2 public3 corp",
				certFile: "own corp", nodeExtra: "corp",
			}},
		"the user's is damaged": {
			files: map[string]string{testkit.SystemBundle: public, mounted: of("corp"),
				"own.pem": of("own") + "-----BEGIN CERTIFICATE-----\nAAAA\n"},
			given: Given{Curl: "own.pem", CertFile: "nowhere.pem"}},
		"all are the user's": {
			files: map[string]string{testkit.SystemBundle: public, mounted: of("corp"), "own.pem": of("own")},
			given: Given{Requests: "own.pem", Curl: "own.pem", CertFile: "own.pem", NodeExtra: "own.pem"},
			warns: []string{"REQUESTS_CA_BUNDLE=", "SSL_CERT_FILE="}},
		"a file that cannot be used": {
			files: map[string]string{mounted: "nonsense", debian + "own.pem": of("own")},
			warns: []string{"corp.crt is ignored: it contains no PEM certificate",
				"own.pem is ignored: only names that end in .crt are read there"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for name, content := range c.files {
				testkit.Put(t, root, name, content)
			}
			given := c.given
			for _, path := range []*string{&given.Requests, &given.Curl, &given.CertFile, &given.NodeExtra} {
				if *path != "" {
					*path = filepath.Join(root, *path)
				}
			}
			for i := range given.CertFolders {
				given.CertFolders = []string{filepath.Join(root, given.CertFolders[i])}
			}
			plan := MakePlan(layout.Root(root), given)
			got := map[string]string{}
			for _, f := range plan.Files {
				for _, variable := range f.Variables {
					got[variable] = strings.Join(names(t, f.Content, known), " ")
				}
			}
			for _, variable := range []string{requestsBundle, curlBundle, certFile, nodeExtra} {
				if got[variable] != c.want[variable] {
					t.Errorf("%s has %q, want %q", variable, got[variable], c.want[variable])
				}
			}
			hasAll := len(plan.Warnings) == len(c.warns)
			for i := range min(len(plan.Warnings), len(c.warns)) {
				hasAll = hasAll && strings.Contains(plan.Warnings[i], c.warns[i])
			}
			if !hasAll {
				t.Errorf("warnings are %q, want %q", plan.Warnings, c.warns)
			}
			if slices.ContainsFunc(plan.Warnings, func(w string) bool { return strings.Contains(w, "\n") }) {
				t.Errorf("a warning has more than one line: %q", plan.Warnings)
			}
		})
	}
}
