package main

import (
	"errors"
	"regexp"
	"strings"

	"gonogo"
	"gonogo/process"
)

type Version struct {
	Program gonogo.Program `json:"program" default:"git" about:"The program."`
	Minimum string         `json:"minimum" default:"2.30" about:"Oldest version that will do."`
}

var version = gonogo.Check{
	Name:       "version",
	Summary:    "A program is new enough",
	Parameters: Version{},
	Commands:   [][]string{{"{program}", "--version"}},
}

var numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)+`)

func (v Version) Run(r *gonogo.Report) error {
	output, err := process.Run(string(v.Program), "--version")
	if errors.Is(err, gonogo.NotFound) {
		r.NoGof("%s is not there", v.Program).Hintf("install %s", v.Program)
		r.Summaryf("%s is not there", v.Program)
		return nil
	}
	if err != nil {
		return err
	}
	if !output.Succeeded() {
		return gonogo.Unknownf("%s --version ended with %s", v.Program, output.Ending())
	}
	found := numbers.FindString(output.Stdout)
	if found == "" {
		return gonogo.Unknownf("%s --version prints no version", v.Program)
	}
	r.Fact("version", found).Boundf(">= %s", v.Minimum)
	if older(found, v.Minimum) {
		r.NoGof("%s is %s, at least %s wanted", v.Program, found, v.Minimum)
	}
	r.Summaryf("%s %s", v.Program, found)
	return nil
}

// older compares number by number; missing ones are 0. Numbers are compared as texts without leading zeros: they may be of any length.
func older(version, than string) bool {
	one, other := strings.Split(version, "."), strings.Split(than, ".")
	for at := range max(len(one), len(other)) {
		left, right := part0(one, at), part0(other, at)
		if len(left) != len(right) {
			return len(left) < len(right)
		}
		if left != right {
			return left < right
		}
	}
	return false
}

func part0(parts []string, at int) string {
	if at >= len(parts) {
		return ""
	}
	return strings.TrimLeft(parts[at], "0")
}
