package proxy

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// withRequests is a Python that has requests: the first one, else Debian's.
func withRequests(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(path, "-c", "import requests").Run() == nil {
			return path
		}
	}
	t.Skip("Python's requests is not installed: run .ci/packages")
	return ""
}

// python runs a script with real requests, which reads questions from standard input and prints answers.
func python[Q, A any](t *testing.T, script string, questions []Q) (answers []A) {
	t.Helper()
	asked, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), withRequests(t), script)
	cmd.Env = []string{"PATH=" + pathOfTests(), "PYTHONUTF8=1"}
	cmd.Stdin = strings.NewReader(string(asked))
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions, %v", len(answers), len(questions), err)
	}
	return answers
}
