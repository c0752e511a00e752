package conformance

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/conformance/kit"
)

// newEmulated is a container with the reference emulator. A kept state needs a license.
func newEmulated(t *testing.T, isKept bool) *container {
	t.Helper()
	c := newContainer(t, pythonOfAWSClients)
	if isKept {
		c, _ = newLicensed(t, pythonOfAWSClients)
		c.set("PERSISTENCE", "1")
	} else {
		c.set("ACTIVATE_PRO", "0")
	}
	c.set("LOCALSTACK_SUPERVISOR_COMMAND", "emulator")
	return c
}

// startForClients starts a container with the scripts of testdata in /scripts.
func (c *container) startForClients() *process {
	c.Helper()
	scripts, err := filepath.Glob("testdata/*.py")
	if err != nil || len(scripts) == 0 {
		c.Fatal("no scripts: ", err)
	}
	for _, script := range scripts {
		content, err := os.ReadFile(script)
		if err != nil {
			c.Fatal(err)
		}
		c.put("scripts/"+filepath.Base(script), 0o644, string(content))
	}
	p := c.start()
	p.await("Ready.")
	return p
}

// checks runs a script that prints its checks, and has a subtest of each.
func (p *process) checks(t *testing.T, script string, args ...string) {
	t.Helper()
	lines := p.run(slices.Concat([]string{pythonOfAWSClients, "/scripts/" + script, "http://" + gatewayAddress}, args)...)
	found := 0
	for line := range strings.Lines(lines) {
		var result struct{ Check, Problem string }
		if err := json.Unmarshal([]byte(line), &result); err != nil {
			t.Fatalf("%s printed %q: %v", script, line, err)
		}
		found++
		t.Run(result.Check, func(t *testing.T) {
			if result.Problem != "" {
				t.Error(result.Problem)
			}
		})
	}
	if found == 0 {
		t.Errorf("%s has no checks", script)
	}
}

// uses says which client a test is of, by what is installed.
func (p *process) uses(t *testing.T, module string) {
	t.Helper()
	version := p.run(pythonOfAWSClients, "-c", "import importlib.metadata as m; print(m.version('"+module+"'))")
	kit.Client(t, module, strings.TrimSpace(version))
}

// unlikeAWS are the checks in which LocalStack 2026.3 answers otherwise than AWS.
var unlikeAWS = []string{"a_multipart_upload_without_parts", "versioning_is_suspended"}

// The checks hold for the real LocalStack, too: what they want is what programs are used to.
func TestBoto3GetsTheSameFromUsAsFromLocalStack(t *testing.T) {
	t.Parallel()
	newReal := func(t *testing.T) *container {
		c := newContainer(t, pythonOfRuntime, pythonOfAWSClients)
		c.set("ACTIVATE_PRO", "0")
		return c
	}
	for name, test := range map[string]struct {
		container func(t *testing.T) *container
		without   []string
	}{
		"in memory":  {func(t *testing.T) *container { return newEmulated(t, false) }, nil},
		"on disk":    {func(t *testing.T) *container { return newEmulated(t, true) }, nil},
		"LocalStack": {newReal, unlikeAWS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := test.container(t).startForClients()
			p.uses(t, "boto3")
			p.checks(t, "boto3_s3.py", test.without...)
		})
	}
}

func TestBoto3IsToldWhichServicesAreNotThere(t *testing.T) {
	t.Parallel()
	p := newEmulated(t, false).startForClients()
	p.uses(t, "boto3")
	p.checks(t, "boto3_services.py")
}

// A SIGKILL of the whole container comes right after the last answer.
func TestBoto3FindsWhatWasAcknowledgedBeforeASIGKILL(t *testing.T) {
	t.Parallel()
	c := newEmulated(t, true)
	p := c.startForClients()
	p.uses(t, "boto3")
	p.run(pythonOfAWSClients, "-c", clientForS3+`
s3.create_bucket(Bucket="kept")
s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
for n in range(20):
    s3.put_object(Bucket="kept", Key="key", Body=b"%d" % n, Metadata={"n": str(n)}, Tagging=f"n={n}")
upload = s3.create_multipart_upload(Bucket="kept", Key="large")["UploadId"]
etag = s3.upload_part(Bucket="kept", Key="large", UploadId=upload, PartNumber=1, Body=b"x" * (6 << 20))["ETag"]
`)
	p.kill()
	p = c.startForClients()
	got := p.run(pythonOfAWSClients, "-c", clientForS3+`
object = s3.get_object(Bucket="kept", Key="key")
upload = s3.list_multipart_uploads(Bucket="kept")["Uploads"][0]["UploadId"]
part = s3.list_parts(Bucket="kept", Key="large", UploadId=upload)["Parts"][0]
s3.complete_multipart_upload(Bucket="kept", Key="large", UploadId=upload,
                             MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
versions = s3.list_object_versions(Bucket="kept", Prefix="key")["Versions"]
print(object["Body"].read(), object["Metadata"], len(versions),
      s3.get_object_tagging(Bucket="kept", Key="key")["TagSet"],
      s3.head_object(Bucket="kept", Key="large")["ContentLength"])
`)
	if want := "b'19' {'n': '19'} 20 [{'Key': 'n', 'Value': '19'}] 6291456\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	status, resources := p.ask(http.MethodGet, "/_localstack/resources", "")
	if status != http.StatusOK || !strings.Contains(resources, `"id":"kept"`) {
		t.Errorf("resources: %d %s", status, resources)
	}
	if status, _ := p.ask(http.MethodPost, "/_localstack/state/reset", ""); status != http.StatusOK {
		t.Errorf("reset: %d", status)
	}
	p.kill()
	p = c.startForClients()
	if _, resources := p.ask(http.MethodGet, "/_localstack/resources", ""); resources != "" {
		t.Errorf("resources after the reset: %s", resources)
	}
}

// clientForS3 is how a script begins.
const clientForS3 = `
import boto3
s3 = boto3.client("s3", endpoint_url="http://` + gatewayAddress + `", region_name="us-east-1",
                  aws_access_key_id="test", aws_secret_access_key="test")
`
