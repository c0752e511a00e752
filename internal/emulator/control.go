package emulator

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"localstack-entrypoint/internal/s3"
)

// maxBody is the largest JSON body the control endpoints read, in bytes.
const maxBody = 1 << 20

// control answers the endpoints below /_localstack/.
type control struct {
	http.Handler

	id      identity
	hooks   *stages
	log     *zap.SugaredLogger
	s3      *s3.Service
	restart func() // asks the supervisor to start this process again
	kill    func() // stops this process gracefully, exit code 0

	mu     sync.Mutex
	stored map[string]any // what clients put into the health report
}

// newControl routes the endpoints.
func newControl(id identity, hooks *stages, log *zap.SugaredLogger) *control {
	c := &control{id: id, hooks: hooks, log: log, kill: func() {}, stored: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_localstack/health", c.getHealth)
	mux.HandleFunc("POST /_localstack/health", c.postHealth)
	mux.HandleFunc("PUT /_localstack/health", c.putHealth)
	mux.HandleFunc("GET /_localstack/info", c.getInfo)
	mux.HandleFunc("GET /_localstack/init", c.getInit)
	mux.HandleFunc("GET /_localstack/init/{stage}", c.getStage)
	mux.HandleFunc("GET /_localstack/resources", c.getResources)
	mux.HandleFunc("POST /_localstack/state/reset", c.resetState)
	mux.HandleFunc("POST /_localstack/state/{service}/reset", c.resetService)
	mux.HandleFunc("/", c.notFound)
	c.Handler = mux
	return c
}

// notFound has no body: clients take an empty 404 for "not supported here".
func (c *control) notFound(w http.ResponseWriter, r *http.Request) {
	c.log.Warnf("No endpoint for %s %s", r.Method, r.URL.EscapedPath())
	w.WriteHeader(http.StatusNotFound)
}

func (c *control) getHealth(w http.ResponseWriter, _ *http.Request) {
	report := map[string]any{}
	c.mu.Lock()
	maps.Copy(report, c.stored)
	c.mu.Unlock()
	report["services"] = serviceStates()
	report["edition"] = c.id.edition
	report["version"] = c.id.version
	answerJSON(w, report)
}

// postHealth restarts or stops the emulator. The client gets its whole answer first,
// because the process may end a moment later.
func (c *control) postHealth(w http.ResponseWriter, r *http.Request) {
	body, ok := readObject(w, r)
	if !ok {
		return
	}
	answerText(w, http.StatusOK, "ok")
	_ = http.NewResponseController(w).Flush()
	switch body["action"] {
	case "restart":
		c.restart()
	case "kill":
		c.kill()
	}
}

// putHealth stores values for the health report: {"a":1} and, one level deep,
// {"a:b":1}. Each put replaces the values that it names.
func (c *control) putHealth(w http.ResponseWriter, r *http.Request) {
	body, ok := readObject(w, r)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	merged := maps.Clone(c.stored)
	for key, value := range body {
		outer, inner, nested := strings.Cut(key, ":")
		if nested {
			old, _ := merged[outer].(map[string]any)
			object := map[string]any{} // a report that is being sent reads the old one
			maps.Copy(object, old)
			object[inner] = value
			key, value = outer, object
		}
		merged[key] = value
	}
	if report, err := json.Marshal(merged); err != nil || len(report) > maxBody {
		answerText(w, http.StatusRequestEntityTooLarge, "the health report would be larger than 1 MiB")
		return
	}
	c.stored = merged
	answerJSON(w, map[string]string{"status": "OK"})
}

// info is the answer of /_localstack/info.
type info struct {
	Version    string `json:"version"`
	Edition    string `json:"edition"`
	Activated  bool   `json:"is_license_activated"`
	SessionID  string `json:"session_id"`
	MachineID  string `json:"machine_id"`
	System     string `json:"system"`
	IsDocker   bool   `json:"is_docker"`
	ServerTime string `json:"server_time_utc"` // to the second, without a zone
	Uptime     int    `json:"uptime"`          // seconds
}

func (c *control) getInfo(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, info{
		Version: c.id.build, Edition: c.id.edition, Activated: c.id.activated,
		SessionID: c.id.session, MachineID: c.id.machine, System: c.id.system, IsDocker: c.id.isDocker,
		ServerTime: time.Now().UTC().Format("2006-01-02T15:04:05"),
		Uptime:     int(time.Since(c.id.started).Seconds()),
	})
}

func (c *control) getInit(w http.ResponseWriter, _ *http.Request) {
	completed, scripts := c.hooks.status(allStages()...)
	answerJSON(w, map[string]any{"completed": completed, "scripts": scripts})
}

func (c *control) getStage(w http.ResponseWriter, r *http.Request) {
	stage, ok := parseStage(r.PathValue("stage"))
	if !ok {
		answerText(w, http.StatusNotFound, "no such stage "+strconv.Quote(r.PathValue("stage")))
		return
	}
	completed, scripts := c.hooks.status(stage)
	answerJSON(w, map[string]any{"completed": completed[stage], "scripts": scripts})
}

// readObject reads a JSON object that is not empty, or answers with the reason why not.
func readObject(w http.ResponseWriter, r *http.Request) (object map[string]any, ok bool) {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		answerText(w, http.StatusRequestEntityTooLarge, "the body is larger than 1 MiB")
		return nil, false
	}
	if err == nil {
		err = json.Unmarshal(content, &object)
	}
	if err != nil || len(object) == 0 {
		answerText(w, http.StatusBadRequest,
			`invalid request: the body must be a JSON object, for example {"action":"restart"}`)
		return nil, false
	}
	return object, true
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text))) // complete as soon as it is flushed
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func answerJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the client may have gone
}
