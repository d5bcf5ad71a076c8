package main

import (
	"gonogo"
	"gonogo/system"
)

type Memory struct {
	Minimum gonogo.Size `json:"minimum" default:"16 GiB" about:"Least memory that this run may use."`
}

var memory = gonogo.Check{
	Name:          "memory",
	Summary:       "Memory is as large as asked for",
	Documentation: "Usable memory is the least of the board's and the cgroup's.",
	Parameters:    Memory{},
}

func (m Memory) Run(r *gonogo.Report) error {
	machine, err := system.Memory()
	if err != nil {
		return err
	}
	usable, err := gonogo.Need[gonogo.Size](machine, "usable")
	if err != nil {
		return err
	}
	r.Fact("usable memory", usable).Unit("B").Boundf(">= %d", m.Minimum)
	if usable < m.Minimum {
		r.NoGof("%s of memory, at least %s wanted", usable, m.Minimum).
			Hint("raise the memory limit of its cgroup, or run it on a larger machine")
	}
	r.Summaryf("%s of memory", usable)
	return nil
}
