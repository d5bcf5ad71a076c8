package clock

import wit "gonogo/internal/bindings/imports/gonogo_plugin_clock"

func now() float64     { return wit.Now() }
func elapsed() float64 { return wit.Elapsed() }
