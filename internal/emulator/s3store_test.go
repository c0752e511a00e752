package emulator

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/johannesboyne/gofakes3/backend/s3bolt"
)

// What a storage on disk hands out belongs to the database file, and is gone or
// overwritten soon after. A client that reads slowly must not notice.
func TestASlowReaderGetsTheObjectItAskedFor(t *testing.T) {
	db, err := openState(filepath.Join(t.TempDir(), "s3.bolt"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := &store{Backend: s3bolt.New(db)}
	if err := s.CreateBucket("busy"); err != nil {
		t.Fatal(err)
	}
	put := func(key, fill string) {
		content := strings.Repeat(fill, 500_000)
		if _, err := s.PutObject("busy", key, nil, strings.NewReader(content), int64(len(content)), nil); err != nil {
			t.Error(err)
		}
	}
	put("shared", "a")
	object, err := s.GetObject("busy", "shared", nil)
	if err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for n := range 8 {
				put("shared", "b")
				put(fmt.Sprintf("grow/%d/%d", i, n), "c") // the file has to be mapped anew
			}
		})
	}
	writers.Wait()
	content, err := io.ReadAll(object.Contents)
	if err != nil || string(content) != strings.Repeat("a", 500_000) {
		t.Errorf("got %d bytes of something else, %v", len(content), err)
	}
}

func TestPersistedObjectsOutliveTheEmulator(t *testing.T) {
	root := t.TempDir()
	first, _ := newTest(t, persistent(pro, root))
	b := newBucket(t, client(t, first, "http"), "kept")
	b.put("dir/key", "content", map[string]string{"colour": "blue"})
	b.multipart("multi", "one")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second, _ := newTest(t, persistent(pro, root))
	b.Client = client(t, second, "http")
	if content, meta := b.get("dir/key", ""); content != "content" || meta["colour"] != "blue" {
		t.Errorf("got %q, %v", content, meta)
	}
	if content, _ := b.get("multi", ""); content != "one" {
		t.Errorf("got %q", content)
	}
}

func TestPersistenceIsAFeatureOfPro(t *testing.T) {
	root := t.TempDir()
	first, log := newTest(t, persistent(Options{}, root))
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "PERSISTENCE=1") || strings.Contains(got, "license") {
		t.Errorf("logged %q", got)
	}
	newBucket(t, client(t, first, "http"), "forgotten").put("key", "content", nil)
	first.Close()
	if _, err := os.Stat(filepath.Join(root, "var/lib/localstack/state")); err == nil {
		t.Error("something is on disk")
	}

	second, _ := newTest(t, persistent(Options{}, root))
	out, err := client(t, second, "http").ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil || len(out.Buckets) != 0 {
		t.Errorf("buckets %v, %v", out, err)
	}
}

func TestAStateThatCannotBeKeptStopsTheStart(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "var"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := New(persistent(pro, root), Process{Stdout: io.Discard, Stderr: io.Discard})
	if err == nil || !strings.HasPrefix(err.Error(), "cannot keep S3 on disk: ") {
		t.Errorf("got %v", err)
	}
}

func TestVersionsAreKeptInMemory(t *testing.T) {
	e, _ := newTest(t, Options{})
	c := client(t, e, "http")
	b := newBucket(t, c, "versions")
	_, err := c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &b.name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	put := func(content string, meta map[string]string) *string {
		out, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.name, Key: aws.String("k"), Body: strings.NewReader(content), Metadata: meta})
		if err != nil {
			t.Fatal(err)
		}
		return out.VersionId
	}
	first := put("one", map[string]string{"a": "1"})
	second := put("two", nil)
	for version, want := range map[*string]string{first: "one", second: "two"} {
		out, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("k"), VersionId: version})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(out.Body)
		if string(got) != want || (len(out.Metadata) == 1) != (want == "one") {
			t.Errorf("got %q, %v; want %q", got, out.Metadata, want)
		}
	}
}
