// Package lab makes the networks that people have, with the programs that make
// them: name servers, proxies, web servers, firewalls. Each situation has a
// network namespace of its own, in which api.localstack.cloud is where the
// situation puts it, and starts the released entrypoint in there.
//
// It needs root on Linux and the packages of .ci/packages.
package lab

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/testkit"
)

const (
	// host is the licensing server of the default API_ENDPOINT.
	host = "api.localstack.cloud"
	// patience bounds every wait.
	patience = 30 * time.Second
	// atOnce is how many situations happen side by side: most of them wait.
	atOnce = "16"
)

// laboratory is what all situations share; nothing of it changes.
type laboratory struct {
	// dir can be read by everybody, for daemons that are not root.
	dir, binaries string
	// public is the authority whose certificates everybody trusts, corporate
	// one that only the machines of a company do.
	public, corporate *authority
	// token is good, and data is the licensing server's folder that knows it.
	token, data string
}

var shared laboratory

func TestMain(m *testing.M) {
	flag.Parse()
	explicit := false
	flag.Visit(func(given *flag.Flag) { explicit = explicit || given.Name == "test.parallel" })
	if !explicit {
		_ = flag.Set("test.parallel", atOnce)
	}
	code := 1
	defer func() { os.Exit(code) }()
	dir, err := os.MkdirTemp("", "lab-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer os.RemoveAll(dir)
	shared.dir = dir
	code = m.Run()
}

// furnish makes what all situations share, when the first one needs it.
var furnish = sync.OnceValue(func() error {
	shared.binaries = filepath.Join(shared.dir, "bin")
	shared.data = filepath.Join(shared.dir, "authority")
	if err := os.Chmod(shared.dir, 0o755); err != nil {
		return err
	}
	if err := testkit.BuildPrograms(shared.binaries); err != nil {
		return err
	}
	var err error
	if shared.public, err = newAuthority("Lab Public", true); err != nil {
		return err
	}
	if shared.corporate, err = newAuthority("Example Corp TLS Inspection", false); err != nil {
		return err
	}
	shared.token, err = newToken()
	return err
})

// newToken creates a token of which no page of [answers] has a part by chance: such a page would not be quoted.
func newToken() (string, error) {
	for range 10 {
		create := exec.Command(filepath.Join(shared.binaries, "licenseserver"), "token", "create", "--type", "ci", "--data",
			shared.data)
		create.Stderr = os.Stderr
		out, err := create.Output()
		if err != nil {
			return "", fmt.Errorf("cannot create a token: %w", err)
		}
		token := strings.TrimSpace(string(out))
		if !slices.ContainsFunc(answers, func(s situation) bool { return !isQuoted(s.says, token) }) {
			return token, nil
		}
	}
	return "", errors.New("every token has characters of the answers")
}

// isQuoted reports whether a page's title is shown to the owner of a token.
func isQuoted(title, token string) bool {
	blocked := &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}}
	page := connect.ReadPage(blocked, []byte("<html><title>"+title+"</title>"), token)
	return strings.Contains(page.Fault(host).Seen(), title)
}

// programs are what .ci/packages installs.
var programs = []string{
	"unbound", "pdns_recursor", "dnsmasq", "squid", "tinyproxy", "microsocks", "nginx", "nghttpd", "dig", "openssl", "ip",
	"nft",
}

// need skips a test where the laboratory cannot be set up, and sets it up.
func need(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may make network namespaces")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: run .ci/packages", program)
		}
	}
	if libfaketime() == "" {
		t.Skip("faketime is not installed: run .ci/packages")
	}
	if _, err := os.Stat("/usr/lib/python3/dist-packages/requests"); err != nil {
		t.Skip("python3-requests is not installed: run .ci/packages")
	}
	if err := furnish(); err != nil {
		t.Fatal(err)
	}
}

// libfaketime is the library that gives a program another clock.
func libfaketime() string {
	found, _ := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1")
	if len(found) == 0 {
		return ""
	}
	return found[0]
}
