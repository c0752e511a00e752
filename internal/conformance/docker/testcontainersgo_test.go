package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/localstack"

	"localstack-entrypoint/internal/conformance/kit"
	"localstack-entrypoint/internal/version"
)

func TestTestcontainersGo(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	kit.Client(t, "testcontainers for Go", module(t, "github.com/testcontainers/testcontainers-go/modules/localstack"))
	r.starts(
		attempt{name: "good token", run: withTestcontainersGo(referenceImage)},
		attempt{name: "good token, image with a shell", run: withTestcontainersGo(shellImage)},
		attempt{name: "refused token", refused: true, within: soon, run: withTestcontainersGo(referenceImage)},
	)
	t.Run("names of images", namesForTestcontainersGo)
}

func namesForTestcontainersGo(t *testing.T) {
	errAccepted := errors.New("accepted")
	accept := func(*testcontainers.GenericContainerRequest) error { return errAccepted }
	for name, want := range map[string]bool{
		referenceImage:                            true,
		shellImage:                                true,
		"example.com:5000/us/localstack:latest":   true,
		"localstack-entrypoint:4.14.0":            true,
		"localstack-entrypoint:" + version.Number: false, // older than any LocalStack
		"localstack-entrypoint:dev":               false,
		"localstack-entrypoint":                   false, // although it means the tag latest
	} {
		_, err := localstack.Run(t.Context(), name, testcontainers.CustomizeRequestOption(accept))
		if got := errors.Is(err, errAccepted); got != want {
			t.Errorf("%s: accepted: %t, want %t: %v", name, got, want, err)
		}
	}
}

// withTestcontainersGo is a program of its users.
func withTestcontainersGo(image string) func(*licensed) (shown string, failed bool) {
	return func(l *licensed) (string, bool) {
		container, err := localstack.Run(l.Context(), image, testcontainers.WithEnv(map[string]string{
			"API_ENDPOINT":          l.env["API_ENDPOINT"],
			"LOCALSTACK_AUTH_TOKEN": l.env["LOCALSTACK_AUTH_TOKEN"],
		}))
		defer func() {
			if err := testcontainers.TerminateContainer(container); err != nil {
				l.Error(err)
			}
		}()
		if err != nil {
			return fmt.Sprint(err, "\n", logsOf(l.Context(), container)), true
		}
		address, err := container.PortEndpoint(l.Context(), "4566/tcp", "")
		if err != nil {
			return err.Error(), true
		}
		info, err := l.get(address, "/_localstack/info")
		if err != nil {
			return err.Error(), true
		}
		content, color, err := roundTrip(l.Context(), "http://"+address)
		return fmt.Sprintln(info, content, color, err), err != nil
	}
}

func logsOf(ctx context.Context, container testcontainers.Container) string {
	logs, err := container.Logs(ctx)
	if err != nil {
		return err.Error()
	}
	defer logs.Close()
	text, _ := io.ReadAll(logs)
	return string(text)
}

func roundTrip(ctx context.Context, endpoint string) (content, color string, err error) {
	client := s3.New(s3.Options{
		BaseEndpoint: &endpoint, UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	bucket, key := aws.String("bucket"), aws.String("key")
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		return "", "", err
	}
	_, err = client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: key, Body: strings.NewReader("content"), Metadata: map[string]string{"color": "blue"},
	})
	if err != nil {
		return "", "", err
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		return "", "", err
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	return string(text), out.Metadata["color"], err
}

// module returns the version of a Go module as go.mod has it, without the v.
func module(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), path+" v")
	version := strings.Fields(rest)
	if !found || len(version) == 0 {
		t.Fatalf("go.mod has no %s", path)
	}
	return version[0]
}
