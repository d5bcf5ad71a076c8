package main

import "gonogo"

type Failure struct{}

var failure = gonogo.Check{
	Name:          "failure",
	Summary:       "This check breaks",
	Documentation: "To see what a panic or an exception becomes.",
	Parameters:    Failure{},
}

func (Failure) Run(r *gonogo.Report) error {
	r.Fact("before", true)
	panic("broken by design")
}
