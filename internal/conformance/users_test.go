package conformance

import (
	"testing"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
)

// newLicensed describes a container with an authority and a developer's token.
func newLicensed(t *testing.T, needed ...string) (*container, *licensing) {
	t.Helper()
	c := newContainer(t, needed...)
	l := c.licensing(server.Options{})
	token, _ := l.Token(authority.NewToken{Kind: authority.Developer})
	c.set("LOCALSTACK_AUTH_TOKEN", token)
	return c, l
}

// roundTrip stores an object and sends a message, and prints what comes back.
const roundTrip = `
import boto3
def client(name):
    return boto3.client(name, endpoint_url="http://127.0.0.1:4566", region_name="us-east-1",
                        aws_access_key_id="test", aws_secret_access_key="test")
s3, sqs = client("s3"), client("sqs")
s3.create_bucket(Bucket="bucket")
s3.put_object(Bucket="bucket", Key="a/ü", Body=b"object", Metadata={"color": "blue"})
got = s3.get_object(Bucket="bucket", Key="a/ü")
print(got["Body"].read().decode(), got["Metadata"]["color"])
url = sqs.create_queue(QueueName="queue")["QueueUrl"]
sqs.send_message(QueueUrl=url, MessageBody="message")
print(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"])
`

func TestTheRuntimeServesForEveryUser(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		uid, gid int
		home     string
	}{
		{"root", 0, 0, "/root"},
		{"the image's user", 1000, 1000, "/home/localstack"},
		{"a random user, as OpenShift has them", 1000680000, 0, "/root"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, l := newLicensed(t, pythonOfRuntime)
			c.as(test.uid, test.gid)
			c.set("HOME", test.home)
			p := c.start()
			ready := p.await("Ready.")
			if got, want := p.python(roundTrip), "object blue\nmessage\n"; got != want {
				t.Errorf("boto3 got %q, want %q", got, want)
			}
			l.Wants(t, "POST /v1/license/request 200")
			t.Logf("ready after %v", ready)
		})
	}
}
