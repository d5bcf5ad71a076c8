package gonogo

import (
	"runtime/debug"

	_ "gonogo/internal/bindings/exports/wit_exports" // the component's exports

	export "gonogo/internal/bindings/exports/export_gonogo_plugin_checks"
	checks "gonogo/internal/bindings/imports/gonogo_plugin_checks"
	logs "gonogo/internal/bindings/imports/gonogo_plugin_log"
	"gonogo/internal/core"
	"gonogo/internal/wire"
	witTypes "gonogo/internal/wit/types"
)

// Export makes a plugin the one that this component exports. Call it in an init function: a component has no main.
func Export(plugin Plugin) {
	export.Describe = plugin.describe
	export.Run = func(name, parameters string) witTypes.Result[checks.Report, checks.Stop] {
		report, stopped := plugin.run(name, parameters)
		switch {
		case stopped == nil:
			return witTypes.Ok[checks.Report, checks.Stop](report.contract())
		case stopped.notApplicable:
			return witTypes.Err[checks.Report](checks.MakeStopNotApplicable(stopped.why))
		default:
			return witTypes.Err[checks.Report](checks.MakeStopUnknown(stopped.why))
		}
	}
}

// sayWhere tells the log where a check panicked: the report has the message alone.
func sayWhere() { logs.Log(logs.Level_Debug, string(debug.Stack())) }

func (p Plugin) describe() checks.Description {
	described := checks.Description{Version: p.Version, Summary: p.Summary}
	for at := range p.Checks {
		check := &p.Checks[at]
		schema, err := check.schema()
		if err != nil {
			panic(err.Error())
		}
		traits := core.Attributes{}
		if check.Timeout > 0 {
			traits["timeout"] = check.Timeout.Seconds()
		}
		if check.Exclusive {
			traits["exclusive"] = true
		}
		described.Checks = append(described.Checks, checks.Check{
			Name: check.Name, Summary: check.Summary, Documentation: check.Documentation,
			Parameters: schema, Commands: check.Commands, Traits: wire.Options(traits),
		})
	}
	return described
}

func (r *Report) contract() checks.Report {
	report := checks.Report{Summary: r.summary}
	for _, fact := range r.facts {
		report.Facts = append(report.Facts, checks.Fact{
			Name: fact.name, Value: wire.Value(fact.value), Unit: option(fact.unit), Bound: option(fact.bound),
		})
	}
	for _, finding := range r.findings {
		location := witTypes.None[checks.Location]()
		if finding.path != nil {
			place := checks.Location{Path: *finding.path, Line: option(finding.line), Column: option(finding.column)}
			location = witTypes.Some(place)
		}
		report.Findings = append(report.Findings, checks.Finding{
			Severity: checks.Severity(finding.severity), Message: finding.message, Location: location, Hint: option(finding.hint),
		})
	}
	return report
}

func option[T any](value *T) witTypes.Option[T] {
	if value == nil {
		return witTypes.None[T]()
	}
	return witTypes.Some(*value)
}
