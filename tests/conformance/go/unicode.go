package main

import (
	"slices"
	"unicode/utf8"

	"gonogo"
	"gonogo/log"
)

type Unicode struct {
	Text string `json:"text" default:"Grüße, 世界 👋🏽" about:"Any text: ½, ß, é."`
}

var unicodeText = gonogo.Check{
	Name:          "unicode",
	Summary:       "Text keeps its characters: Größe, 世界, 👋🏽",
	Documentation: "Characters are Unicode scalar values.",
	Parameters:    Unicode{},
}

func (u Unicode) Run(r *gonogo.Report) error {
	r.Fact("characters", utf8.RuneCountInString(u.Text)).Unit("1")
	r.Fact("bytes", len(u.Text)).Unit("B")
	widths := make([]int, utf8.UTFMax)
	for _, character := range u.Text {
		widths[utf8.RuneLen(character)-1]++
	}
	r.Fact("widths", widths).Unit("1")
	reversed := []rune(u.Text)
	slices.Reverse(reversed)
	r.Fact("reversed", string(reversed))
	r.Note(u.Text).At(u.Text).Hint(u.Text)
	log.Info(u.Text)
	r.Summary(u.Text)
	return nil
}
