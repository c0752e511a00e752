package s3

import (
	"encoding/xml"
	"net/http"
	"strings"
)

// grants are those of a canned access list to groups, besides the owner's
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl).
var grants = map[string][][2]string{
	"": nil, "private": nil, "bucket-owner-read": nil, "bucket-owner-full-control": nil, "aws-exec-read": nil,
	"public-read":        {{"global/AllUsers", "READ"}},
	"public-read-write":  {{"global/AllUsers", "READ"}, {"global/AllUsers", "WRITE"}},
	"authenticated-read": {{"global/AuthenticatedUsers", "READ"}},
	"log-delivery-write": {{"s3/LogDelivery", "WRITE"}, {"s3/LogDelivery", "READ_ACP"}},
}

// answerACL sends an access list: a canned one, or a document as it was sent.
func (q *request) answerACL(acl string) error {
	if strings.HasPrefix(acl, "<") {
		return q.answerXML(http.StatusOK, []byte(acl))
	}
	const grantee = `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="`
	var out strings.Builder
	out.WriteString("<Owner><ID>" + ownerID + "</ID></Owner><AccessControlList>" + grantee + `CanonicalUser"><ID>` +
		ownerID + "</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>")
	for _, grant := range grants[acl] {
		out.WriteString(grantee + `Group"><URI>http://acs.amazonaws.com/groups/` + grant[0] + "</URI></Grantee><Permission>" +
			grant[1] + "</Permission></Grant>")
	}
	out.WriteString("</AccessControlList>")
	return q.answerXML(http.StatusOK, []byte(document("AccessControlPolicy", out.String())))
}

// newACL reads an access list: a canned one in the header, or a document.
func (q *request) newACL() (string, error) {
	canned := q.Header.Get("X-Amz-Acl")
	if _, ok := grants[canned]; !ok {
		return "", errorOf("InvalidArgument").with("ArgumentName", "x-amz-acl").with("ArgumentValue", canned)
	}
	text, err := q.document()
	if err != nil || canned != "" {
		return canned, err
	}
	if len(text) == 0 {
		return "", q.grantsInHeader()
	}
	var list struct {
		XMLName xml.Name `xml:"AccessControlPolicy"`
	}
	if xml.Unmarshal(text, &list) != nil {
		return "", errorOf("MalformedACLError")
	}
	return string(text), nil
}

// grantsInHeader returns an error if a request has no access list at all. Grants in headers are not kept.
func (q *request) grantsInHeader() error {
	for name := range q.Header {
		if strings.HasPrefix(name, "X-Amz-Grant-") {
			return nil
		}
	}
	return errorOf("MissingSecurityHeader").with("MissingHeaderName", "x-amz-acl")
}

func getBucketACL(q *request) error {
	b, err := q.found()
	if err != nil {
		return err
	}
	return q.answerACL(string(b.Settings["acl"]))
}

func putBucketACL(q *request) error {
	acl, err := q.newACL()
	if err != nil {
		return err
	}
	return q.change(http.StatusOK, func(b *bucket) {
		b.Settings["acl"] = []byte(acl)
	})
}

func getObjectACL(q *request) error {
	r, err := q.look(q.bucket, q.key, q.query.Get("versionId"), false)
	if err != nil {
		return err
	}
	r.version.showVersion(q, r.bucket)
	return q.answerACL(r.version.ACL)
}

func putObjectACL(q *request) error {
	acl, err := q.newACL()
	if err != nil {
		return err
	}
	return q.changeObject(http.StatusOK, func(v *version) { v.ACL = acl })
}
