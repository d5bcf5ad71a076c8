package main

import (
	"strings"
	"unicode/utf8"

	"gonogo"
	"gonogo/files"
)

// part is how many bytes are read at a time.
const part = 65536

type Lines struct {
	Path    gonogo.Readable `json:"path" about:"The file."`
	Minimum uint64          `json:"minimum" default:"1" about:"Fewest lines."`
	Length  uint32          `json:"length" default:"120" minimum:"1" about:"Most characters of a line."`
}

var lines = gonogo.Check{
	Name:          "lines",
	Summary:       "A text file has enough lines, none too long",
	Documentation: "A line is what ends with a newline, or with the file.",
	Parameters:    Lines{},
}

func (l Lines) Run(r *gonogo.Report) error {
	bytes, err := l.bytes()
	if err != nil {
		return err
	}
	if !utf8.Valid(bytes) {
		return gonogo.Unknownf("%s is not UTF-8", l.Path)
	}
	// What follows the last newline is a line only where there is something.
	found := strings.Split(string(bytes), "\n")
	if found[len(found)-1] == "" {
		found = found[:len(found)-1]
	}
	r.Fact("lines", len(found)).Unit("1").Boundf(">= %d", l.Minimum)
	for at, line := range found {
		if characters := utf8.RuneCountInString(line); characters > int(l.Length) {
			r.Warnf("line of %d characters, at most %d wanted", characters, l.Length).
				AtLine(string(l.Path), uint32(at+1)).Column(l.Length + 1)
		}
	}
	if uint64(len(found)) < l.Minimum {
		r.NoGof("%s has %d lines, at least %d wanted", l.Path, len(found), l.Minimum).At(string(l.Path))
	}
	r.Summaryf("%d lines", len(found))
	return nil
}

// bytes is the whole file, part by part.
func (l Lines) bytes() ([]byte, error) {
	var bytes []byte
	for {
		more, err := files.Read(l.Path, uint64(len(bytes)), part)
		if err != nil {
			return nil, err
		}
		bytes = append(bytes, more...)
		if len(more) < part {
			return bytes, nil
		}
	}
}
