package conformance

import (
	"crypto/md5"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"localstack-entrypoint/internal/emulator"
)

func TestObjectsRoundTripWithTheSDK(t *testing.T) {
	eachStorage(t, func(t *testing.T, c *s3.Client) {
		b := newBucket(t, c, "round-trip")
		const key = "a/b c/ü+%.txt"
		etag := b.put(key, "content", map[string]string{"color": "blue"})
		if want := fmt.Sprintf(`"%x"`, md5.Sum([]byte("content"))); etag != want {
			t.Errorf("ETag %s, want %s", etag, want)
		}
		content, meta := b.get(key, "")
		if content != "content" || !maps.Equal(meta, map[string]string{"color": "blue"}) {
			t.Errorf("got %q, %v", content, meta)
		}
		if content, _ := b.get(key, "bytes=2-4"); content != "nte" {
			t.Errorf("part: %q", content)
		}
		head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String(key)})
		if err != nil || aws.ToString(head.ContentType) != "text/x-test" || aws.ToInt64(head.ContentLength) != 7 {
			t.Errorf("head: %+v, %v", head, err)
		}
		b.put("empty", "", nil)
		if content, meta := b.get("empty", ""); content != "" || meta == nil {
			t.Errorf("empty object: %q, %v", content, meta)
		}
	})
}

func TestAnOverwrittenObjectLeavesNothingBehind(t *testing.T) {
	eachStorage(t, func(t *testing.T, c *s3.Client) {
		b := newBucket(t, c, "overwrite")
		b.put("key", "old", map[string]string{"old": "1", "both": "1"})
		b.put("key", "new", map[string]string{"both": "2"})
		if content, meta := b.get("key", ""); content != "new" || !maps.Equal(meta, map[string]string{"both": "2"}) {
			t.Errorf("got %q, %v", content, meta)
		}
		// Of one object the checksum is that of its content, of the other that of its parts.
		b.multipart("key", "assembled")
		if content, _ := b.get("key", ""); content != "assembled" {
			t.Errorf("got %q", content)
		}
	})
}

func TestMultipartUploadsAreAssembled(t *testing.T) {
	eachStorage(t, func(t *testing.T, c *s3.Client) {
		b := newBucket(t, c, "multipart")
		parts := []string{strings.Repeat("a", 5<<20), strings.Repeat("b", 5<<20), "end"}
		b.multipart("big/file", parts...)
		content, meta := b.get("big/file", "")
		if content != strings.Join(parts, "") || meta["kind"] != "multi" {
			t.Errorf("got %d bytes, %v", len(content), meta)
		}
		head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String("big/file")})
		if err != nil || !strings.HasSuffix(aws.ToString(head.ETag), `-3"`) {
			t.Errorf("head: %+v, %v", head, err)
		}
	})
}

func TestListsFollowPrefixDelimiterAndPages(t *testing.T) {
	eachStorage(t, func(t *testing.T, c *s3.Client) {
		b := newBucket(t, c, "lists")
		for _, key := range []string{"a", "a/1", "a/2", "a/b/3", "b/4", "c"} {
			b.put(key, "x", nil)
		}
		tests := []struct {
			prefix, delimiter string
			want              []string
		}{
			{"", "", []string{"a", "a/1", "a/2", "a/b/3", "b/4", "c"}},
			{"a/", "", []string{"a/1", "a/2", "a/b/3"}},
			{"a/", "/", []string{"a/b/", "a/1", "a/2"}},
			{"", "/", []string{"a/", "b/", "a", "c"}},
			{"none", "", nil},
		}
		for _, tt := range tests {
			if got := b.list(tt.prefix, tt.delimiter, 1000); !slices.Equal(got, tt.want) {
				t.Errorf("%q %q: got %q, want %q", tt.prefix, tt.delimiter, got, tt.want)
			}
		}
		if got, want := b.list("a", "", 2), []string{"a", "a/1", "a/2", "a/b/3"}; !slices.Equal(got, want) {
			t.Errorf("pages of 2: got %q, want %q", got, want)
		}
	})
}

func TestObjectsAreCopiedAndDeleted(t *testing.T) {
	eachStorage(t, func(t *testing.T, c *s3.Client) {
		b := newBucket(t, c, "copies")
		b.put("dir/from", "content", map[string]string{"color": "blue"})
		_, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{
			Bucket: &b.name, Key: aws.String("to"), CopySource: aws.String("copies/dir/from"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if content, meta := b.get("to", ""); content != "content" || meta["color"] != "blue" {
			t.Errorf("got %q, %v", content, meta)
		}
		_, err = c.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: &b.name, Delete: &types.Delete{
			Objects: []types.ObjectIdentifier{{Key: aws.String("to")}, {Key: aws.String("never-was")}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b.name, Key: aws.String("dir/from")})
		if err != nil {
			t.Fatal(err)
		}
		if got := b.list("", "", 1000); len(got) != 0 {
			t.Errorf("left: %q", got)
		}
		if _, meta := b.get("to", ""); meta != nil {
			t.Errorf("deleted object has %v", meta)
		}
		if _, err := c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &b.name}); err != nil {
			t.Error(err)
		}
	})
}

// The SDK sends a body that it cannot read twice in chunks, followed by the checksum.
func TestStreamsAreStoredWithoutTheirFraming(t *testing.T) {
	address, _ := start(t, emulator.Options{})
	b := newBucket(t, client(t, "https", address), "streams")
	content := strings.Repeat("0123456789", 20_000)
	_, err := b.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &b.name, Key: aws.String("key"), ContentLength: aws.Int64(int64(len(content))),
		Body: io.MultiReader(strings.NewReader(content)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := b.get("key", ""); got != content {
		t.Errorf("got %d bytes, starting %.40q", len(got), got)
	}
}

func TestAPartOfAnObjectCarriesNoChecksumOfTheWhole(t *testing.T) {
	address, _ := start(t, emulator.Options{})
	b := newBucket(t, client(t, "http", address), "parts")
	b.put("key", "content", nil)
	for part, wanted := range map[string]bool{"bytes=0-": false, "bytes=0-1": false, "": true} {
		in := &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("key"), ChecksumMode: types.ChecksumModeEnabled}
		if part != "" {
			in.Range = &part
		}
		out, err := b.GetObject(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		out.Body.Close()
		if got := out.ChecksumCRC32 != nil; got != wanted {
			t.Errorf("range %q: checksum %v, want %v", part, got, wanted)
		}
	}
}

func TestPersistedObjectsOutliveTheEmulator(t *testing.T) {
	root := t.TempDir()
	address, stop := start(t, persistent(pro, root))
	b := newBucket(t, client(t, "http", address), "kept")
	b.put("dir/key", "content", map[string]string{"color": "blue"})
	b.multipart("multi", "one")
	stop()

	address, _ = start(t, persistent(pro, root))
	b.Client = client(t, "http", address)
	if content, meta := b.get("dir/key", ""); content != "content" || meta["color"] != "blue" {
		t.Errorf("got %q, %v", content, meta)
	}
	if content, _ := b.get("multi", ""); content != "one" {
		t.Errorf("got %q", content)
	}
}

func TestVersionsAreKept(t *testing.T) {
	eachStorage(t, func(t *testing.T, c *s3.Client) {
		b := newBucket(t, c, "versions")
		_, err := c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
			Bucket:                  &b.name,
			VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
		if err != nil {
			t.Fatal(err)
		}
		put := func(content string, meta map[string]string) *string {
			out, err := c.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &b.name, Key: aws.String("k"), Body: strings.NewReader(content), Metadata: meta,
			})
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
	})
}
