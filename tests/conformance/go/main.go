// The conformance plugin in Go: the same checks as in every other language.
package main

import "gonogo"

// plugin is the table of the checks.
var plugin = gonogo.Plugin{
	Version: "1.0.0",
	Summary: "Checks that every SDK writes the same way",
	Checks: []gonogo.Check{
		memory, lines, large, unicodeText, version, variable, walk, table, failure, endless, escape,
	},
}

func init() { gonogo.Export(plugin) }

func main() {}
