package licensing_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"time"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/authority/server"
)

// An authority inside a test: its API_ENDPOINT is server.URL + "/v1".
func Example() {
	dir, err := os.MkdirTemp("", "authority")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	store, err := authority.Open(ctx, authority.Source{Dir: dir, Create: true})
	if err != nil {
		panic(err)
	}
	defer store.Close()
	server := httptest.NewServer(server.New(store, server.Options{}))
	defer server.Close()

	token, secret, err := store.CreateToken(ctx, authority.NewToken{Kind: authority.Developer})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(secret.Reveal()), token.License.Plan, token.License.Status)

	if err := store.Expire(ctx, token.ID, time.Now()); err != nil {
		panic(err)
	}
	tokens, err := store.Tokens(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Println(tokens[0].License.Status)
	// Output:
	// 39 pro ACTIVE
	// EXPIRED
}
