package gonogo

import (
	"errors"
	"fmt"
	"reflect"
	"time"
)

// Runner is a struct of parameters that measures and judges.
//
// Tags of its fields: `json` (the parameter's name; without it that of the field, in kebab-case), `about` (what it is, one sentence), `default` (as
// people write it; a field without one must be given, unless it is a pointer), `minimum`, `maximum`, `pattern`, `choices` (between commas).
type Runner interface {
	// Run measures and judges. An error ends the check as unknown, with the error's text; NotApplicable ends it as not applicable.
	// What the report holds by then is kept.
	Run(r *Report) error
}

// Check is one row of a plugin's table.
type Check struct {
	// Name is the check's name: `cpu` in `system/cpu`.
	Name string
	// Summary is what must hold, in one line without a full stop.
	Summary string
	// Documentation is Markdown: what is measured, how it is judged, where the default bounds come from.
	Documentation string
	// Parameters is an empty struct of the check's type: Memory{}.
	Parameters Runner
	// Commands are those that the check may run, each a list of arguments. `{name}` stands for a parameter, `{list[].name}` for each
	// element's in turn, `{list[].names...}` for all of them as arguments of their own.
	Commands [][]string
	// Timeout is what the whole job may take, where the host's default is too short.
	Timeout time.Duration
	// Exclusive says that the check measures speed, so that nothing may run beside it.
	Exclusive bool
}

// Plugin is what a plugin is, and the table of its checks.
type Plugin struct {
	// Version is semver.
	Version string
	// Summary is what the plugin is for, one line.
	Summary string
	// Checks are the checks.
	Checks []Check
}

// schema is the JSON Schema of the check's parameters.
func (c *Check) schema() (string, error) {
	if c.Parameters == nil {
		return "", fmt.Errorf("check %s: Parameters is not set: write %s{}", c.Name, c.Name)
	}
	schema, err := schemaOf(c.shape())
	if err != nil {
		return "", fmt.Errorf("check %s: %w", c.Name, err)
	}
	text, err := plainJSON(schema)
	return string(text), err
}

func (c *Check) shape() reflect.Type {
	shape := reflect.TypeOf(c.Parameters)
	if shape.Kind() == reflect.Pointer {
		return shape.Elem()
	}
	return shape
}

// Faults are what keeps the plugin's table from being described: a default that does not fit, a type that is no parameter. Tests ask.
func (p Plugin) Faults() []error {
	var faults []error
	for at := range p.Checks {
		if _, err := p.Checks[at].schema(); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// run runs one check. Without a report there is a reason.
func (p Plugin) run(name, parameters string) (*Report, *stop) {
	for at := range p.Checks {
		if p.Checks[at].Name == name {
			return p.Checks[at].run(parameters)
		}
	}
	return nil, &stop{why: fmt.Sprintf("this plugin has no check '%s'", name)}
}

func (c *Check) run(parameters string) (*Report, *stop) {
	report := &Report{}
	err := c.measure(report, []byte(parameters))
	var stopped *stop
	switch {
	case err == nil:
		return report, nil
	case errors.As(err, &stopped) && stopped.notApplicable:
		return nil, &stop{notApplicable: true, why: err.Error()}
	case report.empty():
		return nil, &stop{why: err.Error()}
	}
	// What was found out before stays: a no-go among it is a no-go.
	report.Unknown(err.Error())
	return report, nil
}

// measure runs the check. A panic is an error like any other.
func (c *Check) measure(report *Report, parameters []byte) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			sayWhere()
			err = fmt.Errorf("the check panicked: %v", panicked)
		}
	}()
	check := reflect.New(c.shape())
	if err := decode(parameters, check.Elem()); err != nil {
		return fmt.Errorf("the parameters do not fit the check: %w", err)
	}
	// A method of the struct is one of the pointer to it, too.
	return check.Interface().(Runner).Run(report)
}
