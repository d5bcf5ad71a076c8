package files

import (
	"iter"

	"gonogo"
)

// Entry is one thing that a walk met. Links are not followed.
type Entry struct {
	// Path is as the walk's, with further names after it.
	Path string `json:"path"`
	Kind Kind   `json:"kind"`
	Size uint64 `json:"size"`
	// Mode has the permission bits.
	Mode  uint32 `json:"mode"`
	Owner uint32 `json:"owner"`
	Group uint32 `json:"group"`
	// Modified is in seconds since the Unix epoch.
	Modified float64 `json:"modified"`
	Links    uint32  `json:"links"`
	Device   uint64  `json:"device"`
	// Target is where a link leads to, as it is written.
	Target string `json:"target"`
	// Failed is what could not be found out; nil where all was.
	Failed *gonogo.Error `json:"failed"`
}

// WalkOptions say what a walk leaves out.
type WalkOptions struct {
	// Exclude are patterns of .gitignore, relative to the walk's path.
	Exclude []string
	// IgnoreFiles leaves out what .gitignore and .ignore files name.
	IgnoreFiles bool
	// SameDevice stays on one device.
	SameDevice bool
	// Depth goes no deeper; 1 is what lies directly in the directory, 0 is all.
	Depth uint32
	// ModeAny gives only what has one of these permission bits.
	ModeAny uint32
	// Kinds gives only these.
	Kinds []Kind
}

func (o WalkOptions) attributes() gonogo.Attributes {
	options := gonogo.Attributes{}
	if len(o.Exclude) > 0 {
		options["exclude"] = o.Exclude
	}
	if o.IgnoreFiles {
		options["ignore-files"] = true
	}
	if o.SameDevice {
		options["same-device"] = true
	}
	if o.Depth > 0 {
		options["depth"] = int64(o.Depth)
	}
	if o.ModeAny > 0 {
		options["mode-any"] = int64(o.ModeAny)
	}
	if len(o.Kinds) > 0 {
		kinds := make([]string, len(o.Kinds))
		for at, kind := range o.Kinds {
			kinds[at] = string(kind)
		}
		options["kinds"] = kinds
	}
	return options
}

// Walk gives everything below a directory, parents before children, names sorted. An error is the last thing that it gives.
//
//	for entry, err := range files.Walk(c.Root, files.WalkOptions{}) {
//		if err != nil {
//			return err
//		}
func Walk[P Path](path P, options WalkOptions) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		entries, err := walk(string(path), options.attributes())
		if err != nil {
			yield(nil, err)
			return
		}
		defer entries.close()
		inBatches(entries.next, func(entry Entry, err error) bool {
			if err != nil {
				return yield(nil, err)
			}
			return yield(&entry, nil)
		})
	}
}

// inBatches gives the items of one batch after the other, until an empty one or an error.
func inBatches[T any](next func() ([]T, error), yield func(T, error) bool) {
	for {
		batch, err := next()
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		if len(batch) == 0 {
			return
		}
		for _, item := range batch {
			if !yield(item, nil) {
				return
			}
		}
	}
}
