package gonogo

import "gonogo/internal/core"

// Attributes are named values as the host answers them: bool, int64, float64, string, []string, []float64 (a series), or *Error where the host
// asked and got no answer. A name that is absent is unknown to the machine: never zero.
type Attributes = core.Attributes

// Wanted are the types that a value can be read as, the SDK's own among them: Get[gonogo.Size].
type Wanted = core.Wanted

// Get gives the value of that name, and whether this machine has one. It fails where the host asked and got no answer, or the value is of another type.
func Get[T Wanted](attributes Attributes, name string) (value T, there bool, err error) {
	return core.Get[T](attributes, name)
}

// Need gives the value of that name, which the check cannot do without. It fails as Get does, and where this machine has none.
func Need[T Wanted](attributes Attributes, name string) (T, error) {
	return core.Need[T](attributes, name)
}
