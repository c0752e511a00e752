package survey

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"localstack-entrypoint/internal/connect"
	"localstack-entrypoint/internal/testkit"
)

// A start offers no outdated cipher; so one that a server likes best is no fault.
func TestSurveyOfAServerThatPrefersAnOutdatedCipher(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl here")
	}
	a := testkit.NewAuthority(t, "System CA")
	issued, dir := a.Issue(t, host, lasting), t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(issued.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "server.PEM")
	content := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issued.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), path, "s_server", "-accept", "127.0.0.1:0", "-cert", file, "-key", file,
		"-rev", "-tls1_2",
		"-serverpref", "-cipher", "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	var port string
	for lines := bufio.NewScanner(out); port == "" && lines.Scan(); {
		if found := regexp.MustCompile(`^ACCEPT .*:(\d+)$`).FindStringSubmatch(lines.Text()); found != nil {
			port = found[1]
		}
	}
	checks := expectWay(t, "https://"+host+":"+port, connect.Settings{}, named(t, a.PEM),
		"names passed, connection passed, proxy skipped, tls passed, server failed (network.unreachable)")
	if len(checks) > 3 && !strings.Contains(checks[3].Evidence[0], "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256") {
		t.Errorf("%q", checks[3].Evidence)
	}
}
