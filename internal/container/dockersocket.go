package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"localstack-entrypoint/internal/fault"
)

const (
	// docker is the check's name.
	docker = "docker"
	// pingTimeout bounds the question to Docker.
	pingTimeout = time.Second
)

// docker checks that the Docker socket, where there is one, can be used.
func (c Container) docker(ctx context.Context) fault.Check {
	socket := c.path("var/run/docker.sock")
	if c.DockerHost != "" {
		scheme, place, _ := strings.Cut(c.DockerHost, "://")
		if scheme != "unix" {
			return fault.Skip(docker, "DOCKER_HOST is "+withoutUser(c.DockerHost)+", which is not looked at")
		}
		socket = place
	}
	info, err := os.Stat(socket)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Skip(docker, socket+" is not mounted; only Lambda, ECS and other services that start containers need it")
	case err != nil:
		return dockerWarning(fmt.Sprintf("cannot look at %s: %s", socket, innermost(err)), err)
	case info.IsDir():
		// What Docker makes of a bind mount whose source is not there.
		return dockerWarning(socket+" is a folder: the machine had no socket there when the container was made", nil)
	case info.Mode()&fs.ModeSocket == 0:
		return dockerWarning(socket+" is no socket", nil)
	}
	server, err := pingDocker(ctx, socket)
	if err != nil {
		return dockerWarning(whyNoDocker(socket, err), err)
	}
	return fault.Pass(docker, fmt.Sprintf("%s answers on %s", server, socket))
}

func dockerWarning(detail string, cause error) fault.Check {
	return fault.Warn(docker, fault.Wrap(cause, fault.SystemDocker, "%s", detail))
}

// withoutUser is an address without what could be a password.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "no socket"
	}
	return u.Scheme + "://" + u.Host
}

// pingDocker asks the Docker engine behind the socket for its name and version.
func pingDocker(ctx context.Context, socket string) (server string, err error) {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/_ping", nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answers with status %d", response.StatusCode)
	}
	version := response.Header.Get("Api-Version")
	if version == "" {
		return "", errors.New("what answers there is not Docker")
	}
	server = response.Header.Get("Server")
	if server == "" {
		server = "Docker"
	}
	return plain(server, 60) + ", API " + plain(version, 10) + ",", nil
}

// whyNoDocker says why the engine behind the socket did not answer.
func whyNoDocker(socket string, err error) string {
	var info unix.Stat_t
	switch {
	case errors.Is(err, unix.EACCES) && unix.Stat(socket, &info) == nil:
		groups, _ := os.Getgroups()
		groups = append(groups, os.Getegid())
		slices.Sort(groups)
		return fmt.Sprintf("%s belongs to user %d and group %d, mode %04o, and this is user %d in the groups %v",
			socket, info.Uid, info.Gid, info.Mode&0o7777, os.Geteuid(), slices.Compact(groups))
	case errors.Is(err, unix.ECONNREFUSED):
		return "nobody listens on " + socket + ": Docker was started anew after the container, or does not run"
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer on %s within %s", socket, pingTimeout)
	}
	return socket + ": " + plain(innermost(err).Error(), 100)
}
