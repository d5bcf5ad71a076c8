package main

import (
	"os"
	"path/filepath"
	"testing"

	"gonogo"
	"gonogo/gonogotest"
)

// sandboxed are cases that only the real host can run, each with the reason.
var sandboxed = map[string]string{
	"endless/unknown.json":           "natively nothing ends it",
	"escape/go.json":                 "natively the library reaches everything",
	"large/go-70000-characters.json": "the host cuts what a plugin says",
	"unicode/go-escapes.json":        "the host blanks characters that act",
	"unicode/go-joined.json":         "the host blanks characters that act",
}

func TestCases(t *testing.T) {
	all, err := filepath.Abs(filepath.Join("..", "cases"))
	if err != nil {
		t.Fatal(err)
	}
	cases := t.TempDir()
	natively := gonogo.Plugin{Version: plugin.Version, Summary: plugin.Summary}
	for _, check := range plugin.Checks {
		files, err := filepath.Glob(filepath.Join(all, check.Name, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no cases of %s in %s: %v", check.Name, all, err)
		}
		if err := os.Mkdir(filepath.Join(cases, check.Name), 0o755); err != nil {
			t.Fatal(err)
		}
		linked := 0
		for _, file := range files {
			name := filepath.Join(check.Name, filepath.Base(file))
			if sandboxed[name] != "" {
				continue
			}
			if err := os.Symlink(file, filepath.Join(cases, name)); err != nil {
				t.Fatal(err)
			}
			linked++
		}
		if linked > 0 {
			natively.Checks = append(natively.Checks, check)
		}
	}
	gonogotest.Cases(t, natively, cases)
}
