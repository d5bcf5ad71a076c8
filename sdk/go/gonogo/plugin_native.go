//go:build !wasm

package gonogo

import (
	"os"
	"runtime/debug"
)

// Export makes a plugin the one that a component exports. Natively there is no component.
func Export(Plugin) {}

// sayWhere shows where a check panicked: natively there is no log, and a failing test should tell.
func sayWhere() { _, _ = os.Stderr.Write(debug.Stack()) }

// Outcome is what a check said, in the form of a case's `expect`.
type Outcome map[string]any

// Run runs one check natively, on the host answers that package gonogotest laid down.
func (p Plugin) Run(check, parameters string) Outcome {
	report, stopped := p.run(check, parameters)
	if stopped != nil {
		verdict := "unknown"
		if stopped.notApplicable {
			verdict = "not-applicable"
		}
		return Outcome{"verdict": verdict, "reason": stopped.why}
	}
	verdict := "go"
	if worst, any := report.Worst(); any && worst != SeverityNote {
		verdict = worst.String()
	}
	facts, findings := []any{}, []any{}
	for _, fact := range report.facts {
		facts = append(facts, present(map[string]any{"name": fact.name, "value": fact.value, "unit": fact.unit, "bound": fact.bound}))
	}
	for _, finding := range report.findings {
		shown := map[string]any{"severity": finding.severity.String(), "message": finding.message, "hint": finding.hint}
		if finding.path != nil {
			shown["location"] = present(map[string]any{"path": finding.path, "line": finding.line, "column": finding.column})
		}
		findings = append(findings, present(shown))
	}
	return Outcome{"verdict": verdict, "summary": report.summary, "facts": facts, "findings": findings}
}

// present leaves out what is not there.
func present(values map[string]any) map[string]any {
	for name, value := range values {
		switch value := value.(type) {
		case *string:
			if value == nil {
				delete(values, name)
			}
		case *uint32:
			if value == nil {
				delete(values, name)
			}
		}
	}
	return values
}
