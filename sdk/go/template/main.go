// {{title}}: checks for gonogo.
package main

import "gonogo"

// plugin is the table of the checks: a new one is a file and a word here.
var plugin = gonogo.Plugin{
	Version: "0.1.0",
	Summary: "{{title}}",
	Checks:  []gonogo.Check{scratch},
}

func init() { gonogo.Export(plugin) }

func main() {}
