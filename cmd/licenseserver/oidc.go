package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"localstack-entrypoint/internal/authority/oidc"
	"localstack-entrypoint/internal/authority/origin"
	"localstack-entrypoint/internal/authority/web"
	"localstack-entrypoint/internal/credential"
	"localstack-entrypoint/internal/file"
)

// oidcFlags say with which OIDC provider members can log in.
type oidcFlags struct {
	settings   oidc.Settings
	secretFile string
}

func (o *oidcFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&o.settings.Issuer, "oidc-issuer", "",
		"`URL` of an OIDC provider with which members can log in, too, as the provider writes it")
	flags.StringVar(&o.settings.ClientID, "oidc-client-id", "", "`ID` that the OIDC provider has given this server")
	flags.StringVar(&o.secretFile, "oidc-client-secret-file", "",
		"`file` with the secret that the OIDC provider has given this server (default: a public client, without one)")
	flags.StringVar(&o.settings.Name, "oidc-name", "",
		"`name` of the OIDC provider on the page of the login (default: the host of --oidc-issuer)")
}

// check reads the secret, and returns all that is wrong with the flags. The provider leads browsers back to the
// server's URL, which it must know.
func (o *oidcFlags) check(listen string, at origin.Settings) error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if o.settings.Issuer == "" {
		for _, flag := range [][2]string{
			{"client-id", o.settings.ClientID}, {"client-secret-file", o.secretFile}, {"name", o.settings.Name},
		} {
			if flag[1] != "" {
				add("--oidc-%s needs --oidc-issuer", flag[0])
			}
		}
		return errors.Join(problems...)
	}
	if err := oidc.CheckIssuer(o.settings.Issuer); err != nil {
		add("--oidc-issuer is %q: %w", o.settings.Issuer, err)
	}
	if o.settings.ClientID == "" {
		add("--oidc-client-id is missing: the OIDC provider gives it to a client that you add there")
	}
	if err := oidc.CheckName(o.settings.Name); err != nil {
		add("--oidc-name is %q: %w", o.settings.Name, err)
	}
	if err := o.readSecret(); err != nil {
		add("--oidc-client-secret-file is %q: %w", o.secretFile, err)
	}
	if at.Public == nil && !isOnThisMachine(listen) {
		add("--public-url is missing: the OIDC provider leads browsers back to it")
	}
	return errors.Join(problems...)
}

func (o *oidcFlags) readSecret() error {
	if o.secretFile == "" {
		return nil
	}
	content, err := file.Read(o.secretFile)
	if err != nil {
		return fmt.Errorf("cannot read it: %w", err)
	}
	text := strings.TrimSpace(string(content))
	switch {
	case text == "":
		return errors.New("it is empty")
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }):
		return errors.New("it has more than one line, or a character that no secret has")
	}
	o.settings.Secret = credential.NewSecret(text)
	return nil
}

// provider is nil without the flags.
func (o *oidcFlags) provider() *oidc.Provider {
	if o.settings.Issuer == "" {
		return nil
	}
	return oidc.New(o.settings, time.Now)
}

// callback is where the provider leads browsers back to: what the provider must be told. base is the URL of the server
// unless it has a public one.
func callback(base string, at origin.Settings) string {
	if at.Public != nil {
		base = strings.TrimRight(at.Public.String(), "/")
	}
	return base + web.CallbackPath
}

// isOnThisMachine reports whether browsers on this machine see the server at the address that it listens on.
func isOnThisMachine(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	return err == nil && origin.IsLoopback(host)
}
