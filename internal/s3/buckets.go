package s3

import (
	"encoding/json"
	"encoding/xml"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

type bucketXML struct {
	Name         string
	CreationDate timestamp
	BucketRegion string
	BucketArn    string
}

func listBuckets(q *request) error {
	answer := struct {
		XMLName xml.Name
		Owner   owner
		Buckets []bucketXML `xml:"Buckets>Bucket"`
		Token   string      `xml:"ContinuationToken,omitempty"`
		Prefix  string      `xml:",omitempty"`
	}{XMLName: root("ListAllMyBucketsResult"), Owner: owner{ownerID}, Prefix: q.query.Get("prefix")}
	limit, err := q.number("max-buckets", 10_000, 10_000)
	if err != nil {
		return err
	}
	after := q.query.Get("continuation-token")
	err = q.view(func(t *tx) error {
		return t.Bucket(bucketTable).ForEach(func(key, value []byte) error {
			name, b := string(key), bucket{}
			if err := json.Unmarshal(value, &b); err != nil {
				return err
			}
			switch {
			case b.Account != q.caller.Account || !strings.HasPrefix(name, answer.Prefix) || name <= after:
			case len(answer.Buckets) < limit:
				answer.Buckets = append(answer.Buckets, bucketXML{name, timestamp(b.Created), b.Region, bucketARN(name)})
			case answer.Token == "" && limit > 0:
				answer.Token = answer.Buckets[limit-1].Name
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return q.answer(http.StatusOK, answer)
}

// isBucketName reports whether a name follows the rules
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
func isBucketName(name string) bool {
	matched, _ := regexp.MatchString(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`, name)
	return matched && net.ParseIP(name) == nil && !strings.Contains(name, "..")
}

func createBucket(q *request) error {
	if !isBucketName(q.bucket) {
		return errorOf("InvalidBucketName").with("BucketName", q.bucket)
	}
	region, err := q.newRegion()
	if err != nil {
		return err
	}
	err = q.update(func(t *tx) error {
		old := bucket{}
		ok, err := t.get(bucketTable, []byte(q.bucket), &old)
		switch {
		case err != nil:
			return err
		case ok && old.Account != q.caller.Account:
			return errorOf("BucketAlreadyExists").with("BucketName", q.bucket)
		case ok && (old.Region != defaultRegion || q.caller.Region != defaultRegion):
			return errorOf("BucketAlreadyOwnedByYou").with("BucketName", q.bucket)
		case ok:
			return nil
		}
		b := &bucket{Name: q.bucket, Account: q.caller.Account, Region: region, Created: time.Now().UTC()}
		b.Settings = map[string][]byte{"acl": []byte(q.Header.Get("X-Amz-Acl"))}
		return t.putBucket(b)
	})
	if err != nil {
		return err
	}
	location := "/" + q.bucket
	if region != defaultRegion {
		location = "http://" + q.bucket + ".s3.localhost.localstack.cloud:4566/"
	}
	q.w.Header().Set("Location", location)
	q.w.Header().Set("X-Amz-Bucket-Arn", bucketARN(q.bucket))
	return q.done(http.StatusOK)
}

// defaultRegion is where creating one's own bucket again is no error, and whose name buckets do not show.
const defaultRegion = "us-east-1"

// newRegion returns the region of a bucket that is to be created.
func (q *request) newRegion() (string, error) {
	content, err := q.document()
	if err != nil {
		return "", err
	}
	var wanted struct{ LocationConstraint string }
	if len(content) > 0 && xml.Unmarshal(content, &wanted) != nil {
		return "", errorOf("MalformedXML")
	}
	constraint := wanted.LocationConstraint
	switch {
	case constraint == "" && q.caller.Region != defaultRegion:
		return "", errorOf("IllegalLocationConstraintException")
	case constraint == "":
		return defaultRegion, nil
	case constraint == defaultRegion:
		return "", errorOf("InvalidLocationConstraint").with("LocationConstraint", constraint)
	case q.caller.Region != defaultRegion && q.caller.Region != constraint:
		return "", errorOf("IllegalLocationConstraintException").saying("The " + constraint +
			" location constraint is incompatible for the region specific endpoint this request was sent to.")
	case constraint == "EU":
		return "eu-west-1", nil
	}
	return constraint, nil
}

// found reads the bucket of a request.
func (q *request) found() (b *bucket, err error) {
	err = q.view(func(t *tx) error {
		b, err = t.bucket(q.bucket)
		return err
	})
	return b, err
}

func headBucket(q *request) error {
	b, err := q.found()
	if err != nil {
		return err
	}
	q.w.Header().Set("X-Amz-Bucket-Region", b.Region)
	q.w.Header().Set("X-Amz-Bucket-Arn", bucketARN(q.bucket))
	q.w.Header().Set("Content-Type", "application/xml")
	return q.done(http.StatusOK)
}

func deleteBucket(q *request) error {
	err := q.update(func(t *tx) error {
		b, err := t.bucket(q.bucket)
		if err != nil {
			return err
		}
		prefix := q.bucket + "\x00"
		if key, _ := t.Bucket(versionTable).Cursor().Seek([]byte(prefix)); strings.HasPrefix(string(key), prefix) {
			full := errorOf("BucketNotEmpty").with("BucketName", q.bucket)
			if b.Versioning != "" {
				full.Message += ". You must delete all versions in the bucket."
			}
			return full
		}
		for {
			key, _ := t.Bucket(uploadTable).Cursor().Seek([]byte(prefix))
			if !strings.HasPrefix(string(key), prefix) {
				return t.Bucket(bucketTable).Delete([]byte(q.bucket))
			}
			if err := t.removeUpload(key); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return err
	}
	return q.done(http.StatusNoContent)
}

func getLocation(q *request) error {
	b, err := q.found()
	if err != nil {
		return err
	}
	answer := struct {
		XMLName xml.Name
		Region  string `xml:",chardata"`
	}{XMLName: root("LocationConstraint")}
	if b.Region != defaultRegion {
		answer.Region = b.Region
	}
	return q.answer(http.StatusOK, answer)
}

type versioningXML struct {
	XMLName xml.Name
	Status  string `xml:",omitempty"`
}

func getVersioning(q *request) error {
	b, err := q.found()
	if err != nil {
		return err
	}
	return q.answer(http.StatusOK, versioningXML{root("VersioningConfiguration"), b.Versioning})
}

func putVersioning(q *request) error {
	var wanted versioningXML
	if err := q.read(&wanted); err != nil {
		return err
	}
	if wanted.Status != "Enabled" && wanted.Status != "Suspended" {
		return errorOf("MalformedXML")
	}
	return q.change(http.StatusOK, func(b *bucket) { b.Versioning = wanted.Status })
}

// change changes the record of a bucket, and answers.
func (q *request) change(status int, do func(*bucket)) error {
	err := q.update(func(t *tx) error {
		b, err := t.bucket(q.bucket)
		if err != nil {
			return err
		}
		do(b)
		return t.putBucket(b)
	})
	if err != nil {
		return err
	}
	return q.done(status)
}
