// Package clock tells the time.
package clock

// Now is in seconds since the Unix epoch.
func Now() float64 { return now() }

// Elapsed is in seconds since the job started.
func Elapsed() float64 { return elapsed() }
