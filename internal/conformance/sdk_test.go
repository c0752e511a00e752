package conformance

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"localstack-entrypoint/internal/conformance/kit"
	"localstack-entrypoint/internal/emulator"
	"localstack-entrypoint/internal/gateway"
	"localstack-entrypoint/internal/layout"
)

// pro are the options that the entrypoint sets after an activation.
var pro = emulator.Options{ProActivated: "1"}

func persistent(o emulator.Options, root string) emulator.Options {
	o.Persistence, o.Root = emulator.On, layout.Root(root)
	return o
}

// start runs an emulator on a free port of loopback, until stop or the end of the test.
func start(t *testing.T, o emulator.Options) (address string, stop func()) {
	t.Helper()
	if o.Root == "" {
		o.Root = layout.Root(t.TempDir())
	}
	o.Listen = gateway.Listen{{Host: "127.0.0.1"}}
	addresses := make(chan []net.Addr, 1)
	e, err := emulator.New(o, emulator.Process{
		Stdout: io.Discard, Stderr: io.Discard,
		Listening: func(a []net.Addr) { addresses <- a },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the emulator does not stop")
		}
	})
	t.Cleanup(stop)
	select {
	case a := <-addresses:
		return a[0].String(), stop
	case err := <-ended:
		t.Fatal("the emulator does not start: ", err)
	case <-time.After(patience):
		t.Fatal("the emulator does not listen")
	}
	return "", nil
}

// client returns an SDK client of the emulator at an address, over http or https.
func client(t *testing.T, scheme, address string) *s3.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return s3.New(s3.Options{
		BaseEndpoint: aws.String(scheme + "://" + address),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", "session-token"),
		UsePathStyle: true,
		HTTPClient:   &http.Client{Transport: transport, Timeout: patience},
		// What the SDK's own configuration loader sets.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	})
}

// newBucket creates a bucket.
func newBucket(t *testing.T, c *s3.Client, name string) bucket {
	t.Helper()
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return bucket{t, c, name}
}

// bucket has short forms of the calls for one bucket.
type bucket struct {
	t *testing.T
	*s3.Client
	name string
}

func (b bucket) put(key, content string, meta map[string]string) (etag string) {
	b.t.Helper()
	out, err := b.PutObject(b.t.Context(), &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: strings.NewReader(content), Metadata: meta, ContentType: aws.String("text/x-test"),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return aws.ToString(out.ETag)
}

// get returns the content and the metadata; "" and nil when there is no object.
func (b bucket) get(key, part string) (content string, meta map[string]string) {
	b.t.Helper()
	in := &s3.GetObjectInput{Bucket: &b.name, Key: &key}
	if part != "" {
		in.Range = &part
	}
	out, err := b.GetObject(b.t.Context(), in)
	var none *types.NoSuchKey
	if errors.As(err, &none) {
		return "", nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body) // the SDK compares checksums here
	if err != nil {
		b.t.Fatalf("%s: %v", key, err)
	}
	meta = map[string]string{}
	maps.Copy(meta, out.Metadata)
	return string(body), meta
}

func (b bucket) list(prefix, delimiter string, page int32) (keys []string) {
	b.t.Helper()
	in := &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &prefix, MaxKeys: &page}
	if delimiter != "" {
		in.Delimiter = &delimiter
	}
	pages := s3.NewListObjectsV2Paginator(b.Client, in)
	for pages.HasMorePages() {
		out, err := pages.NextPage(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		for _, p := range out.CommonPrefixes {
			keys = append(keys, *p.Prefix)
		}
		for _, o := range out.Contents {
			keys = append(keys, *o.Key)
		}
	}
	return keys
}

func (b bucket) multipart(key string, parts ...string) {
	b.t.Helper()
	ctx := b.t.Context()
	upload, err := b.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &b.name, Key: &key, Metadata: map[string]string{"kind": "multi"},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	var done []types.CompletedPart
	for i, part := range parts {
		number := int32(i + 1)
		out, err := b.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &b.name, Key: &key, UploadId: upload.UploadId, PartNumber: &number, Body: strings.NewReader(part),
		})
		if err != nil {
			b.t.Fatal(err)
		}
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: &number})
	}
	_, err = b.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &b.name, Key: &key, UploadId: upload.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// eachStorage runs a test on every kind of storage and every kind of connection.
func eachStorage(t *testing.T, test func(t *testing.T, c *s3.Client)) {
	kit.Client(t, "aws-sdk-go-v2", aws.SDKVersion)
	for name, o := range map[string]emulator.Options{"memory": {}, "disk": persistent(pro, "")} {
		for _, scheme := range []string{"http", "https"} {
			t.Run(name+"/"+scheme, func(t *testing.T) {
				t.Parallel()
				address, _ := start(t, o)
				test(t, client(t, scheme, address))
			})
		}
	}
}
