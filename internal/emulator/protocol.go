package emulator

import (
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// protocol is how a service of AWS writes requests and answers (https://smithy.io/2.0/aws/protocols).
type protocol int

const (
	restJSON protocol = iota
	restXML
	jsonRPC
	cborRPC
	query
	queryEC2
)

// protocolOf tells the protocol of a request, so that its client can read the answer.
func protocolOf(service string, r *http.Request) protocol {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		return cborRPC
	case r.Header.Get("X-Amz-Target") != "" || strings.HasPrefix(kind, "application/x-amz-json"):
		return jsonRPC
	case slices.Contains([]string{"s3", "s3control", "cloudfront", "route53"}, service):
		return restXML
	case service == "ec2":
		return queryEC2
	case kind == "application/x-www-form-urlencoded" || r.URL.Query().Has("Action"):
		return query
	}
	return restJSON
}

// errorXML has the forms of an error in XML. What an answer does not have stays nil.
type errorXML struct {
	XMLName   xml.Name
	Error     *errorDetail
	Errors    *[]errorDetail `xml:"Errors>Error"`
	RequestID string         `xml:"RequestId,omitempty"`
	EC2ID     string         `xml:"RequestID,omitempty"`
}

type errorDetail struct {
	Type    string `xml:",omitempty"`
	Code    string
	Message string
}

// refuse answers with an error as the protocol's clients read it.
func (p protocol) refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	id := uuid.NewString()
	w.Header().Set("X-Amzn-Requestid", id)
	kind, body := "text/xml", []byte(nil)
	switch p {
	case cborRPC:
		kind = "application/cbor"
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		body = cborStrings("__type", code, "message", message)
	case jsonRPC, restJSON:
		kind = "application/json"
		if asked := r.Header.Get("Content-Type"); strings.HasPrefix(asked, "application/x-amz-json-1.") {
			kind = asked
		}
		w.Header().Set("X-Amzn-Errortype", code)
		body, _ = json.Marshal(map[string]string{"__type": code, "message": message}) // strings have a form in JSON
	case queryEC2:
		answer := errorXML{Errors: &[]errorDetail{{Code: code, Message: message}}, EC2ID: id}
		answer.XMLName.Local = "Response"
		body = marshalXML(answer)
	default:
		answer := errorXML{Error: &errorDetail{Type: "Receiver", Code: code, Message: message}, RequestID: id}
		answer.XMLName.Local = "ErrorResponse"
		body = marshalXML(answer)
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

// marshalXML returns a document. It is for values that have a form in XML.
func marshalXML(value any) []byte {
	body, _ := xml.Marshal(value)
	return append([]byte(xml.Header), body...)
}

// cborStrings returns a map of strings in CBOR (RFC 8949): its names and values, in turns.
func cborStrings(texts ...string) []byte {
	out := []byte{0xa0 | byte(len(texts)/2)}
	for _, text := range texts {
		out = append(out, 0x79) // a text whose length follows in two bytes
		out = binary.BigEndian.AppendUint16(out, uint16(len(text)))
		out = append(out, text...)
	}
	return out
}
