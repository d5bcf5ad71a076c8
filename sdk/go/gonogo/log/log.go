// Package log has messages for whoever runs the host with -v; no part of the report. Natively they go to standard error.
package log

import "fmt"

// Level is how loud a message is.
type Level uint8

// The levels.
const (
	LevelTrace Level = iota
	LevelDebug
	LevelInfo
	LevelWarn
)

// Log says a message at a level that is computed.
func Log(level Level, message string) { say(level, message) }

// Trace is for everything.
func Trace(message string) { say(LevelTrace, message) }

// Debug is for the check's author.
func Debug(message string) { say(LevelDebug, message) }

// Debugf is Debug with fmt's verbs.
func Debugf(format string, values ...any) { Debug(fmt.Sprintf(format, values...)) }

// Info is for its user.
func Info(message string) { say(LevelInfo, message) }

// Infof is Info with fmt's verbs.
func Infof(format string, values ...any) { Info(fmt.Sprintf(format, values...)) }

// Warn is for something odd.
func Warn(message string) { say(LevelWarn, message) }
