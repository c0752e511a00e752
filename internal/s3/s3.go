// Package s3 is the S3 of the reference emulator: buckets, objects and their versions, multipart uploads, and what is
// kept beside them. It answers as LocalStack does, and where LocalStack differs from it, as AWS
// (https://docs.aws.amazon.com/AmazonS3/latest/API). No signature is checked, and every caller may do everything.
package s3

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"
)

// Service is an S3. It is safe for concurrent use.
type Service struct {
	db *bolt.DB
	// mu is held for writing while the database is changed, so that what a reader has found is still there when it
	// pins it.
	mu   sync.RWMutex
	pins pins
}

// Caller is who sends a request, and to which region.
type Caller struct {
	Account string // 12 digits
	Region  string
}

// Bucket is a bucket as others list it.
type Bucket struct{ Name, Account, Region string }

// request is one request.
type request struct {
	*http.Request
	*Service
	w           http.ResponseWriter
	caller      Caller
	bucket, key string
	query       url.Values
}

// handler answers a request, or returns why it cannot: an *Error for the client, or another error, which is ours.
type handler func(*request) error

// Serve answers a request. The error is one of the emulator, such as a full disk, and not of the request. The client
// has its answer in either case.
func (s *Service) Serve(w http.ResponseWriter, r *http.Request, caller Caller) error {
	if r.ContentLength == 0 && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		// net/http says it only when a body is read. Without it, the next answer on this connection loses its header in
		// botocore: the AWS CLI then waits forever.
		w.WriteHeader(http.StatusContinue)
	}
	id := uuid.NewString()
	w.Header().Set("X-Amz-Request-Id", id)
	w.Header().Set("X-Amz-Id-2", hostID)
	q := &request{Request: r, Service: s, w: w, caller: caller, query: r.URL.Query()}
	q.address()
	err := q.route()
	if err == nil {
		return nil
	}
	return q.fail(id, err)
}

// hostID is what LocalStack sends as x-amz-id-2.
const hostID = "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234="

// address finds the bucket and the key: both in the path, or the bucket in the host.
func (q *request) address() {
	path := strings.TrimPrefix(q.URL.Path, "/")
	if bucket := bucketOfHost(q.Host); bucket != "" {
		q.bucket, q.key = bucket, path
		return
	}
	q.bucket, q.key, _ = strings.Cut(path, "/")
}

// bucketOfHost returns the bucket of a host such as bucket.s3.eu-west-1.localhost.localstack.cloud:4566.
func bucketOfHost(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	for _, domain := range []string{".localhost.localstack.cloud", ".amazonaws.com"} {
		name, ok := strings.CutSuffix(host, domain)
		if !ok {
			continue
		}
		i := max(strings.LastIndex(name, ".s3."), strings.LastIndex(name, ".s3-"))
		if strings.HasSuffix(name, ".s3") {
			i = len(name) - len(".s3")
		}
		if i > 0 && !strings.Contains(strings.TrimPrefix(name[i+len(".s3"):], "."), ".") {
			return name[:i]
		}
	}
	return ""
}

// route calls the handler of the request's method, path and subresource.
func (q *request) route() error {
	table := serviceRoutes
	switch {
	case q.key != "":
		table = objectRoutes
	case q.bucket != "":
		table = bucketRoutes
	}
	if err := checkKey(q.key); err != nil {
		return err
	}
	name := q.Method
	for _, sub := range subresources {
		if q.query.Has(sub) {
			name += " " + sub
			break
		}
	}
	if handle := table[name]; handle != nil {
		return handle(q)
	}
	if strings.Contains(name, " ") {
		if handle := settingsHandler(q, name); handle != nil {
			return handle(q)
		}
		return errorOf("NotImplemented")
	}
	return errorOf("MethodNotAllowed").with("Method", q.Method)
}

// checkKey returns why no object can have a key. One with a NUL would be found among the versions of another.
func checkKey(key string) error {
	switch {
	case !utf8.ValidString(key) || strings.ContainsRune(key, 0):
		return errorOf("InvalidURI")
	case len(key) > 1024:
		return errorOf("KeyTooLongError").with("MaxSizeAllowed", "1024").with("Size", strconv.Itoa(len(key)))
	}
	return nil
}

// subresources are the parameters that make a request one for something else than the object or the bucket.
var subresources = []string{
	"uploadId", "uploads", "delete", "versions", "versioning", "location", "tagging", "acl", "attributes",
	"policy", "policyStatus", "cors", "lifecycle", "website", "replication", "object-lock", "encryption",
	"publicAccessBlock", "ownershipControls", "notification", "logging", "requestPayment", "accelerate",
	"analytics", "inventory", "metrics", "intelligent-tiering", "retention", "legal-hold", "restore", "torrent",
	"select", "session",
}

var serviceRoutes = map[string]handler{"GET": listBuckets, "HEAD": listBuckets}

var bucketRoutes = map[string]handler{
	"PUT": createBucket, "HEAD": headBucket, "DELETE": deleteBucket, "GET": listObjects, "POST": postForm,
	"GET location": getLocation, "GET versioning": getVersioning, "PUT versioning": putVersioning,
	"GET versions": listVersions, "GET uploads": listUploads, "POST delete": deleteObjects,
	"GET acl": getBucketACL, "PUT acl": putBucketACL,
}

var objectRoutes = map[string]handler{
	"PUT": putObject, "GET": getObject, "HEAD": getObject, "DELETE": deleteObject,
	"GET tagging": getTags, "PUT tagging": putTags, "DELETE tagging": deleteTags,
	"GET acl": getObjectACL, "PUT acl": putObjectACL, "GET attributes": getAttributes,
	"POST uploads": createUpload, "PUT uploadId": putPart, "POST uploadId": completeUpload,
	"DELETE uploadId": abortUpload, "GET uploadId": listParts,
}
