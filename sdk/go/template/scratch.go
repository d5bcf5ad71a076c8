package main

import (
	"errors"

	"gonogo"
	"gonogo/files"
)

// probe is what is written and read back to see that it can be done.
const probe = gonogo.MiB

// Scratch is the parameters. Whoever writes them into gonogo.toml grants what they name.
type Scratch struct {
	Directory gonogo.Writable `json:"directory" about:"The directory. Whoever writes it into gonogo.toml allows the probe file in it."`
	Minimum   gonogo.Size     `json:"minimum" default:"10 GiB" about:"Least free space."`
}

var scratch = gonogo.Check{
	Name:    "scratch",
	Summary: "The scratch directory has room and can be written to",
	Documentation: "Free space is what ordinary users may still use. A file of 1 MiB is written, synced, read back and removed: a directory that looks\n" +
		"writable and is not (a quota, a full journal, a mount that went read-only) is found before the run, not by its first checkpoint.",
	Parameters: Scratch{},
}

// Run measures and judges. An error that it returns ends the check as unknown: it could not be told.
func (s Scratch) Run(r *gonogo.Report) error {
	space, err := files.Space(s.Directory)
	if err != nil {
		return err
	}
	free, err := gonogo.Need[gonogo.Size](space, "available")
	if err != nil {
		return err
	}
	directory := string(s.Directory)
	r.Fact("free", free).Unit("B").Boundf(">= %d", s.Minimum)
	r.Summaryf("%s free in %s", free, directory)
	if free < s.Minimum {
		r.NoGof("%s has %s free, at least %s wanted", directory, free, s.Minimum).At(directory).
			Hintf("see what fills it: du -xh --max-depth=1 %s | sort -h", directory)
	}
	readOnly, _, err := gonogo.Get[bool](space, "read-only")
	if err != nil {
		return err
	}
	if readOnly {
		r.NoGof("%s is mounted read-only", directory).At(directory)
		return nil
	}
	return s.write(r)
}

// write tries it.
func (s Scratch) write(r *gonogo.Report) error {
	directory := string(s.Directory)
	written, err := files.Probe(s.Directory, probe)
	// The system said no: that is what the check is about. All other errors mean that it cannot be told.
	if failed := (*gonogo.Error)(nil); errors.As(err, &failed) && failed.Kind == gonogo.IO {
		r.NoGof("cannot write into %s: %s", directory, failed.Text).At(directory).Hintf("touch %s/x", directory)
		return nil
	}
	if err != nil {
		return err
	}
	rate, there, err := gonogo.Get[gonogo.Rate](written, "write-rate")
	if there {
		r.Fact("write rate", rate).Unit("B/s")
	}
	return err
}
