package container

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/fault"
	"localstack-entrypoint/internal/layout"
)

func TestThePlatformIsToldByVariablesAndFiles(t *testing.T) {
	t.Parallel()
	const (
		docker, podman  = ".dockerenv", "run/.containerenv"
		composeNetwork  = "etc/resolv.conf=search x\nnameserver 127.0.0.11\n"
		ordinaryNetwork = "etc/resolv.conf=nameserver 10.0.0.2 # not 127.0.0.11\n"
	)
	tests := []struct {
		name  string
		seen  Container
		files []string
		want  []fault.Place
		says  string
	}{
		{"nothing", Container{}, nil, nil, "not recognized"},
		{"Docker", Container{}, []string{docker, ordinaryNetwork}, []fault.Place{fault.Docker},
			"Docker (/.dockerenv exists)"},
		{"Compose", Container{}, []string{docker, composeNetwork}, []fault.Place{fault.Compose, fault.Docker},
			"Compose (the name server is 127.0.0.11), Docker (/.dockerenv exists)"},
		{"Compose, seen by its name server alone", Container{}, []string{composeNetwork},
			[]fault.Place{fault.Compose, fault.Docker},
			"Compose (the name server is 127.0.0.11), Docker (the name server is 127.0.0.11)"},
		{"Podman", Container{}, []string{podman}, []fault.Place{fault.Podman, fault.Docker},
			"Podman (/run/.containerenv exists)"},
		{"Kubernetes", Container{OnKubernetes: true}, []string{ordinaryNetwork}, []fault.Place{fault.Kubernetes},
			"Kubernetes (KUBERNETES_SERVICE_HOST is set)"},
		{"Kubernetes in Docker", Container{OnKubernetes: true}, []string{composeNetwork}, []fault.Place{fault.Kubernetes},
			"Kubernetes (KUBERNETES_SERVICE_HOST is set)"},
		{"GitHub", Container{OnGitHub: true, OnCI: true}, []string{docker, composeNetwork},
			[]fault.Place{fault.GitHub, fault.CI, fault.Docker},
			"GitHub Actions (GITHUB_ACTIONS is set), CI (CI is set), Docker (/.dockerenv exists)"},
		{"GitLab", Container{OnGitLab: true, OnKubernetes: true}, nil, []fault.Place{fault.GitLab, fault.Kubernetes},
			"GitLab CI (GITLAB_CI is set), Kubernetes (KUBERNETES_SERVICE_HOST is set)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.seen.Root = rootWith(t, test.files...)
			if got := test.seen.Platforms(); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := test.seen.platform(t.Context()); got.Fact != test.says {
				t.Errorf("says %s, want %s", got.Fact, test.says)
			}
		})
	}
}

// rootWith is a root that has files, each a path that may be followed by "=" and what is in it.
func rootWith(t *testing.T, files ...string) layout.Root {
	t.Helper()
	root := layout.Root(t.TempDir())
	for _, one := range files {
		path, content, _ := strings.Cut(one, "=")
		noError(t, os.MkdirAll(filepath.Dir(root.At(path)), 0o755))
		noError(t, os.WriteFile(root.At(path), []byte(content), 0o644))
	}
	return root
}
