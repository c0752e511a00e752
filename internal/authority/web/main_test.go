package web_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/licensing"
	"localstack-entrypoint/internal/authority/server"
	"localstack-entrypoint/internal/authority/web"
)

func TestMain(m *testing.M) {
	web.WholeServer = func(store *authority.Store, now func() time.Time, log io.Writer) http.Handler {
		return server.New(store, server.Options{
			Licensing: licensing.Options{Now: now}, SignUp: true, AccessLog: log,
		})
	}
	m.Run()
	_ = web.RemoveWorld()
}
