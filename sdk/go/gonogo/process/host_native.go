//go:build !wasm

package process

import "gonogo/internal/native"

func find(program string) (string, error) {
	return native.Ask[string]("process.find", map[string]any{"program": program})
}

func run(command []string) (*Output, error) {
	output, err := native.Ask[Output]("process.run", map[string]any{"command": command})
	if err != nil {
		return nil, err
	}
	return &output, nil
}
