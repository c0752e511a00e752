package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// doctorSchema is the one that docs/ promises, and no field beside it: readers
// must bear new ones, but we must not forget to describe them.
var doctorSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "doctor.schema.json"))
	if err != nil {
		return nil, err
	}
	promised, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return nil, err
	}
	closeObjects(promised)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("doctor.schema.json", promised); err != nil {
		return nil, err
	}
	return compiler.Compile("doctor.schema.json")
})

// closeObjects forbids what a schema of an object does not describe.
func closeObjects(schema any) {
	switch schema := schema.(type) {
	case map[string]any:
		if schema["type"] == "object" {
			schema["additionalProperties"] = false
		}
		for _, inner := range schema {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range schema {
			closeObjects(inner)
		}
	}
}

func mustFitSchema(t *testing.T, text string) {
	t.Helper()
	schema, err := doctorSchema()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}
