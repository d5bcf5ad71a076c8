// Package files reads what gonogo.Readable parameters name, and probes where gonogo.Writable ones allow it.
//
// Paths are written as in the parameter, with further names after it. See `wit/files.wit` for what each function answers.
package files

import (
	"fmt"
	"unicode/utf8"

	"gonogo"
)

// Kind is what a name in a directory is.
type Kind string

// The kinds.
const (
	// File is a regular file.
	File Kind = "file"
	// Directory is a directory.
	Directory Kind = "directory"
	// Link is a symbolic link.
	Link Kind = "link"
	// Other is a FIFO, a socket or a device.
	Other Kind = "other"
)

// Algorithm is how to digest.
type Algorithm string

// The algorithms.
const (
	SHA256 Algorithm = "sha256"
	BLAKE3 Algorithm = "blake3"
)

// Path is a path as a parameter names it, or a text that was made from one.
type Path interface{ ~string }

// MostBytes is what one Read gives at most.
const MostBytes = 4 << 20

// Named is a name in a directory.
type Named struct {
	Name string
	Kind Kind
}

// Digested is the digest of one of many files, in lower-case hex, or why there is none.
type Digested struct {
	Digest string
	Err    error
}

// Stat tells what a path is; with follow, what a link leads to.
func Stat[P Path](path P, follow bool) (gonogo.Attributes, error) { return stat(string(path), follow) }

// Read gives part of a file: fewer bytes than length only at its end.
func Read[P Path](path P, offset uint64, length uint32) ([]byte, error) {
	return read(string(path), offset, length)
}

// ReadText gives a whole text file of less than MostBytes.
func ReadText[P Path](path P) (string, error) {
	bytes, err := read(string(path), 0, MostBytes)
	if err != nil {
		return "", err
	}
	if len(bytes) == MostBytes {
		text := fmt.Sprintf("%s is larger than %d bytes", path, MostBytes)
		return "", &gonogo.Error{Kind: gonogo.Limit, Text: text}
	}
	for at := 0; at < len(bytes); {
		character, width := utf8.DecodeRune(bytes[at:])
		if character == utf8.RuneError && width <= 1 {
			text := fmt.Sprintf("%s is not UTF-8: byte %d starts no character", path, at)
			return "", &gonogo.Error{Kind: gonogo.IO, Text: text}
		}
		at += width
	}
	return string(bytes), nil
}

// List gives the names in a directory with their kinds, sorted.
func List[P Path](path P) ([]Named, error) { return list(string(path)) }

// Find gives the first line, from 1, on which a regular expression matches, and whether there is one.
func Find[P Path](path P, pattern string) (line uint64, found bool, err error) {
	return find(string(path), pattern)
}

// Digest is a file's digest in lower-case hex.
func Digest[P Path](path P, algorithm Algorithm) (string, error) {
	return digest(string(path), algorithm)
}

// Digests are those of many files (at most 10,000), in their order. A file that cannot be read has an error of its own.
func Digests(paths []string, algorithm Algorithm) ([]Digested, error) {
	return digests(paths, algorithm)
}

// Space tells about the filesystem that holds a path.
func Space[P Path](path P) (gonogo.Attributes, error) { return space(string(path)) }

// MakeScratch makes the directory that a gonogo.Scratch parameter names, for the job's commands to fill. The host removes it when the job ends.
func MakeScratch(path gonogo.Scratch) error { return scratch(string(path)) }

// Probe writes, syncs, reads back and removes a file of that size in a directory.
func Probe(directory gonogo.Writable, size gonogo.Size) (gonogo.Attributes, error) {
	return probe(string(directory), uint64(size))
}
