package emulator

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestRequestsAreRecognizedAsInLocalStack(t *testing.T) {
	const signed = "AWS4-HMAC-SHA256 Credential=%, SignedHeaders=host, Signature=0"
	tests := []struct {
		method, path, credential, header, body string
		want                                   call
	}{
		{"GET", "/", "test/20261127/eu-west-1/s3/aws4_request", "", "", call{service: "s3", region: "eu-west-1"}},
		{"GET", "/", "test/20261127/us-gov-west-1/s3/aws4_request", "", "", call{service: "s3", region: "us-gov-west-1"}},
		{"GET", "/", "test/20261127/US/s3/aws4_request", "", "", call{service: "s3"}},
		{"GET", "/", "test/20261127/auto/s3/aws4_request", "", "", call{service: "s3"}},
		{"GET", "/", "test/20261127/eu-west-10/s3/aws4_request", "", "", call{service: "s3"}},
		{"GET", "/", "test/20261127/eu--1/s3/aws4_request", "", "", call{service: "s3"}},
		{"GET", "/bucket/key", "", "", "", call{service: "s3"}},
		{"GET", "/b/k?X-Amz-Credential=123456789012%2F20261127%2Feu-west-1%2Fs3%2Faws4_request", "", "", "",
			call{service: "s3", region: "eu-west-1", account: "123456789012"}},
		{"GET", "/b/k?AWSAccessKeyId=123456789012&Signature=0", "", "", "", call{service: "s3", account: "123456789012"}},
		{"GET", "/v20180820/jobs", "test/20261127/us-east-1/s3/aws4_request", "", "", call{service: "s3control"}},
		{"POST", "/", "test/20261127/us-east-1/sts/aws4_request", form1, "Action=GetCallerIdentity&Version=2011-06-15",
			call{service: "sts", operation: "GetCallerIdentity", protocol: query}},
		{"POST", "/", "", form1, "Action=GetCallerIdentity&Version=2011-06-15",
			call{service: "sts", operation: "GetCallerIdentity", protocol: query}},
		{"GET", "/?Action=ListUsers&Version=2010-05-08", "", "", "",
			call{service: "iam", operation: "ListUsers", protocol: query}},
		{"POST", "/", "test/20261127/us-east-1/ec2/aws4_request", form1, "Action=DescribeInstances",
			call{service: "ec2", operation: "DescribeInstances", protocol: queryEC2}},
		{"POST", "/", "", "X-Amz-Target: DynamoDB_20120810.ListTables", "{}",
			call{service: "dynamodb", operation: "ListTables", protocol: jsonRPC}},
		{"POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics",
			"test/20261127/us-east-1/monitoring/aws4_request", "Smithy-Protocol: rpc-v2-cbor", "",
			call{service: "cloudwatch", operation: "ListMetrics", protocol: cborRPC}},
		{"GET", "/2015-03-31/functions/", "test/20261127/us-east-1/lambda/aws4_request", "", "", call{service: "lambda"}},
		{"GET", "/2013-04-01/hostedzone", "test/20261127/us-east-1/route53/aws4_request", "", "",
			call{service: "route53", protocol: restXML}},
		{"POST", "/", "", "Host: sqs.eu-west-1.localhost.localstack.cloud:4566", "", call{service: "sqs"}},
		{"GET", "/key", "", "Host: bucket.s3.eu-west-1.localhost.localstack.cloud:4566", "", call{service: "s3"}},
		{"GET", "/", "LSIAQAAAAAAVNCBMPNSG/20261127/us-east-1/sts/aws4_request", "", "",
			call{service: "sts", account: "000000000042"}},
		{"GET", "/", "AKIAQAAAAAAVNCBMPNSG/20261127/us-east-1/sts/aws4_request", "", "", call{service: "sts"}},
		{"GET", "/", "test/20261127/us-east-1/a\x07b/aws4_request", "", "", call{service: "?"}},
	}
	for _, test := range tests {
		r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
		if test.credential != "" {
			r.Header.Set("Authorization", strings.Replace(signed, "%", test.credential, 1))
		}
		name, value, _ := strings.Cut(test.header, ": ")
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
		want := test.want
		if want.operation == "" {
			want.operation = "?"
		}
		if want.region == "" {
			want.region = defaultRegion
		}
		if want.account == "" {
			want.account = defaultAccount
		}
		if want.service == "s3" || want.service == "s3control" {
			want.protocol = restXML
		}
		if got := recognize(r); got != want {
			t.Errorf("%s %s %s: got %+v, want %+v", test.method, test.path, test.header, got, want)
		}
		if body, err := io.ReadAll(r.Body); err != nil || string(body) != test.body {
			t.Errorf("%s: the body is %q afterwards, %v", test.path, body, err)
		}
	}
}

const form1 = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"

func FuzzRecognize(f *testing.F) {
	f.Add("/?Action=A", "AWS4-HMAC-SHA256 Credential=LSIAQAAAAAAVNCBMPNSG/d/r/sts/aws4_request", "A.B", "", "Action=A")
	f.Add("/service/a/operation/b", "AWS a:b", "", "rpc-v2-cbor", "%")
	f.Fuzz(func(t *testing.T, path, authorization, target, smithy, body string) {
		r := &http.Request{Method: "POST", Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		var err error
		if r.URL, err = url.Parse("/"); err != nil {
			t.Fatal(err)
		}
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
		r.Host = target
		for name, value := range map[string]string{
			"Authorization": authorization, "X-Amz-Target": target, "Smithy-Protocol": smithy,
			"Content-Type": "application/x-www-form-urlencoded",
		} {
			r.Header.Set(name, value)
		}
		c := recognize(r)
		if c.service == "" || c.operation == "" || len(c.account) != 12 || strings.Trim(c.account, "0123456789") != "" {
			t.Errorf("%+v", c)
		}
		if rest, err := io.ReadAll(r.Body); err != nil || string(rest) != body {
			t.Errorf("the body is %q afterwards, %v", rest, err)
		}
		answer := httptest.NewRecorder()
		c.protocol.refuse(answer, r, http.StatusNotImplemented, "Code", "text "+c.service)
		if answer.Code != http.StatusNotImplemented || answer.Body.Len() == 0 {
			t.Errorf("answer %+v", answer)
		}
	})
}
