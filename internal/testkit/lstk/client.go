// Package lstk speaks as LocalStack's lstk does at `lstk login` (https://github.com/localstack/lstk, internal/auth
// and internal/api), on a real terminal, and as the browser beside it. It is for tests.
package lstk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"localstack-entrypoint/internal/credential"
)

// client is lstk with its terminal.
type client struct {
	terminal    *os.File
	api, webApp string // without a slash at the end
	http        *http.Client
}

// logIn does what `lstk login` does, and returns the token that lstk stores. The terminal never shows it.
func (c *client) logIn(ctx context.Context) (credential.Secret, error) {
	var begun struct {
		ID            string `json:"id"`
		Code          string `json:"code"`
		ExchangeToken string `json:"exchange_token"`
	}
	asked := map[string]string{"actor": "lstk", "version": "1.4.0"}
	if err := c.ask(ctx, http.MethodPost, "/v1/auth/request", "", asked, &begun); err != nil {
		return credential.Secret{}, fmt.Errorf("failed to create auth request: %w", err)
	}
	fmt.Fprintf(c.terminal, "Visit: %s/auth/request/%s?code=%s\n", c.webApp, begun.ID, begun.Code)
	fmt.Fprintf(c.terminal, "Verification code: %s\n", begun.Code)
	fmt.Fprintln(c.terminal, "Waiting for authentication (press any key when complete)")
	if _, err := c.terminal.Read(make([]byte, 1)); err != nil {
		return credential.Secret{}, err
	}
	path := "/v1/auth/request/" + begun.ID
	fmt.Fprintln(c.terminal, "Checking if auth request is confirmed...")
	var status struct {
		Confirmed bool `json:"confirmed"`
	}
	// Neither is escaped.
	err := c.ask(ctx, http.MethodGet, path+"?exchange_token="+begun.ExchangeToken, "", nil, &status)
	if err != nil {
		return credential.Secret{}, fmt.Errorf("failed to check auth request: %w", err)
	}
	if !status.Confirmed {
		return credential.Secret{},
			errors.New("auth request not confirmed - please complete the authentication in your browser")
	}
	return c.fetch(ctx, path, begun.ExchangeToken)
}

// fetch gets the token of a confirmed login.
func (c *client) fetch(ctx context.Context, path, exchangeToken string) (credential.Secret, error) {
	fmt.Fprintln(c.terminal, "Auth request confirmed, exchanging for token...")
	var bearer struct {
		AuthToken string `json:"auth_token"`
	}
	body := map[string]string{"exchange_token": exchangeToken}
	if err := c.ask(ctx, http.MethodPost, path+"/exchange", "", body, &bearer); err != nil {
		return credential.Secret{}, fmt.Errorf("failed to exchange auth request: %w", err)
	}
	fmt.Fprintln(c.terminal, "Fetching license token...")
	var license struct {
		Token string `json:"token"`
	}
	if err := c.ask(ctx, http.MethodGet, "/v1/license/credentials", bearer.AuthToken, nil, &license); err != nil {
		return credential.Secret{}, fmt.Errorf("failed to get license token: %w", err)
	}
	fmt.Fprintln(c.terminal, "Login successful.")
	return credential.NewSecret(license.Token), nil
}

// ask sends a request with this header Authorization, and reads the JSON of the answer.
func (c *client) ask(ctx context.Context, method, path, authorization string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.api+path, content)
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization) // as it is
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	created := response.StatusCode == http.StatusCreated && path == "/v1/auth/request"
	if response.StatusCode != http.StatusOK && !created {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
