//go:build wasm

// Package export_gonogo_plugin_checks is what the generated exports call. The SDK puts its functions here, so that no plugin has to know of it.
package export_gonogo_plugin_checks

import (
	checks "gonogo/internal/bindings/imports/gonogo_plugin_checks"
	witTypes "gonogo/internal/wit/types"
)

// Describe answers the contract's `describe`.
var Describe func() checks.Description

// Run answers the contract's `run`.
var Run func(name, parameters string) witTypes.Result[checks.Report, checks.Stop]
