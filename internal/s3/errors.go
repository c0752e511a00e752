package s3

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
)

// Error is what a client is told.
type Error struct {
	Code    string
	Status  int
	Message string

	fields []field     // what an error has besides, such as the key
	header http.Header // of the answer
}

type field struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// with returns the error with another fact.
func (e *Error) with(name, value string) *Error {
	e.fields = append(e.fields, field{xml.Name{Local: name}, value})
	return e
}

// saying returns the error with another message.
func (e *Error) saying(message string) *Error {
	e.Message = message
	return e
}

// answering returns the error with another header.
func (e *Error) answering(name, value string) *Error {
	if e.header == nil {
		e.header = http.Header{}
	}
	e.header.Set(name, value)
	return e
}

// errorOf makes the error of a code.
func errorOf(code string) *Error {
	row, ok := errorTable[code]
	if !ok {
		row = errorTable["InternalError"]
	}
	return &Error{Code: code, Status: row.status, Message: row.message}
}

type errorRow struct {
	status  int
	message string
}

const malformed = "The XML you provided was not well-formed or did not validate against our published schema"

// errorTable has the messages of AWS, as LocalStack sends them
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
var errorTable = map[string]errorRow{
	"BadDigest":  {400, "The Content-MD5 or checksum value that you specified did not match what the server received."},
	"BadRequest": {400, "Bad Request"},
	"BucketAlreadyExists": {409, "The requested bucket name is not available. The bucket namespace is shared by all " +
		"users of the system. Please select a different name and try again."},
	"BucketAlreadyOwnedByYou": {409, "Your previous request to create the named bucket succeeded and you already own it."},
	"BucketNotEmpty":          {409, "The bucket you tried to delete is not empty"},
	"EntityTooLarge":          {400, "Your proposed upload exceeds the maximum allowed size"},
	"EntityTooSmall":          {400, "Your proposed upload is smaller than the minimum allowed size"},
	"IllegalLocationConstraintException": {400, "The unspecified location constraint is incompatible for the region " +
		"specific endpoint this request was sent to."},
	"IncompleteBody":            {400, "The request body terminated unexpectedly"},
	"InternalError":             {500, "We encountered an internal error. Please try again."},
	"InvalidArgument":           {400, "Invalid Argument"},
	"InvalidBucketName":         {400, "The specified bucket is not valid."},
	"InvalidDigest":             {400, "The Content-MD5 you specified was invalid."},
	"InvalidLocationConstraint": {400, "The specified location-constraint is not valid"},
	"InvalidPart": {400, "One or more of the specified parts could not be found.  The part may not have been uploaded, " +
		"or the specified entity tag may not match the part's entity tag."},
	"InvalidPartNumber":     {416, "The requested partnumber is not satisfiable"},
	"InvalidPartOrder":      {400, "The list of parts was not in ascending order. Parts must be ordered by part number."},
	"InvalidRange":          {416, "The requested range is not satisfiable"},
	"InvalidRequest":        {400, "Invalid Request"},
	"InvalidTag":            {400, "The tag provided was not a valid tag."},
	"InvalidURI":            {400, "Couldn't parse the specified URI."},
	"KeyTooLongError":       {400, "Your key is too long"},
	"MalformedACLError":     {400, malformed},
	"MalformedPOSTRequest":  {400, "The body of your POST request is not well-formed multipart/form-data."},
	"MalformedPolicy":       {400, "Policies must be valid JSON and the first byte must be '{'"},
	"MalformedXML":          {400, malformed},
	"MethodNotAllowed":      {405, "The specified method is not allowed against this resource."},
	"MissingSecurityHeader": {400, "Your request was missing a required header"},
	"InvalidStorageClass":   {400, "The storage class you specified is not valid"},
	"NoSuchBucket":          {404, "The specified bucket does not exist"},
	"NoSuchKey":             {404, "The specified key does not exist."},
	"NoSuchUpload": {404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have " +
		"been aborted or completed."},
	"NoSuchVersion":             {404, "The specified version does not exist."},
	"NotImplemented":            {501, "A header or query you provided requested a function that is not implemented."},
	"NotModified":               {304, "Not Modified"},
	"PreconditionFailed":        {412, "At least one of the pre-conditions you specified did not hold"},
	"XAmzContentSHA256Mismatch": {400, "The provided 'x-amz-content-sha256' header does not match what was computed."},
}

type errorXML struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`
	Fields    []field
}

// fail answers with an error. It returns the error if it is ours.
func (q *request) fail(id string, err error) error {
	var told *Error
	ours := err
	switch {
	case errors.As(err, &told):
		ours = nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		told, ours = errorOf("IncompleteBody"), nil
	default:
		told = errorOf("InternalError")
	}
	for name, values := range told.header {
		q.w.Header()[name] = values
	}
	if told.Status == http.StatusNotModified {
		q.w.WriteHeader(told.Status)
		return ours
	}
	_ = q.answer(told.Status, errorXML{
		Code: told.Code, Message: told.Message, RequestID: id, HostID: hostID, Fields: told.fields,
	})
	return ours
}
