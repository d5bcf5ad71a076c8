//go:build !wasm

// Package gonogotest runs a plugin's cases natively, in plain `go test`: quick, and in your debugger. `gonogo plugin test` runs the same files
// through the sandbox.
//
// A case is a file `cases/<check>/<name>.json`: the parameters, the host's answers in the form that `gonogo check --record` writes, and what is
// expected. Only the keys that `expect` has are compared; GONOGO_BLESS=1 writes all of them.
package gonogotest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"gonogo"
	"gonogo/internal/native"
)

// Case is one case.
type Case struct {
	About      string          `json:"about,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
	Calls      []native.Call   `json:"calls,omitempty"`
	Expect     map[string]any  `json:"expect"`
}

// Cases runs each case below a folder as a test of its own. A check without a case, and a folder that names no check, are failures.
func Cases(t *testing.T, plugin gonogo.Plugin, folder string) {
	t.Helper()
	for _, fault := range plugin.Faults() {
		t.Error(fault)
	}
	tried := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(folder, "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		check := filepath.Base(filepath.Dir(file))
		tried[check] = true
		t.Run(check+"/"+filepath.Base(file), func(t *testing.T) { run(t, plugin, check, file) })
	}
	for _, check := range plugin.Checks {
		if !tried[check.Name] {
			t.Errorf("%s: check '%s' has no case", folder, check.Name)
		}
		delete(tried, check.Name)
	}
	for check := range tried {
		t.Errorf("%s: the plugin has no check '%s'", folder, check)
	}
}

func run(t *testing.T, plugin gonogo.Plugin, check, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tried Case
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&tried); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	native.Calls = tried.Calls
	parameters := "{}"
	if len(tried.Parameters) > 0 {
		parameters = string(tried.Parameters)
	}
	seen := read(t, shown(plugin.Run(check, parameters)))
	switch {
	case os.Getenv("GONOGO_BLESS") != "":
		bless(t, file, text, seen)
	case len(tried.Expect) == 0:
		t.Errorf("%s expects nothing; run again with GONOGO_BLESS=1", file)
	}
	for key, expected := range tried.Expect {
		if os.Getenv("GONOGO_BLESS") == "" && !reflect.DeepEqual(seen[key], expected) {
			t.Errorf("%s\n  expected %s\n  but was  %s", key, cut(shown(expected)), cut(shown(seen[key])))
		}
	}
}

// read gives an outcome as JSON has it, so that it can be compared with what a file says.
func read(t *testing.T, outcome string) map[string]any {
	var seen map[string]any
	if err := json.Unmarshal([]byte(outcome), &seen); err != nil {
		t.Fatal(err)
	}
	return seen
}

func bless(t *testing.T, file string, text []byte, seen map[string]any) {
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	whole["expect"] = json.RawMessage(shown(seen))
	blessed, err := json.MarshalIndent(whole, "", "  ")
	if err == nil {
		err = os.WriteFile(file, append(blessed, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// cut keeps a message readable.
func cut(text string) string {
	const most = 2000
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}

func shown(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(text.Bytes()))
}
