package main

import (
	"testing"

	"gonogo/gonogotest"
)

// `go test` runs the cases natively; `gonogo plugin test` runs the same files through the sandbox.
func TestCases(t *testing.T) { gonogotest.Cases(t, plugin, "cases") }
