package main

import (
	"gonogo"
	"gonogo/files"
)

// othersWrite is the permission bit that lets everybody write.
const othersWrite = 0o002

type Walk struct {
	Root    gonogo.Readable `json:"root" about:"The directory."`
	Maximum gonogo.Size     `json:"maximum" default:"1 GiB" about:"Most bytes of all files together."`
}

var walk = gonogo.Check{
	Name:       "walk",
	Summary:    "A directory is not too large, and nobody else may write into it",
	Parameters: Walk{},
}

func (w Walk) Run(r *gonogo.Report) error {
	count, size := 0, gonogo.Size(0)
	for entry, err := range files.Walk(w.Root, files.WalkOptions{Exclude: []string{".git/"}}) {
		if err != nil {
			return err
		}
		if entry.Kind == files.File {
			count++
			size += gonogo.Size(entry.Size)
		}
		if entry.Failed != nil {
			r.Unknownf("cannot look at %s: %s", entry.Path, entry.Failed).At(entry.Path)
		}
		if (entry.Kind == files.File || entry.Kind == files.Directory) && entry.Mode&othersWrite != 0 {
			r.Warnf("%s has mode %04o: everybody may write to it", entry.Path, entry.Mode).
				At(entry.Path).Hintf("chmod o-w %s", entry.Path)
		}
	}
	r.Fact("files", count).Unit("1")
	r.Fact("size", size).Unit("B").Boundf("<= %d", w.Maximum)
	if size > w.Maximum {
		r.NoGof("%s in %d files, at most %s wanted", size, count, w.Maximum)
	}
	r.Summaryf("%d files, %s", count, size)
	return nil
}
