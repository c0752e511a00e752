package container

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/file"
)

const (
	// docker is the check's name.
	docker = "docker"
	// pingTimeout bounds the question to Docker.
	pingTimeout = time.Second
)

// docker checks that the Docker socket, where there is one, can be used.
func (c Container) docker(ctx context.Context) fault.Check {
	socket := c.Root.DockerSocket()
	if c.DockerHost != "" {
		path, found := strings.CutPrefix(c.DockerHost, "unix://")
		if !found {
			return fault.Skip(docker, "DOCKER_HOST is not a unix:// address, and is not checked")
		}
		socket = path
	}
	info, err := os.Stat(socket)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Skip(docker, socket+" is not mounted; only Lambda, ECS and other services that start containers need it")
	case err != nil:
		return dockerWarning(err, "cannot access %s: %s", socket, file.Cause(err))
	case info.IsDir():
		// What Docker makes of a bind mount whose source is not there.
		return dockerWarning(nil, "%s is a directory: the host had no socket there when the container was created", socket)
	case info.Mode()&fs.ModeSocket == 0:
		return dockerWarning(nil, "%s is not a socket", socket)
	}
	server, err := pingDocker(ctx, socket)
	switch {
	case err == nil:
		return fault.Pass(docker, server+" answers on "+socket)
	case errors.Is(err, unix.EACCES):
		return dockerWarning(err, "%s", ownership(socket))
	case errors.Is(err, unix.ECONNREFUSED):
		return dockerWarning(err, "nothing listens on %s: Docker does not run, or was restarted after this container", socket)
	case errors.Is(err, context.DeadlineExceeded):
		return dockerWarning(err, "no answer on %s within %s", socket, pingTimeout)
	}
	return dockerWarning(err, "%s: %s", socket, err)
}

func dockerWarning(cause error, format string, args ...any) fault.Check {
	return fault.Warn(docker, fault.Wrap(cause, fault.SystemDocker, format, args...))
}

// pingDocker asks the Docker engine behind the socket for its name and version.
func pingDocker(ctx context.Context, socket string) (server string, err error) {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/_ping", nil)
	if err != nil {
		return "", err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	version := response.Header.Get("Api-Version")
	switch {
	case response.StatusCode != http.StatusOK:
		return "", fmt.Errorf("the answer has status %d", response.StatusCode)
	case version == "":
		return "", errors.New("the answer is not from Docker")
	}
	server = cmp.Or(response.Header.Get("Server"), "Docker")
	return fmt.Sprintf("%.60s, API %.10s,", server, version), nil
}
