package main

import (
	"time"

	"gonogo"
)

type Endless struct{}

var endless = gonogo.Check{
	Name:          "endless",
	Summary:       "This check never ends",
	Documentation: "To see what a deadline becomes.",
	Parameters:    Endless{},
	Timeout:       time.Second,
}

func (Endless) Run(*gonogo.Report) error {
	for at := 0; ; at++ {
		spun = at
	}
}

// spun is what the loop writes to, so that no compiler takes it away.
var spun int
