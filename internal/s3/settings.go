package s3

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
)

// setting is a document that belongs to a bucket. It is kept as it was sent. Only the rules of "cors" have an effect.
type setting struct {
	// code and message say that there is none; initial is what a bucket has where it always has one.
	code, message string
	initial       string
}

// settings are the documents by subresource, as LocalStack answers for a new bucket.
var settings = map[string]setting{
	"tagging":     {code: "NoSuchTagSet", message: "The TagSet does not exist"},
	"policy":      {code: "NoSuchBucketPolicy", message: "The bucket policy does not exist"},
	"cors":        {code: "NoSuchCORSConfiguration", message: "The CORS configuration does not exist"},
	"lifecycle":   {code: "NoSuchLifecycleConfiguration", message: "The lifecycle configuration does not exist"},
	"replication": {code: "ReplicationConfigurationNotFoundError", message: "The replication configuration was not found"},
	"website": {
		code: "NoSuchWebsiteConfiguration", message: "The specified bucket does not have a website configuration",
	},
	"object-lock": {
		code: "ObjectLockConfigurationNotFoundError", message: "Object Lock configuration does not exist for this bucket",
	},
	"encryption": {
		code:    "ServerSideEncryptionConfigurationNotFoundError",
		message: "The server side encryption configuration was not found",
		initial: document("ServerSideEncryptionConfiguration", "<Rule><ApplyServerSideEncryptionByDefault>"+
			"<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>"+
			"<BucketKeyEnabled>false</BucketKeyEnabled></Rule>"),
	},
	"publicAccessBlock": {
		code:    "NoSuchPublicAccessBlockConfiguration",
		message: "The public access block configuration was not found",
		initial: document("PublicAccessBlockConfiguration", "<BlockPublicAcls>true</BlockPublicAcls>"+
			"<IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>"+
			"<RestrictPublicBuckets>true</RestrictPublicBuckets>"),
	},
	"ownershipControls": {
		code: "OwnershipControlsNotFoundError", message: "The bucket ownership controls were not found",
		initial: document("OwnershipControls", "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"),
	},
	"notification": {initial: document("NotificationConfiguration", "")},
	"logging":      {initial: document("BucketLoggingStatus", "")},
	"accelerate":   {initial: document("AccelerateConfiguration", "")},
	"requestPayment": {
		initial: document("RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"),
	},
}

func document(name, content string) string {
	return xml.Header + "<" + name + ` xmlns="` + namespace + `">` + content + "</" + name + ">"
}

// settingsHandler returns the handler of "METHOD subresource" of a bucket; nil if there is none.
func settingsHandler(q *request, name string) handler {
	method, sub, _ := strings.Cut(name, " ")
	s, ok := settings[sub]
	if !ok || q.key != "" || q.bucket == "" {
		return nil
	}
	switch method {
	case http.MethodGet:
		return func(q *request) error { return q.getSetting(sub, s) }
	case http.MethodPut:
		return func(q *request) error { return q.putSetting(sub) }
	case http.MethodDelete:
		return func(q *request) error {
			// An empty document stands for one that the bucket had at first and has no more.
			return q.change(http.StatusNoContent, func(b *bucket) {
				if delete(b.Settings, sub); sub != "encryption" {
					b.Settings[sub] = []byte{}
				}
			})
		}
	}
	return nil
}

func (q *request) getSetting(sub string, s setting) error {
	b, err := q.found()
	if err != nil {
		return err
	}
	text, known := b.Settings[sub]
	if !known {
		text = []byte(s.initial)
	}
	if len(text) == 0 {
		return (&Error{Code: s.code, Status: http.StatusNotFound, Message: s.message}).with("BucketName", q.bucket)
	}
	if sub == "policy" {
		q.w.Header().Set("Content-Type", "application/json")
		q.w.WriteHeader(http.StatusOK)
		_, _ = q.w.Write(text) // the client may have gone
		return nil
	}
	return q.answerXML(http.StatusOK, text)
}

func (q *request) putSetting(sub string) error {
	text, err := q.document()
	if err != nil {
		return err
	}
	status := http.StatusOK
	if sub == "policy" {
		if status = http.StatusNoContent; !json.Valid(text) || text[0] != '{' {
			return errorOf("MalformedPolicy")
		}
	} else {
		var any struct{ XMLName xml.Name }
		if xml.Unmarshal(text, &any) != nil {
			return errorOf("MalformedXML")
		}
		if sub == "tagging" {
			status = http.StatusNoContent
		}
	}
	return q.change(status, func(b *bucket) {
		b.Settings[sub] = text
	})
}
