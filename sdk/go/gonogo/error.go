package gonogo

import (
	"fmt"

	"gonogo/internal/core"
)

// Error is the host's reason for not answering: a Kind and a text that says what was tried, on what, why it failed and what to do.
type Error = core.Error

// Kind is what a host's error is about: errors.Is(err, gonogo.NotFound).
type Kind = core.Kind

// The kinds of a host's errors.
const (
	// Denied: no parameter of this job names the thing.
	Denied = core.Denied
	// NotFound: the named thing is not there.
	NotFound = core.NotFound
	// Limit: the answer is larger than the host gives out.
	Limit = core.Limit
	// Timeout: the answer did not come in time.
	Timeout = core.Timeout
	// IO: the operating system refused or failed.
	IO = core.IO
	// Unsupported: this machine, platform or host cannot tell, ever.
	Unsupported = core.Unsupported
)

// stop ends a check without a report.
type stop struct {
	notApplicable bool
	why           string
}

func (s *stop) Error() string { return s.why }

// NotApplicable ends a check whose item asks for nothing here: say why.
func NotApplicable(why string) error { return &stop{true, why} }

// NotApplicablef is NotApplicable with fmt's verbs.
func NotApplicablef(format string, values ...any) error {
	return NotApplicable(fmt.Sprintf(format, values...))
}

// Unknown ends a check that could not tell: say what was tried, on what, and why it failed.
func Unknown(why string) error { return &stop{false, why} }

// Unknownf is Unknown with fmt's verbs.
func Unknownf(format string, values ...any) error { return Unknown(fmt.Sprintf(format, values...)) }
