package log

import wit "gonogo/internal/bindings/imports/gonogo_plugin_log"

func say(level Level, message string) { wit.Log(wit.Level(level), message) }
