package main

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"localstack-entrypoint/internal/testkit"
	"localstack-entrypoint/internal/testkit/postgres"
)

// TestScriptsOnPostgres runs transcripts with another database: each has an empty one.
func TestScriptsOnPostgres(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*_by_command_line.txtar")
	if err != nil || len(files) < 3 {
		t.Fatalf("the transcripts are %q, %v", files, err)
	}
	params := scriptParams()
	params.Dir, params.Files = "", append(files, "testdata/script/several_workspaces.txtar",
		"testdata/script/rotation_while_serving.txtar", "testdata/script/concurrent_first_starts.txtar")
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Vars = append(env.Vars, "LICENSESERVER_DATABASE="+postgres.Database(t))
		return setup(env)
	}
	testkit.RunScripts(t, params)
}

// The commands that backup and restore print do what they say, and show no password.
func TestBackupAndRestoreWithPostgres(t *testing.T) {
	t.Parallel()
	server := postgres.Start(t, "fsync = off")
	dir, first, second := t.TempDir(), server.Database(t), server.Database(t)
	address, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := address.User.Password()
	token := must(t, dir, "token", "create", "--type", "ci", "--database", first)
	run := func(printed string) {
		t.Helper()
		if strings.Contains(printed, password) {
			t.Fatalf("it prints the password: %s", printed)
		}
		line := regexp.MustCompile(`(?m)^  (pg_.*)$`).FindStringSubmatch(printed)
		if line == nil {
			t.Fatalf("it prints no command: %s", printed)
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line[1])
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PGPASSWORD="+password)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line[1], err, out)
		}
	}
	run(must(t, dir, "backup", "backup", "--database", first))
	must(t, dir, "check", "--database", first)
	run(must(t, dir, "restore", "backup", "--database", second, "--data", "other"))
	must(t, dir, "check", "--database", second, "--data", "other")
	if answers(t, dir, []string{token}, "--database", second, "--data", "other") != 1 {
		t.Error("the token is lost")
	}

	// A key of another authority does not fit.
	must(t, dir, "token", "create", "--type", "ci", "--data", "stranger")
	for _, args := range [][]string{{"check"}, {"backup", "useless"}, {"token", "list"}} {
		_, err := tryTo(t, dir, append(args, "--database", second, "--data", "stranger")...)
		isCheck := args[0] == "check" // which says it on stdout
		if err == nil || !isCheck && !strings.Contains(err.Error(), "authority.key is not the key of the database") {
			t.Errorf("%q with another key: %v", args, err)
		}
	}
	if _, err := tryTo(t, dir, "restore", "backup", "--database", second, "--data", "stranger"); err == nil {
		t.Error("a key is replaced without being asked to")
	}
}

// A database that does not answer is no empty list, and the password is not in the message.
func TestCommandsWithoutTheirPostgres(t *testing.T) {
	t.Parallel()
	dir, database := t.TempDir(), "postgres://authority:s3cretpassword@127.0.0.1:1/authority"
	for _, args := range [][]string{{"token", "list"}, {"member", "list"}, {"backup", "b"}, {"check"}, {"serve"}} {
		var out bytes.Buffer
		cmd := command(t, dir, append(args, "--database", database)...)
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		if err == nil || cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("%q ends with %v", args, err)
		}
		if args[0] == "check" && strings.Count(out.String(), "\n") > 4 { // one line for each finding
			t.Errorf("the check prints %s", &out)
		}
		if text := out.String(); strings.Contains(text, "s3cret") || strings.Contains(text, "panic") {
			t.Errorf("%q prints %s", args, text)
		}
	}
}
