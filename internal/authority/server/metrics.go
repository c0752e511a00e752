package server

import (
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"localstack-entrypoint/internal/version"
)

// prefix begins the names of all metrics of this program.
const prefix = "licenseserver_"

// metrics counts what operators watch. No label has a value that a client could invent.
type metrics struct {
	handler     http.Handler
	requests    *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	activations *prometheus.CounterVec
	logins      *prometheus.CounterVec
	limited     *prometheus.CounterVec
	failures    prometheus.Counter
	panics      prometheus.Counter
}

func newMetrics(s *Server) *metrics {
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + name, Help: help})
	}
	m := &metrics{
		requests: counters("http_requests_total", "Requests, by route and status.", "route", "status"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: prefix + "http_request_duration_seconds", Help: "Time from a request's header to its answer, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		activations: counters("activations_total", "Questions for a license, by verdict.", "verdict"),
		logins:      counters("logins_total", "Attempts to log in, by result.", "result"),
		limited:     counters("rate_limited_total", "Requests refused because there were too many, by route.", "route"),
		failures:    counter("database_errors_total", "Times that the database failed, or did not answer in time."),
		panics:      counter("panics_total", "Requests that ended in a panic; each is an error of this program."),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: prefix + "build_info", Help: "Always 1; the labels say which build this is.",
		ConstLabels: prometheus.Labels{"version": version.Number, "goversion": runtime.Version()},
	})
	build.Set(1)
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.requests, m.duration, m.activations, m.logins, m.limited, m.failures, m.panics, build,
		s.conns, pools{s.store.Pools},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorLog: s.errorLog()})
	return m
}

// count counts a request that has ended.
func (m *metrics) count(seen *request) {
	route := seen.route
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(seen.status)).Inc()
	m.duration.WithLabelValues(route).Observe(seen.ended.Sub(seen.began).Seconds())
	if seen.status == http.StatusTooManyRequests {
		m.limited.WithLabelValues(route).Inc()
	}
	if route == "POST /v1/license/request" || route == "POST /v1/license/activate" {
		m.activations.WithLabelValues(seen.verdict()).Inc()
	}
	if seen.Login != "" {
		m.logins.WithLabelValues(string(seen.Login)).Inc()
	}
	switch {
	case seen.stack != "":
		m.panics.Inc()
	case seen.Login != "": // the cause of one that was refused is the OIDC provider
	case seen.Cause != nil && !errors.Is(seen.Cause, errStopping) && !errors.Is(seen.Cause, errGone):
		m.failures.Inc()
	}
}

// verdict is the answer to a question for a license: "granted", or the message without its details.
func (seen *request) verdict() string {
	if seen.status == http.StatusOK {
		return "granted"
	}
	code, _, _ := strings.Cut(seen.Message, ":")
	if code == "" {
		return "none"
	}
	return code
}
