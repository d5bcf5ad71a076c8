package environment

import (
	wit "gonogo/internal/bindings/imports/gonogo_plugin_environment"
	"gonogo/internal/wire"
)

func lengthOf(name string) (uint32, bool, error) { return wire.Optional(wit.Length(name)) }

func matches(name, pattern string) (bool, error) { return wire.Plain(wit.Matches(name, pattern)) }

func reveal(name string) (string, bool, error) { return wire.Optional(wit.Reveal(name)) }

func load(path string) ([]string, error) { return wire.Plain(wit.Load(path)) }

func numberIn(name string, decode []string, pattern string) (int64, bool, error) {
	return wire.Optional(wit.Number(name, decode, pattern))
}
