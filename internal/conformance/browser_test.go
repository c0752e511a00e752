package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"localstack-entrypoint/internal/conformance/kit"
)

// browser is a headless Chromium in a container's network, whose names are the test's.
type browser struct {
	*container
	reports chan map[string]string
}

// reportAddress is where pages send what they got. It takes reports of every origin.
const reportAddress = "127.0.0.1:8999"

// newBrowser starts what takes the pages' reports.
func newBrowser(c *container) *browser {
	c.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		c.Skip("make clients installs chromium")
	}
	b := &browser{c, make(chan map[string]string, 1)}
	b.serve(reportAddress, func(_ http.ResponseWriter, r *http.Request) {
		var report map[string]string
		if body, err := io.ReadAll(r.Body); err == nil && json.Unmarshal(body, &report) == nil {
			b.reports <- report
		}
	})
	return b
}

// serve answers at an address in the container's network. The function that it returns ends that, after the answers
// that are being sent.
func (b *browser) serve(address string, answer http.HandlerFunc) (end func()) {
	b.Helper()
	server := &http.Server{Handler: answer}
	listener := b.listen(b.T, address)
	go func() { _ = server.Serve(listener) }()
	end = func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = server.Shutdown(ctx)
	}
	b.Cleanup(end)
	return end
}

// webPage is a page that runs a script and sends what the script has put into "got".
func webPage(script string) string { return fmt.Sprintf(harness, script, reportAddress) }

// harness has what scripts use: attempt notes what a function returns, or why it fails. All waits have limits.
const harness = `<!doctype html><meta charset="utf-8"><body><script>
const got = {};
const pause = ms => new Promise(done => setTimeout(done, ms));
async function attempt(name, f) {
  try {
    got[name] = String(await Promise.race([f(), pause(5000).then(() => "no answer")]));
  } catch (e) {
    got[name] = e.name;
  }
}
const read = async (url, init) => {
  const answer = await fetch(url, init);
  return answer.type == "opaque" ? "opaque" : answer.status + " " + await answer.text();
};
const loads = element => new Promise(done => {
  element.onload = () => done("loaded"); element.onerror = () => done("failed"); document.body.append(element);
});
const make = (kind, properties) => Object.assign(document.createElement(kind), properties);
const inFrame = async src => {
  const frame = make("iframe", {src});
  await loads(frame);
  return frame.contentDocument.documentElement.textContent;
};
const form = (action, enctype, fields, sandbox) => new Promise(done => {
  const it = make("form", {method: "post", action, enctype});
  for (const [name, value] of Object.entries(fields)) {
    const input = make("input", {name});
    input.setAttribute("value", value);
    it.append(input);
  }
  const source = it.outerHTML + '<script>document.forms[0].submit()<' + '/script>';
  const frame = make("iframe", {srcdoc: source});
  if (sandbox) frame.sandbox = "allow-forms allow-scripts";
  frame.onload = () => done("sent"); // the emulator's log says that it came
  document.body.append(frame);
});
(async () => {
  %s
  await fetch("http://%s/", {method: "POST", mode: "no-cors", body: JSON.stringify(got)});
})();
</script>`

// names answers for names in the container's network, as a name server. Each has its addresses, in their order.
func (b *browser) names(addresses map[string][]string) {
	b.Helper()
	var socket net.PacketConn
	err := b.Inside(func() (err error) {
		socket, err = net.ListenPacket("udp", nameServer+":53")
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	server := &dns.Server{PacketConn: socket, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg).SetReply(question)
		for _, address := range addresses[strings.TrimSuffix(question.Question[0].Name, ".")] {
			if question.Question[0].Qtype == dns.TypeA {
				header := dns.RR_Header{Name: question.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
				answer.Answer = append(answer.Answer, &dns.A{Hdr: header, A: net.ParseIP(address)})
			}
		}
		_ = w.WriteMsg(answer)
	})}
	go func() { _ = server.ActivateAndServe() }()
	b.Cleanup(func() { socket.Close() })
}

// nameServer is where the browser asks for names.
const nameServer = "127.0.0.53"

// visit opens a page and returns its report.
func (b *browser) visit(url string) map[string]string {
	b.Helper()
	home := b.folder()
	file := filepath.Join(home, "resolv.conf")
	if err := os.WriteFile(file, []byte("nameserver "+nameServer+"\n"), 0o644); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
		"sh", "-c", `mount --bind "$0" "$(realpath /etc/resolv.conf)" && exec chromium "$@"`, file,
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
		"--enable-logging=stderr", "--user-data-dir="+filepath.Join(home, "data"), url)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	var log strings.Builder
	cmd.Stderr, cmd.WaitDelay = &log, time.Second
	if err := b.Inside(cmd.Start); err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	end := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); <-ended }
	defer end()
	select {
	case report := <-b.reports:
		return report
	case <-time.After(3 * patience): // a page has dozens of attempts, and each may take 5 s
	case <-ended:
	}
	end()
	b.Fatalf("no report of %s:\n%s", url, log.String())
	return nil
}

// browserVersion says which browser the test is of.
func browserVersion(t *testing.T) {
	t.Helper()
	out, err := exec.Command("chromium", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	kit.Client(t, "Chromium", strings.Fields(string(out))[1])
}
