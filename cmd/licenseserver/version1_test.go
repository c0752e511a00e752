package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"localstack-entrypoint/internal/license"
)

// version1 has data directories of the program before workspaces; its README.md says more.
const version1 = "../../internal/authority/testdata/version1"

// Each license of an old data directory is listed as before, and each token is answered as before.
func TestAnOldDataDirectoryGoesOn(t *testing.T) {
	t.Parallel()
	for name, without := range map[string]string{
		"closed": "",
		"killed": "",
		// SQLite makes a new index of the write-ahead log.
		"killed, index lost": "authority.db-shm",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, data := copyOfVersion1(t, name[:len("closed")])
			if without != "" {
				if err := os.Remove(filepath.Join(data, without)); err != nil {
					t.Fatal(err)
				}
			}
			old.checkLists(t, data)
			old.checkAnswers(t, data)
			old.checkLists(t, data, "last_activated")
		})
	}
}

// oldData is a folder of version1.
type oldData string

// copyOfVersion1 copies a data directory, and returns where the copy is.
func copyOfVersion1(t *testing.T, name string) (oldData, string) {
	t.Helper()
	from, to := filepath.Join(version1, name), filepath.Join(t.TempDir(), "data")
	copyDirectory(t, filepath.Join(from, "data"), to)
	return oldData(from), to
}

// copyDirectory copies files with the modes that a data directory has.
func copyDirectory(t *testing.T, from, to string) {
	t.Helper()
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(from, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, file.Name()), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// checkLists compares the lists with those of the old program, but for fields that may have changed. Fields may have
// been added.
func (o oldData) checkLists(t *testing.T, data string, changed ...string) {
	t.Helper()
	for command, file := range map[string]string{"token": "tokens.json", "license": "licenses.json"} {
		list := exec.Command("licenseserver", command, "list", "--json", "--data", data)
		list.Env = append(os.Environ(), noExitDelay)
		var stderr bytes.Buffer
		list.Stderr = &stderr
		printed, err := list.Output()
		if err != nil {
			t.Fatalf("%s list: %v: %s", command, err, &stderr)
		}
		var got, want []map[string]any
		if err := json.Unmarshal(printed, &got); err != nil {
			t.Fatal(err)
		}
		readJSON(t, filepath.Join(string(o), file), &want)
		compareRows(t, command+" list", got, want, changed)
	}
}

func compareRows(t *testing.T, list string, got, want []map[string]any, changed []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d rows, want %d", list, len(got), len(want))
		return
	}
	// What was made within the same second may have another order.
	for _, rows := range [][]map[string]any{got, want} {
		slices.SortFunc(rows, func(a, b map[string]any) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
	}
	for i := range want {
		if left := fieldsOf(got[i], want[i], changed); !reflect.DeepEqual(left, fieldsOf(want[i], want[i], changed)) {
			t.Errorf("%s has %v, want %v", list, left, want[i])
		}
	}
}

// fieldsOf is object with those fields only that wanted has as well, and without those that may have changed.
func fieldsOf(object, wanted map[string]any, changed []string) map[string]any {
	kept := make(map[string]any)
	for name, value := range object {
		kept[name] = value
		want, isWanted := wanted[name]
		if inner, ok := value.(map[string]any); ok && isWanted {
			if want, ok := want.(map[string]any); ok {
				kept[name] = fieldsOf(inner, want, changed)
			}
		}
		if !isWanted {
			delete(kept, name)
		}
	}
	for _, name := range changed {
		delete(kept, name)
	}
	return kept
}

// oldAnswer is how the old server answered a token.
type oldAnswer struct {
	Name      string            `json:"name"`
	TokenID   string            `json:"token_id"`
	Token     string            `json:"token"`
	Status    int               `json:"status"`
	LicenseID string            `json:"license_id"`
	Plan      string            `json:"plan"`
	Products  []license.Product `json:"products"`
	Message   string            `json:"message"`
}

// checkAnswers serves the directory, and compares its answers with those of the old server.
func (o oldData) checkAnswers(t *testing.T, data string) {
	t.Helper()
	server, err := startProcess(t.TempDir(), "--data", data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	}()
	var answers []oldAnswer
	readJSON(t, filepath.Join(string(o), "answers.json"), &answers)
	if len(answers) == 0 {
		t.Fatal("there are no answers")
	}
	for _, want := range answers {
		if got := request(t, server.url, want); !reflect.DeepEqual(got, want) {
			got.Token, want.Token = "", ""
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// request asks a server as the old one was asked.
func request(t *testing.T, url string, asked oldAnswer) oldAnswer {
	t.Helper()
	kind := license.AuthToken
	if !strings.HasPrefix(asked.Token, "ls") {
		kind = license.APIKey
	}
	body := license.Request{
		Credentials: license.Credentials{Type: kind, Token: asked.Token},
		Product:     license.Product{Name: license.ProductName, Version: "4.14.2"},
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(url+"/v1/license/request", "application/json", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := oldAnswer{Name: asked.Name, TokenID: asked.TokenID, Token: asked.Token, Status: response.StatusCode}
	if response.StatusCode != http.StatusOK {
		var refusal license.ErrorBody
		if err := json.Unmarshal(content, &refusal); err != nil {
			t.Fatal(err)
		}
		got.Message = refusal.Message
		return got
	}
	document, err := license.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	if !document.SignedWith(asked.Token) {
		t.Errorf("the document of %s is not signed with its token", asked.Name)
	}
	got.LicenseID, got.Plan, got.Products = document.ID, document.Type, document.Products
	return got
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
