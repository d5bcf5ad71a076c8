// Package environment asks about the variables that gonogo.Variable and gonogo.Revealed parameters name.
package environment

import "gonogo"

// Length is that of the value in bytes, and whether the variable is set.
func Length(name gonogo.Variable) (length uint32, set bool, err error) { return lengthOf(string(name)) }

// Matches tells whether the whole value matches a regular expression; gonogo.NotFound where the variable is not set. Few patterns for each variable.
func Matches(name gonogo.Variable, pattern string) (bool, error) {
	return matches(string(name), pattern)
}

// Reveal is the value of a gonogo.Revealed parameter's variable, and whether it is set.
func Reveal(name gonogo.Revealed) (value string, set bool, err error) { return reveal(string(name)) }

// Load takes in a `.env` file: for the rest of the job, variables that are not set have its values. It gives the names in it.
func Load(path gonogo.Readable) ([]string, error) { return load(string(path)) }

// Number is the whole number that a pattern's first group captures in the value, or in a part of it, and whether the pattern matches. Each step
// of decode is one of `jwt-header`, `jwt-claims`, `base64`, `json:NAME`.
func Number(name gonogo.Variable, decode []string, pattern string) (number int64, matched bool, err error) {
	return numberIn(string(name), decode, pattern)
}
