//go:build !wasm

package clock

import "gonogo/internal/native"

func now() float64     { return tell("clock.now") }
func elapsed() float64 { return tell("clock.elapsed") }

func tell(call string) float64 {
	seconds, err := native.Ask[float64](call, nil)
	if err != nil {
		panic(native.Missing(call + " cannot fail: " + err.Error()))
	}
	return seconds
}
