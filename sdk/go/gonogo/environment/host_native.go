//go:build !wasm

package environment

import "gonogo/internal/native"

type ask = map[string]any

func lengthOf(name string) (uint32, bool, error) {
	return native.Optional[uint32]("environment.length", ask{"name": name})
}

func matches(name, pattern string) (bool, error) {
	return native.Ask[bool]("environment.matches", ask{"name": name, "pattern": pattern})
}

func reveal(name string) (string, bool, error) {
	return native.Optional[string]("environment.reveal", ask{"name": name})
}

func load(path string) ([]string, error) {
	return native.Ask[[]string]("environment.load", ask{"path": path})
}

func numberIn(name string, decode []string, pattern string) (int64, bool, error) {
	if decode == nil {
		decode = []string{}
	}
	return native.Optional[int64]("environment.number", ask{"name": name, "decode": decode, "pattern": pattern})
}
