package process

import (
	wit "gonogo/internal/bindings/imports/gonogo_plugin_process"
	"gonogo/internal/wire"
	witTypes "gonogo/internal/wit/types"
)

func find(program string) (string, error) { return wire.Plain(wit.Find(program)) }

func run(command []string) (*Output, error) {
	return wire.Then(wit.Run(command), func(output wit.Output) *Output {
		return &Output{number(output.Code), number(output.Signal), output.Stdout, output.Stderr, output.Truncated}
	})
}

func number(given witTypes.Option[int32]) *int32 {
	if given.IsNone() {
		return nil
	}
	value := given.Some()
	return &value
}
