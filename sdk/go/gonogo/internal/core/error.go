// Package core has the types that the SDK and its packages share. Plugins see them as gonogo.Error, gonogo.Attributes and so on.
package core

// Kind says why the host could not answer.
type Kind string

// The kinds of the contract.
const (
	Denied      Kind = "denied"
	NotFound    Kind = "not-found"
	Limit       Kind = "limit"
	Timeout     Kind = "timeout"
	IO          Kind = "io"
	Unsupported Kind = "unsupported"
)

// Kinds are all of them, in the contract's order.
var Kinds = []Kind{Denied, NotFound, Limit, Timeout, IO, Unsupported}

// Error makes a kind something to compare with: errors.Is(err, gonogo.NotFound).
func (k Kind) Error() string { return string(k) }

// Error is the host's reason for not answering.
type Error struct {
	Kind Kind
	// Text says what was tried, on what, why it failed and what to do about it.
	Text string
}

// Error shows the kind where the text alone would not tell it.
func (e *Error) Error() string {
	switch e.Kind {
	case Denied, Limit, Timeout:
		return string(e.Kind) + ": " + e.Text
	default:
		return e.Text
	}
}

// Is tells whether the error is of that kind.
func (e *Error) Is(target error) bool {
	kind, is := target.(Kind)
	return is && kind == e.Kind
}
