package emulator

import (
	"encoding/xml"
	"fmt"
	"net/http"

	"github.com/google/uuid"
)

// serviceStates is the list of services in the health report.
func serviceStates() map[string]string { return map[string]string{"s3": "running", "sts": "running"} }

// serveAWS answers a request to a service of AWS.
func (e *Emulator) serveAWS(w http.ResponseWriter, r *http.Request) {
	c := recognize(r)
	if c.service == "s3" {
		e.serveS3(w, r, c)
		return
	}
	if c.service == "sts" && c.operation == "GetCallerIdentity" {
		answerIdentity(w, c.account)
		e.requests.Info("AWS sts.GetCallerIdentity => 200")
		return
	}
	// As LocalStack answers for what it does not have.
	const code = "InternalFailure"
	message := fmt.Sprintf("Service '%s' is not emulated: this emulator has S3, and GetCallerIdentity of STS", c.service)
	if c.service == "sts" {
		message = fmt.Sprintf("API action '%s' of service 'sts' is not emulated", c.operation)
	}
	c.protocol.refuse(w, r, http.StatusNotImplemented, code, message)
	e.requests.Infof("AWS %s.%s => %d (%s)", c.service, c.operation, http.StatusNotImplemented, code)
}

// callerIdentity is the answer to GetCallerIdentity.
type callerIdentity struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

func answerIdentity(w http.ResponseWriter, account string) {
	id := uuid.NewString()
	w.Header().Set("X-Amzn-Requestid", id)
	w.Header().Set("Content-Type", "text/xml")
	arn := "arn:aws:iam::" + account + ":root"
	_, _ = w.Write(marshalXML(callerIdentity{UserID: account, Account: account, ARN: arn, RequestID: id}))
}
