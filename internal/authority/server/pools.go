package server

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"
)

// pools collects the numbers of the database's pools of connections.
type pools struct{ stats func() map[string]sql.DBStats }

var (
	poolConnections = prometheus.NewDesc(prefix+"database_connections", "Connections to the database, by pool and state.",
		[]string{"pool", "state"}, nil)
	poolMost = prometheus.NewDesc(prefix+"database_connections_max", "The bound of a pool; 0 means none.",
		[]string{"pool"}, nil)
	poolWaits = prometheus.NewDesc(prefix+"database_waits_total",
		"Times that something waited for a connection of a pool.", []string{"pool"}, nil)
	poolWaited = prometheus.NewDesc(prefix+"database_wait_seconds_total", "Time waited for connections of a pool.",
		[]string{"pool"}, nil)
)

// Describe implements [prometheus.Collector].
func (pools) Describe(to chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{poolConnections, poolMost, poolWaits, poolWaited} {
		to <- desc
	}
}

// Collect implements [prometheus.Collector].
func (p pools) Collect(to chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	counter := func(desc *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, labels...)
	}
	for name, stats := range p.stats() {
		gauge(poolConnections, float64(stats.InUse), name, "used")
		gauge(poolConnections, float64(stats.Idle), name, "idle")
		gauge(poolMost, float64(stats.MaxOpenConnections), name)
		counter(poolWaits, float64(stats.WaitCount), name)
		counter(poolWaited, stats.WaitDuration.Seconds(), name)
	}
}
