// Package process runs the commands that the plan lists: those of a check's Commands and of gonogo.Command parameters. Never a shell.
package process

import "fmt"

// Output is what a command that ran to its end left.
type Output struct {
	// Code is the exit code; nil when a signal ended it.
	Code *int32 `json:"code"`
	// Signal is the signal that ended it.
	Signal *int32 `json:"signal"`
	// Stdout is at most 1 MiB.
	Stdout string `json:"stdout"`
	// Stderr is at most 64 KiB.
	Stderr string `json:"stderr"`
	// Truncated tells whether either was longer.
	Truncated bool `json:"truncated"`
}

// Succeeded tells whether it ended with code 0.
func (o *Output) Succeeded() bool { return o.Code != nil && *o.Code == 0 }

// Ending is how it ended: "code 1", "signal 9".
func (o *Output) Ending() string {
	switch {
	case o.Code != nil:
		return fmt.Sprintf("code %d", *o.Code)
	case o.Signal != nil:
		return fmt.Sprintf("signal %d", *o.Signal)
	default:
		return "no code"
	}
}

// Find tells where a program that a parameter or a command names is.
func Find(program string) (string, error) { return find(program) }

// Run runs a command that the plan lists, argument for argument.
func Run(command ...string) (*Output, error) { return run(command) }
