package conformance

import (
	"maps"
	"strings"
	"testing"

	"localstack-entrypoint/internal/conformance/kit"
)

// tool is a program of Debian that stores something in S3, with what a user does with it.
type tool struct {
	version string // a command that prints it
	env     map[string]string
	// begin comes first. Then each check is a script for sh, in a folder with the files of the function files; later ones
	// go on with what the earlier ones have stored.
	begin  string
	checks []check
}

type check struct{ name, script string }

// files are those that the tools store: names that must be encoded, and one that is large enough for several parts.
const files = `mkdir -p /work/d/e && cd /work && echo one >d/1.txt && echo two >'d/e/a b+%41ü#?.txt'
head -c 12000000 /dev/urandom >big && touch -d '2020-01-02 03:04:05.678' d/1.txt`

var tools = map[string]tool{
	"AWS CLI v2": {
		version: `aws --version | sed 's,^aws-cli/,,; s, .*,,'`,
		// A CLI of before 2.13 knows no AWS_ENDPOINT_URL, and would ask the real AWS. What AWS CLI v1 checks as well is
		// left to its test: each of these commands takes half a second.
		begin: `aws() { command aws --endpoint-url http://127.0.0.1:4566 "$@"; }`,
		checks: []check{
			{"sync", `aws s3 mb s3://bucket; aws s3 sync d s3://bucket/d; aws s3 sync s3://bucket/d back; diff -r d back
				[ -z "$(aws s3 sync d s3://bucket/d --size-only)" ]`},
			{"parts", `aws s3 cp big s3://bucket/big; aws s3 cp s3://bucket/big big.back; cmp big big.back
				aws s3api head-object --bucket bucket --key big | grep '"ETag": "\\"[0-9a-f]*-2\\""'
				aws s3api get-object --bucket bucket --key big --range bytes=10-19 part >/dev/null
				cmp --bytes=10 --ignore-initial=10:0 big part`},
			{"errors", `! aws s3api get-object --bucket bucket --key none out 2>why; grep 'NoSuchKey.*does not exist' why
				! aws s3 ls s3://none 2>why; grep 'NoSuchBucket.*does not exist' why
				! aws sqs list-queues 2>why; grep "Service 'sqs' is not" why`},
			{"identity", `aws sts get-caller-identity --query Account --output text | grep '^000000000000$'`},
			{"remove", `aws s3 mv s3://bucket/big s3://bucket/moved; aws s3 rb --force s3://bucket; [ -z "$(aws s3 ls)" ]`},
		},
	},
	"rclone": {
		version: `rclone version | sed -n '1s/^rclone v//p'`,
		env: map[string]string{
			"RCLONE_CONFIG_L_TYPE": "s3", "RCLONE_CONFIG_L_PROVIDER": "Other", "RCLONE_CONFIG_L_ENV_AUTH": "true",
			"RCLONE_CONFIG_L_ENDPOINT": "http://127.0.0.1:4566", "RCLONE_RETRIES": "1",
		},
		checks: []check{
			{"copy", `rclone mkdir l:bucket; rclone mkdir l:bucket; rclone copy d l:bucket/d; rclone check d l:bucket/d
				[ "$(rclone lsf -R --files-only l:bucket/d)" = "$(cd d; printf '%s\n' 1.txt e/*)" ]`},
			{"parts", `rclone copyto big l:bucket/big --s3-upload-cutoff 5M --s3-chunk-size 5M
				rclone copyto l:bucket/big l:bucket/copy --s3-copy-cutoff 5M; rclone cat l:bucket/copy | cmp - big`},
			{"times", `rclone lsjson l:bucket/d/1.txt | grep '"ModTime":"2020-01-02T03:04:05.678'`},
			{"sync", `rclone delete l:bucket/d/1.txt; rclone sync d l:bucket/d; rclone sync l:bucket/d back; diff -r d back`},
			{"remove", `rclone purge l:bucket; [ -z "$(rclone lsf l:)" ]`},
		},
	},
	"s3cmd": {
		version: `s3cmd --version | sed 's/^s3cmd version //'`,
		// It signs for a region "US".
		begin: `s3cmd() {
			command s3cmd --access_key=test --secret_key=test --no-ssl --host=127.0.0.1:4566 --host-bucket=127.0.0.1:4566 "$@"
		}`,
		checks: []check{
			{"sync", `s3cmd mb s3://bucket; s3cmd sync d/ s3://bucket/d/; s3cmd sync s3://bucket/d/ back/; diff -r d back`},
			{"parts", `s3cmd put --multipart-chunk-size-mb=5 big s3://bucket/big; s3cmd get s3://bucket/big big.back
				cmp big big.back; ! s3cmd multipart s3://bucket | grep big`},
			{"metadata", `s3cmd modify --add-header=x-amz-meta-color:blue s3://bucket/d/1.txt
				s3cmd info s3://bucket/d/1.txt | grep 'x-amz-meta-color: blue'`},
			{"signed URL", `python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())' \
				"$(s3cmd signurl s3://bucket/d/1.txt +60)" | grep '^one$'`},
			{"remove", `s3cmd rb --recursive --force s3://bucket; [ -z "$(s3cmd ls)" ]`},
		},
	},
	"restic": {
		version: `restic version | sed 's/^restic //; s/ .*//'`,
		env:     map[string]string{"RESTIC_REPOSITORY": "s3:http://127.0.0.1:4566/bucket", "RESTIC_PASSWORD": "secret"},
		checks: []check{
			{"backup", `restic init; restic backup d big; restic check --read-data`},
			{"restore", `restic restore latest --target back; diff -r d back/d; cmp big back/big`},
			{"prune", `restic backup d; restic forget --keep-last 1 --group-by host --prune
				restic snapshots | grep '^1 snapshots$'; restic check --read-data`},
		},
	},
}

func TestToolsOfDebianStoreAndFind(t *testing.T) {
	for name, tool := range tools {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program, _, _ := strings.Cut(tool.version, " ")
			c := newContainer(t, "/usr/bin/"+program)
			c.command = []string{"docker-entrypoint.sh", "emulator"}
			maps.Copy(c.env, map[string]string{
				"ACTIVATE_PRO": "0", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
				"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
			})
			maps.Copy(c.env, tool.env)
			p := c.start()
			p.await("Ready.")
			p.run("sh", "-euc", files)
			kit.Client(t, name, strings.TrimSpace(p.run("sh", "-euc", tool.version)))
			for _, check := range tool.checks {
				passed := t.Run(check.name, func(t *testing.T) {
					script := "exec 2>&1; cd /work; rm -rf back; " + tool.begin + "\n" + check.script
					if out, _, code := p.exec("bash", "-eux", "-o", "pipefail", "-c", script); code != 0 {
						t.Errorf("exit code %d: %s", code, out)
					}
				})
				if !passed {
					return
				}
			}
		})
	}
}
