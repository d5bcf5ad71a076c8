package main

import (
	"gonogo"
	"gonogo/environment"
)

type Variable struct {
	Name    gonogo.Variable `json:"name" about:"The variable."`
	Pattern string          `json:"pattern" default:".+" about:"What the whole value must match."`
}

var variable = gonogo.Check{
	Name:          "variable",
	Summary:       "A variable is set to something of the right form",
	Documentation: "The value never reaches the check.",
	Parameters:    Variable{},
}

func (v Variable) Run(r *gonogo.Report) error {
	length, set, err := environment.Length(v.Name)
	if err != nil {
		return err
	}
	if !set {
		r.NoGof("%s is not set", v.Name).Hintf("export %s=…", v.Name)
		r.Summaryf("%s is not set", v.Name)
		return nil
	}
	r.Fact("length", length).Unit("B")
	matches, err := environment.Matches(v.Name, v.Pattern)
	if err != nil {
		return err
	}
	if !matches {
		r.NoGof("%s does not match %s", v.Name, v.Pattern)
	}
	r.Summaryf("%s is set", v.Name)
	return nil
}
