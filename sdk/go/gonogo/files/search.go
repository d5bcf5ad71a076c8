package files

import (
	"iter"
	"maps"

	"gonogo"
)

// Pattern is one pattern of a search. `wit/files.wit` says what each part means.
type Pattern struct {
	// ID is what its matches call it.
	ID string
	// Expression is a regular expression of Rust's regex crate, over lines.
	Expression string
	// Keywords, in lower case: only near one of them is the expression tried.
	Keywords []string
	// Secret is the name of the group that holds one; "0" for the whole match.
	Secret string
	// Entropy is the least of the secret, in bits per character.
	Entropy float64
	// More are further parts by the contract's names: `exclude`, `stop-words`, `paths`, `checksum`.
	More gonogo.Attributes
}

func (p Pattern) attributes() gonogo.Attributes {
	parts := gonogo.Attributes{}
	maps.Copy(parts, p.More)
	parts["id"], parts["pattern"] = p.ID, p.Expression
	if len(p.Keywords) > 0 {
		parts["keywords"] = p.Keywords
	}
	if p.Secret != "" {
		parts["secret"] = p.Secret
	}
	if p.Entropy > 0 {
		parts["entropy"] = p.Entropy
	}
	return parts
}

// Matches are those of a search.
type Matches struct{ matches *matches }

// Search starts a search of a file, or of all files below a directory, for all patterns at once. Recordings and cases know it by its name.
// Options go by the contract's names: `exclude`, `size-maximum`, `base64`, `history`, `table`.
func Search[P Path](path P, name string, patterns []Pattern, options gonogo.Attributes) (*Matches, error) {
	named := gonogo.Attributes{}
	maps.Copy(named, options)
	named["name"] = name
	found, err := search(string(path), parts(patterns), named)
	return &Matches{found}, err
}

// SearchProcesses starts a search of the arguments of all processes that this user may see, for a gonogo.Processes parameter.
func SearchProcesses(patterns []Pattern) (*Matches, error) {
	found, err := searchProcesses(parts(patterns))
	return &Matches{found}, err
}

func parts(patterns []Pattern) []gonogo.Attributes {
	lists := make([]gonogo.Attributes, len(patterns))
	for at, pattern := range patterns {
		lists[at] = pattern.attributes()
	}
	return lists
}

// All gives the matches. An error is the last thing that it gives.
func (m *Matches) All() iter.Seq2[gonogo.Attributes, error] {
	return func(yield func(gonogo.Attributes, error) bool) { inBatches(m.matches.next, yield) }
}

// Totals tells what was searched so far.
func (m *Matches) Totals() (gonogo.Attributes, error) { return m.matches.totals() }

// Counts tells, for tables, how many rows of each field matched each pattern.
func (m *Matches) Counts() ([]gonogo.Attributes, error) { return m.matches.counts() }

// Close lets the host forget the search. When the job ends it does so by itself.
func (m *Matches) Close() { m.matches.close() }
