package main

import (
	"unicode/utf8"

	"gonogo"
)

type Large struct {
	Text string `json:"text" default:"" about:"The text."`
}

var large = gonogo.Check{Name: "large", Summary: "A large text comes back as it went", Parameters: Large{}}

func (l Large) Run(r *gonogo.Report) error {
	bytes, characters := len(l.Text), utf8.RuneCountInString(l.Text)
	r.Fact("bytes", bytes).Unit("B")
	r.Fact("characters", characters).Unit("1")
	r.Note(l.Text)
	r.Summaryf("%d B, %d characters", bytes, characters)
	return nil
}
