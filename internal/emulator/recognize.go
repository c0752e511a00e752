package emulator

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const (
	defaultAccount = "000000000000"
	defaultRegion  = "us-east-1"
)

// call is what a request says about itself. No signature is checked.
type call struct {
	service   string // the name that it is signed for, or "s3"
	operation string // "?" where only the path says it
	region    string
	account   string // 12 digits
	protocol  protocol
}

// recognize tells which service a request is for, in the order in which LocalStack looks (its
// localstack/aws/protocol/service_router.py): the signature's scope, the target or the path of an RPC, the host,
// and the action of a form. All other requests are for S3, as in LocalStack.
func recognize(r *http.Request) call {
	c := call{region: defaultRegion, account: defaultAccount}
	if key, scope, ok := credential(r); ok {
		c.account = accountOf(key)
		if parts := strings.Split(scope, "/"); len(parts) == 4 { // date/region/service/aws4_request
			c.region, c.service = regionOf(parts[1]), strings.ToLower(parts[2])
		}
	}
	target, operation := rpc(r)
	action := form(r)
	c.operation = operation
	if c.operation == "" {
		c.operation = action.Get("Action")
	}
	for _, name := range []string{target, serviceOfHost(r.Host), queryServices[action.Get("Version")]} {
		if c.service == "" {
			c.service = name
		}
	}
	switch {
	case c.service == "" || c.service == "s3express":
		c.service = "s3"
	case c.service == "s3" && strings.HasPrefix(r.URL.Path, "/v20180820/"):
		c.service = "s3control"
	}
	c.protocol = protocolOf(c.service, r)
	if name := serviceNames[c.service]; name != "" {
		c.service = name
	}
	c.service, c.operation = plain(c.service), plain(c.operation)
	return c
}

// serviceNames are the names of services that are signed for with another one.
var serviceNames = map[string]string{
	"monitoring": "cloudwatch", "states": "stepfunctions", "email": "ses", "es": "opensearch",
}

// regionOf returns a region such as us-gov-west-1 that a client has named, and the default region for other names, as
// LocalStack does: s3cmd calls that "US", others "auto", "default" or "garage".
func regionOf(name string) string {
	parts := strings.Split(name, "-")
	last := len(parts) - 1
	if last < 2 || len(parts[0]) != 2 || len(parts[last]) != 1 || strings.Trim(parts[last], "123456789") != "" {
		return defaultRegion
	}
	for _, part := range parts[:last] {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz") != "" {
			return defaultRegion
		}
	}
	return name
}

// plain returns a name that a client has sent if it can be one, and otherwise "?": it is logged and repeated.
func plain(name string) string {
	isOther := func(c rune) bool {
		return c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}
	if name == "" || len(name) > 64 || strings.ContainsFunc(name, isOther) {
		return "?"
	}
	return name
}

// credential returns the access key of a request, and the scope of its signature if it is of version 4. They are in
// the header Authorization or in the query of a presigned URL.
func credential(r *http.Request) (key, scope string, ok bool) {
	if version2, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS "); ok {
		key, _, _ = strings.Cut(version2, ":")
		return key, "", true
	}
	if _, rest, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		value, _, _ := strings.Cut(rest, ",")
		key, scope, _ = strings.Cut(strings.TrimSpace(value), "/")
		return key, scope, true
	}
	query := r.URL.Query()
	if value := query.Get("X-Amz-Credential"); value != "" {
		key, scope, _ = strings.Cut(value, "/")
		return key, scope, true
	}
	key = query.Get("AWSAccessKeyId")
	return key, "", key != ""
}

// accountOf returns the account of an access key: the key itself if it has 12 digits, and what is encoded in a key
// that LocalStack has made. Keys of AWS mean the default account (localstack/aws/accounts.py).
func accountOf(key string) string {
	if len(key) == 12 && strings.Trim(key, "0123456789") == "" {
		return key
	}
	if len(key) < 20 || !strings.HasPrefix(key, "LSIA") && !strings.HasPrefix(key, "LKIA") {
		return defaultAccount
	}
	const base, alphabet = 549755813888, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	half, err := base32.StdEncoding.DecodeString(key[4:12])
	last := strings.IndexByte(alphabet, key[12])
	if err != nil || last < 0 {
		return defaultAccount
	}
	number := 2 * (int64(binary.BigEndian.Uint64(append(make([]byte, 3), half...))) - base)
	if last >= len(alphabet)/2 {
		number++
	}
	if number < 0 || number > 999_999_999_999 {
		return defaultAccount
	}
	return fmt.Sprintf("%012d", number)
}

// rpc returns the service and the operation that a JSON or CBOR request names:
// "X-Amz-Target: DynamoDB_20120810.ListTables", or the path
// /service/GraniteServiceVersion20100801/operation/ListMetrics.
func rpc(r *http.Request) (service, operation string) {
	if r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor" {
		if parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/"); len(parts) >= 4 {
			service, operation = parts[len(parts)-3], parts[len(parts)-1]
		}
	} else if target := r.Header.Get("X-Amz-Target"); target != "" {
		dot := strings.LastIndexByte(target, '.')
		service, operation = target[:max(dot, 0)], target[dot+1:]
	}
	service, _, _ = strings.Cut(service, "_")
	return strings.ToLower(service), operation
}

// maxForm is the largest form in which an action is looked for, in bytes.
const maxForm = 1 << 20

// form returns the parameters of a query request: its URL's, and those of a form in its body, which can be read again
// afterwards. It has none if there is no action among them.
func form(r *http.Request) url.Values {
	values := r.URL.Query()
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method == http.MethodPost && r.URL.Path == "/" && kind == "application/x-www-form-urlencoded" && r.Body != nil {
		content, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
		rest := io.MultiReader(bytes.NewReader(content), r.Body)
		r.Body = struct {
			io.Reader
			io.Closer
		}{rest, r.Body}
		if body, bad := url.ParseQuery(string(content)); err == nil && bad == nil {
			values = body
		}
	}
	if values.Get("Action") == "" {
		return nil
	}
	return values
}

// queryServices are the services of the versions that forms name.
var queryServices = map[string]string{
	"2011-06-15": "sts", "2010-05-08": "iam", "2016-11-15": "ec2", "2010-03-31": "sns", "2012-11-05": "sqs",
	"2010-05-15": "cloudformation", "2014-10-31": "rds", "2010-12-01": "ses",
}

// serviceOfHost returns the service that a host names, as in sqs.eu-west-1.localhost.localstack.cloud; "" if it names
// none, or a bucket.
func serviceOfHost(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	for _, domain := range []string{".localhost.localstack.cloud", ".amazonaws.com"} {
		if name, ok := strings.CutSuffix(host, domain); ok {
			if i := strings.LastIndex("."+name, ".s3"); i >= 0 {
				return "s3"
			}
			name, _, _ = strings.Cut(name, ".")
			return name
		}
	}
	return ""
}
