package authority

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever has happened to the file, the check ends with words, changes nothing, and shows no hash and no key.
func TestTheCheckOutlivesEveryDamage(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "")
	for range 20 {
		f.token()
	}
	hashes, err := texts(t.Context(), f.store.reads, "SELECT hash FROM tokens")
	f.must(err)
	f.must(f.store.Close())
	path := filepath.Join(f.source.Dir, DatabaseFile)
	content, err := os.ReadFile(path)
	f.must(err)
	random := rand.New(rand.NewPCG(1, 2))
	found := 0
	for i := range 150 {
		damaged := bytes.Clone(content)
		switch i % 3 {
		case 0: // a byte
			damaged[random.IntN(len(damaged))] ^= byte(1 + random.IntN(255))
		case 1: // a page
			at := random.IntN(len(damaged)/4096) * 4096
			for j := range damaged[at : at+4096] {
				damaged[at+j] = byte(random.IntN(256))
			}
		case 2: // the end
			damaged = damaged[:1+random.IntN(len(damaged)-1)]
		}
		f.must(os.WriteFile(path, damaged, 0o600))
		findings, err := Check(t.Context(), f.source)
		if err != nil {
			t.Fatalf("try %d: %v", i, err)
		}
		if len(findings) > 0 {
			found++
		}
		for _, one := range findings {
			for _, hash := range hashes {
				if strings.Contains(one.What, hash[:16]) || one.What == "" || one.Do == "" {
					t.Errorf("try %d: %q; %q", i, one.What, one.Do)
				}
			}
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, damaged) {
			t.Fatalf("try %d: the check changes the file, %v", i, err)
		}
		if entries, err := os.ReadDir(f.source.Dir); err != nil || len(entries) != 2 {
			t.Fatalf("try %d: there is %v, %v", i, entries, err)
		}
	}
	if found < 75 {
		t.Errorf("it finds something %d times", found)
	}
}

// What cannot be read is not always damaged.
func TestTheCheckSaysWhatHelpsAgainstAnErrorOfReading(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "")
	f.must(f.store.Close())
	lock := openPool(filepath.Join(f.source.Dir, DatabaseFile), 1, url.Values{})
	defer lock.Close()
	_, err := lock.ExecContext(t.Context(), "PRAGMA locking_mode = EXCLUSIVE; UPDATE authority SET created_at = 1")
	f.must(err)
	if all := f.findings(); len(all) != 1 || !strings.HasPrefix(all[0].Do, "try again ") {
		t.Errorf("of a locked database it finds %q", all)
	}
	none := inspectSQLite(filepath.Join(f.source.Dir, "none"))
	defer func() { f.must(none.close()) }()
	_, closed := none.integrity(t.Context())
	for _, err := range []error{closed, &fs.PathError{Op: "open", Path: keyFile, Err: fs.ErrPermission}} {
		if got := remedy(err); got != readable {
			t.Errorf("%v: %s", err, got)
		}
	}
}
