package conformance

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// cli runs commands of the AWS CLI in a container.
type cli struct {
	*testing.T
	p *process
}

func (c cli) exec(args ...string) (stdout, stderr string, code int) {
	c.Helper()
	command := []string{
		"env", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=us-east-1", "AWS_MAX_ATTEMPTS=1",
		"/opt/awsclients/bin/aws", "--endpoint-url", "http://" + gatewayAddress,
	}
	return c.p.exec(slices.Concat(command, args)...)
}

// aws runs a command that must succeed.
func (c cli) aws(args ...string) string {
	c.Helper()
	stdout, stderr, code := c.exec(args...)
	if code != 0 {
		c.Fatalf("aws %q: exit code %d\n%s%s\n%s", args, code, stdout, stderr, c.p.output())
	}
	return stdout
}

// prints wants the JSON that a command prints, whatever else is in it.
func (c cli) prints(want string, args ...string) {
	c.Helper()
	got := c.aws(args...)
	var has, wanted any
	if err := json.Unmarshal([]byte(got), &has); err != nil {
		c.Fatalf("aws %q printed %s: %v", args, got, err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		c.Fatal(err)
	}
	if !reflect.DeepEqual(has, wanted) {
		c.Errorf("aws %q printed %s, want %s", args, got, want)
	}
}

// fails wants a command to fail with an error of AWS.
func (c cli) fails(want string, args ...string) {
	c.Helper()
	stdout, stderr, code := c.exec(args...)
	if code == 0 || !strings.Contains(stderr, want) {
		c.Errorf("aws %q: exit code %d, want the error %q\n%s%s", args, code, want, stdout, stderr)
	}
}

// Whether the state is kept makes no difference that boto3's checks do not see: here it is.
func TestTheAWSCLIWorksWithOurS3(t *testing.T) {
	t.Parallel()
	p := newEmulated(t, true).startForClients()
	p.uses(t, "awscli")
	p.run("sh", "-ec", `mkdir -p /tmp/here/a/b && cd /tmp/here
		printf content >one.txt; printf other >"a/zwei ü.txt"; : >a/b/empty; head -c 20000000 /dev/urandom >large`)
	for _, check := range cliChecks {
		t.Run(check.name, func(t *testing.T) { check.run(cli{t, p}) })
	}
}

// cliChecks are run one after the other: each goes on with what those before have made.
var cliChecks = []struct {
	name string
	run  func(cli)
}{
	{"mb", func(c cli) {
		c.aws("s3", "mb", "s3://bucket")
		c.aws("s3", "mb", "s3://bucket") // one's own, in us-east-1
	}},
	{"cp with metadata", func(c cli) {
		c.aws("s3", "cp", "/tmp/here/one.txt", "s3://bucket/one.txt", "--metadata", "color=blue,Two=2")
		c.prints(`{"Metadata": {"color": "blue", "two": "2"}, "ContentType": "text/plain", "ContentLength": 7}`,
			"s3api", "head-object", "--bucket", "bucket", "--key", "one.txt", "--query",
			"{Metadata: Metadata, ContentType: ContentType, ContentLength: ContentLength}")
	}},
	{"cp in parts", func(c cli) {
		c.aws("s3", "cp", "/tmp/here/large", "s3://bucket/large")
		c.aws("s3", "cp", "s3://bucket/large", "s3://bucket/copy")
		c.aws("s3", "cp", "s3://bucket/copy", "/tmp/back")
		c.p.run("cmp", "/tmp/here/large", "/tmp/back")
	}},
	{"range", func(c cli) {
		c.aws("s3api", "get-object", "--bucket", "bucket", "--key", "one.txt", "--range", "bytes=2-4", "/tmp/range")
		if got := c.p.run("cat", "/tmp/range"); got != "nte" {
			c.Errorf("got %q", got)
		}
	}},
	{"sync", func(c cli) {
		c.aws("s3", "sync", "/tmp/here", "s3://bucket/tree")
		if again := c.aws("s3", "sync", "/tmp/here", "s3://bucket/tree"); again != "" {
			c.Errorf("the second sync copies: %s", again)
		}
		c.aws("s3", "sync", "s3://bucket/tree", "/tmp/there")
		c.p.run("diff", "--recursive", "/tmp/here", "/tmp/there")
		c.aws("s3", "rm", "s3://bucket/tree/one.txt")
		c.aws("s3", "sync", "s3://bucket/tree", "/tmp/there", "--delete")
		c.p.run("test", "!", "-e", "/tmp/there/one.txt")
	}},
	{"ls", func(c cli) {
		if got := c.aws("s3", "ls", "s3://bucket/", "--recursive"); !strings.Contains(got, "5 tree/a/zwei ü.txt\n") {
			c.Errorf("printed %s", got)
		}
	}},
	{"presign", func(c cli) {
		url := strings.TrimSpace(c.aws("s3", "presign", "s3://bucket/one.txt"))
		got := c.p.run(pythonOfAWSClients, "-c", "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read())", url)
		if got != "b'content'\n" {
			c.Errorf("got %s", got)
		}
	}},
	{"tags", func(c cli) {
		c.aws("s3api", "put-object-tagging", "--bucket", "bucket", "--key", "one.txt", "--tagging",
			"TagSet=[{Key=a,Value=1}]")
		c.prints(`{"TagSet": [{"Key": "a", "Value": "1"}]}`,
			"s3api", "get-object-tagging", "--bucket", "bucket", "--key", "one.txt")
	}},
	{"versions", func(c cli) {
		c.aws("s3api", "put-bucket-versioning", "--bucket", "bucket", "--versioning-configuration", "Status=Enabled")
		c.aws("s3", "cp", "/tmp/here/one.txt", "s3://bucket/versions")
		c.aws("s3", "rm", "s3://bucket/versions")
		c.prints(`[1, 1, true]`, "s3api", "list-object-versions", "--bucket", "bucket", "--prefix", "versions", "--query",
			"[length(Versions), length(DeleteMarkers), DeleteMarkers[0].IsLatest]")
		c.aws("s3api", "put-bucket-versioning", "--bucket", "bucket", "--versioning-configuration", "Status=Suspended")
	}},
	{"multipart upload without parts", func(c cli) {
		id := c.aws("s3api", "create-multipart-upload", "--bucket", "bucket", "--key", "none", "--query", "UploadId",
			"--output", "text")
		c.fails("(MalformedXML)", "s3api", "complete-multipart-upload", "--bucket", "bucket", "--key", "none",
			"--upload-id", strings.TrimSpace(id), "--multipart-upload", "Parts=[]")
	}},
	{"errors", func(c cli) {
		c.fails("(NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist",
			"s3", "ls", "s3://missing-bucket")
		c.fails("(404) when calling the HeadObject operation", "s3", "cp", "s3://bucket/missing", "-")
		c.fails("BucketNotEmpty", "s3", "rb", "s3://bucket")
	}},
	{"get-caller-identity", func(c cli) {
		c.prints(`{"UserId": "000000000000", "Account": "000000000000", "Arn": "arn:aws:iam::000000000000:root"}`,
			"sts", "get-caller-identity")
	}},
	{"services that are not there", func(c cli) {
		c.fails("(InternalFailure) when calling the ListTables operation: Service 'dynamodb' is not emulated",
			"dynamodb", "list-tables")
		c.fails("(InternalFailure) when calling the DescribeInstances operation: Service 'ec2' is not emulated",
			"ec2", "describe-instances")
	}},
	{"rm and rb", func(c cli) {
		c.aws("s3", "mb", "s3://other")
		c.aws("s3", "cp", "/tmp/here", "s3://other", "--recursive", "--exclude", "large")
		c.aws("s3", "rb", "s3://other", "--force")
		c.fails("NoSuchBucket", "s3", "ls", "s3://other")
	}},
}
