package activate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/license"
)

// maxAnswer bounds what is read of an answer; documents have about 1 KiB.
const maxAnswer = 1 << 20

// client speaks the licensing protocol to one server. It follows no redirect:
// a license server sends none, and a token must not be led elsewhere.
type client struct {
	base      *url.URL
	transport http.RoundTripper
	// timeout bounds one request, connection included.
	timeout time.Duration
}

// answer is the server's word: a document, and its clock (zero when not told).
type answer struct {
	document license.Document
	date     time.Time
}

// post sends request to base/path. The error is a [fault.Error] with the
// server's URL; errVerdict in its chain tells a refusal from a server that was
// not reached.
func (c client) post(ctx context.Context, path string, request license.Request) (answer, error) {
	began := time.Now()
	got, err := c.exchange(ctx, path, request)
	if err == nil {
		return got, nil
	}
	facts := fault.Facts{Server: c.base.String()}
	failed := connect.Fault(c.base.Hostname(), err)
	if failed.ID == fault.NetworkTimeout {
		facts.Waited = time.Since(began)
	}
	return answer{}, failed.With(facts)
}

func (c client) exchange(ctx context.Context, path string, request license.Request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return answer{}, err
	}
	message, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(path).String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	message.Header.Set("Content-Type", "application/json")
	message.Header.Set("Accept", "application/json")
	message.Header.Set("User-Agent", "localstack-entrypoint")
	response, err := c.transport.RoundTrip(message)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	// After an upgrade (101) the body is the bare connection, which knows of no time-out.
	defer context.AfterFunc(ctx, func() { response.Body.Close() })()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return answer{}, cmp.Or(ctx.Err(), err)
	}
	document, failed := judge(response, content, request.Credentials.Token)
	if failed != nil {
		return answer{}, failed
	}
	date, _ := http.ParseTime(response.Header.Get("Date"))
	return answer{document, date}, nil
}
