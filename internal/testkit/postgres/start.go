package postgres

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net"
	"strings"
)

// defaults are the settings of every server. They save memory, time and lines of the log.
var defaults = []string{
	"unix_socket_directories = ''",
	"shared_buffers = 16MB",
	"wal_level = minimal",
	"max_wal_senders = 0",
	"full_page_writes = off",
	"jit = off",
	"autovacuum = off",
}

// start starts a server with a method of authentication. Later settings win over earlier ones.
func start(authentication string, settings ...string) (*Server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	s := &Server{address: address, password: rand.Text()}
	if s.shell, err = startShell(programs()); err != nil {
		return nil, err
	}
	lines := append([]string{"listen_addresses = '" + host + "'", "port = " + port}, append(defaults, settings...)...)
	if err := s.begin(authentication, lines); err != nil {
		s.shell.end()
		return nil, fmt.Errorf("cannot start PostgreSQL: %w", err)
	}
	return s, nil
}

// begin creates the data directory and the user of the tests.
func (s *Server) begin(authentication string, settings []string) error {
	err := s.shell.run("printf %s " + s.password + " >password && " + // rand.Text has letters and digits only
		"initdb --pgdata=data --no-sync --no-instructions --wal-segsize=1 --locale=C --encoding=UTF8" +
		" --auth=" + authentication + " --username=" + superuser + " --pwfile=password")
	if err != nil {
		return err
	}
	if err := s.shell.write("data/postgresql.conf", strings.Join(settings, "\n")+"\n"); err != nil {
		return err
	}
	if err := s.shell.run("start"); err != nil {
		return err
	}
	if s.admin, err = sql.Open("pgx", s.url(superuser, "postgres")); err != nil {
		return err
	}
	s.admin.SetMaxOpenConns(2)
	return s.exec("CREATE ROLE " + owner + " LOGIN PASSWORD '" + s.password + "'")
}

// freeAddress returns a port of a loopback address that nobody else uses: it is free again after a stop.
func freeAddress() (string, error) {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.%d.%d.%d:0", 1+b[0]%250, b[1], 1+b[2]%250))
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
