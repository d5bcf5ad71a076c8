package gonogo

import (
	"fmt"

	"gonogo/internal/core"
)

// Severity is how bad a finding is, in rising order.
type Severity int

// The severities.
const (
	// SeverityNote is worth knowing; the verdict stays go.
	SeverityNote Severity = iota
	// SeverityWarn needs attention, and does not stop the run.
	SeverityWarn
	// SeverityUnknown could not be told.
	SeverityUnknown
	// SeverityNoGo must not start like this.
	SeverityNoGo
)

// String is the severity as reports write it.
func (s Severity) String() string {
	names := []string{"note", "warn", "unknown", "no-go"}
	if s < 0 || int(s) >= len(names) {
		return fmt.Sprintf("severity %d", int(s))
	}
	return names[s]
}

// Report is what a check found out. The worst finding makes the verdict; none makes it go.
type Report struct {
	summary  string
	facts    []*Fact
	findings []*Finding
}

// Fact is something measured.
type Fact struct {
	name        string
	value       any
	unit, bound *string
}

// Finding is something to act on.
type Finding struct {
	severity     Severity
	message      string
	path, hint   *string
	line, column *uint32
}

// Summary is the result in one line, with the figures that matter. The last call counts.
func (r *Report) Summary(summary string) { r.summary = summary }

// Summaryf is Summary with fmt's verbs.
func (r *Report) Summaryf(format string, values ...any) { r.Summary(fmt.Sprintf(format, values...)) }

// Fact is something measured: a bool, a number, a text, texts, or a slice of numbers, which is a series that a report draws; anything else is a
// panic. Give it its unit and its bound.
func (r *Report) Fact(name string, value any) *Fact {
	plain, is := core.Plain(value)
	if !is {
		panic(fmt.Sprintf("fact '%s': the contract has no value for a %T", name, value))
	}
	fact := &Fact{name: name, value: plain}
	r.facts = append(r.facts, fact)
	return fact
}

// Note is worth knowing; the verdict stays go.
func (r *Report) Note(message string) *Finding { return r.Finding(SeverityNote, message) }

// Notef is Note with fmt's verbs.
func (r *Report) Notef(format string, values ...any) *Finding {
	return r.Note(fmt.Sprintf(format, values...))
}

// Warn needs attention, and does not stop the run.
func (r *Report) Warn(message string) *Finding { return r.Finding(SeverityWarn, message) }

// Warnf is Warn with fmt's verbs.
func (r *Report) Warnf(format string, values ...any) *Finding {
	return r.Warn(fmt.Sprintf(format, values...))
}

// Unknown says that a part of it could not be told.
func (r *Report) Unknown(message string) *Finding { return r.Finding(SeverityUnknown, message) }

// Unknownf is Unknown with fmt's verbs.
func (r *Report) Unknownf(format string, values ...any) *Finding {
	return r.Unknown(fmt.Sprintf(format, values...))
}

// NoGo must not start like this.
func (r *Report) NoGo(message string) *Finding { return r.Finding(SeverityNoGo, message) }

// NoGof is NoGo with fmt's verbs.
func (r *Report) NoGof(format string, values ...any) *Finding {
	return r.NoGo(fmt.Sprintf(format, values...))
}

// Finding is one whose severity is computed.
func (r *Report) Finding(severity Severity, message string) *Finding {
	finding := &Finding{severity: severity, message: message}
	r.findings = append(r.findings, finding)
	return finding
}

// Worst is the worst severity so far, and whether there is any finding.
func (r *Report) Worst() (worst Severity, any bool) {
	for _, finding := range r.findings {
		worst = max(worst, finding.severity)
	}
	return worst, len(r.findings) > 0
}

// Findings is how many findings there are.
func (r *Report) Findings() int { return len(r.findings) }

func (r *Report) empty() bool { return len(r.facts) == 0 && len(r.findings) == 0 }

// Unit is `B`, `s`, `B/s`, `Hz`, `°C`, `W`, or `1` for a count or a share.
func (f *Fact) Unit(unit string) *Fact {
	f.unit = &unit
	return f
}

// Bound is what the value is held against, in the fact's unit: `>= 4`.
func (f *Fact) Bound(bound string) *Fact {
	f.bound = &bound
	return f
}

// Boundf is Bound with fmt's verbs.
func (f *Fact) Boundf(format string, values ...any) *Fact {
	return f.Bound(fmt.Sprintf(format, values...))
}

// At says in which file.
func (f *Finding) At(path string) *Finding {
	f.path, f.line, f.column = &path, nil, nil
	return f
}

// AtLine says on which line of which file, counted from 1.
func (f *Finding) AtLine(path string, line uint32) *Finding {
	f.path, f.line, f.column = &path, &line, nil
	return f
}

// Column says in which column of the place that At or AtLine named, counted from 1.
func (f *Finding) Column(column uint32) *Finding {
	if f.path != nil {
		f.column = &column
	}
	return f
}

// Hint says what to do: best the exact command or line of configuration.
func (f *Finding) Hint(hint string) *Finding {
	f.hint = &hint
	return f
}

// Hintf is Hint with fmt's verbs.
func (f *Finding) Hintf(format string, values ...any) *Finding {
	return f.Hint(fmt.Sprintf(format, values...))
}
