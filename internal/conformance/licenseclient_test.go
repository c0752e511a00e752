package conformance

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"localstack-entrypoint/internal/authority"
)

// activation is what becomes of an activation.
type activation struct {
	// says is the line about the license, or the reason why there is none.
	says string
	// exit is the exit code. LocalStack's command line reports most failures with 0.
	exit int
	// requests are what the authority was asked, and answered.
	requests string
	// document is what became of the stored one: kept, written or removed.
	document string
}

// licenseCase is a stored document, and what has happened since. The result does not depend on the client that has
// stored it.
type licenseCase struct {
	name string
	// kind is that of the token; a developer's by default.
	kind authority.Kind
	// since happens between the two starts, and may change the environment.
	since             func(*licenseRoom)
	ours, localstacks activation
}

// LocalStack's own license client and the entrypoint do the same with a document, whichever of them has stored it.
func TestBothLicenseClientsTakeEachOthersDocuments(t *testing.T) {
	var rows licenseRows
	t.Run("cases", func(t *testing.T) {
		for _, c := range licenseCases() {
			for _, writer := range []licenseClient{entrypoints, localstacks} {
				t.Run(c.name+", stored by "+writer.name, func(t *testing.T) {
					t.Parallel()
					c.test(t, writer, &rows)
				})
			}
		}
	})
	if *printLicenses {
		rows.print()
	}
}

func (c licenseCase) test(t *testing.T, writer licenseClient, rows *licenseRows) {
	r := newLicenseRoom(t, cmp.Or(c.kind, authority.Developer))
	first := r.ends(writer.command...)
	if requests := r.requests(); requests != "request 200" || r.stored() == "" {
		t.Fatalf("the first start asks %q and stores %q:\n%s", requests, r.stored(), first.output)
	}
	if c.since != nil {
		c.since(r)
	}
	before := r.snapshot()
	for _, reader := range []licenseClient{entrypoints, localstacks} {
		want := c.ours
		if reader.name == localstacks.name {
			want = c.localstacks
		}
		mark := r.restore(before)
		result := r.ends(reader.command...)
		got := activation{r.says(result.output), result.exit, r.requests(), r.since(mark)}
		rows.add(licenseRow{c.name, writer.name, reader.name, got, result.took})
		if strings.HasPrefix(got.says, want.says) {
			want.says = got.says
		}
		if got != want {
			t.Errorf("%s: got  %+v\nwant %+v\nit prints:\n%s", reader.name, got, want, result.output)
		}
	}
}

// snapshot is what is in the volume.
func (r *licenseRoom) snapshot() map[string]string {
	r.Helper()
	files := make(map[string]string)
	entries, err := os.ReadDir(filepath.Dir(r.document()))
	r.must(err)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(r.document()), entry.Name()))
		r.must(err)
		files[entry.Name()] = string(content)
	}
	return files
}

// restore brings the volume back to a snapshot. It returns the state of the stored document.
func (r *licenseRoom) restore(files map[string]string) os.FileInfo {
	r.Helper()
	cache := filepath.Dir(r.document())
	r.must(os.RemoveAll(cache))
	r.must(os.Mkdir(cache, 0o777))
	for name, content := range files {
		r.must(os.WriteFile(filepath.Join(cache, name), []byte(content), 0o644))
	}
	info, _ := os.Stat(r.document())
	return info
}

// since is what has become of the stored document.
func (r *licenseRoom) since(before os.FileInfo) string {
	now, err := os.Stat(r.document())
	switch {
	case err != nil && before == nil:
		return "none"
	case err != nil:
		return "removed"
	case before == nil || !os.SameFile(before, now) || changed(before) != changed(now):
		return "written"
	default:
		return "kept"
	}
}

func changed(info os.FileInfo) syscall.Timespec { return info.Sys().(*syscall.Stat_t).Mtim }

var (
	licenseLine = regexp.MustCompile(`(?m)(Successfully .*license.*|^ *Reason: .*)`)
	licenseID   = regexp.MustCompile(`license_[0-9a-f-]{36}`)
	hint        = regexp.MustCompile(`\bls[a-z]*-[0-9A-Za-z]{8}-[*-]+`)
	requestID   = regexp.MustCompile(`[0-9a-f]{24}`)
	moment      = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00`)
)

// says is the line about the license, or the reason, without what differs from run to run.
func (r *licenseRoom) says(output string) string {
	line := strings.TrimSuffix(licenseLine.FindString(output), "🔑✅")
	line = strings.TrimPrefix(strings.TrimSpace(line), "Reason: ")
	server := strings.TrimSuffix(r.URL, "/v1")
	line = strings.ReplaceAll(line, server, "<server>")
	line = strings.ReplaceAll(line, strings.TrimPrefix(server, "http://"), "<server>")
	for name, differs := range map[string]*regexp.Regexp{
		"<id>": licenseID, "<token>": hint, "<n>": requestID, "<time>": moment,
	} {
		line = differs.ReplaceAllString(line, name)
	}
	return line
}
