package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"localstack-entrypoint/internal/authority"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/file"
)

// provideToken creates a developer token and writes it to path, readable only by its
// owner. It keeps a valid token that is there from an earlier start.
func provideToken(ctx context.Context, store *authority.Store, path string) error {
	dir, name := filepath.Split(filepath.Clean(path))
	if dir == "" {
		dir = "."
	}
	content, err := file.ReadOwn(dir, name)
	switch {
	case err == nil:
		if known, err := store.Knows(ctx, credential.NewSecret(strings.TrimSpace(string(content)))); known || err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	_, token, err := store.CreateToken(ctx, authority.NewToken{Kind: authority.Developer})
	if err != nil {
		return err
	}
	return file.WriteOwn(dir, name, []byte(token.Reveal()), 0o600)
}
