//go:build wasm

// Package wire turns the generated types of the contract into those of the SDK, and back.
package wire

import (
	"fmt"
	"sort"

	"gonogo/internal/bindings/imports/gonogo_plugin_types"
	"gonogo/internal/core"
	witTypes "gonogo/internal/wit/types"
)

// Given are attributes as the contract has them.
type Given = []witTypes.Tuple2[string, gonogo_plugin_types.Value]

// Answer is what a host function gives.
type Answer[T any] = witTypes.Result[T, gonogo_plugin_types.Error]

// Then turns an answer into a value and an error.
func Then[A, B any](answer Answer[A], convert func(A) B) (value B, err error) {
	if answer.IsErr() {
		return value, Error(answer.Err())
	}
	return convert(answer.Ok()), nil
}

// Plain is an answer that needs no conversion.
func Plain[T any](answer Answer[T]) (T, error) {
	return Then(answer, func(value T) T { return value })
}

// Nothing is an answer without a value.
func Nothing(answer Answer[witTypes.Unit]) error {
	_, err := Plain(answer)
	return err
}

// One are the attributes of an answer.
func One(answer Answer[Given]) (core.Attributes, error) {
	return Then(answer, Attributes)
}

// Many are the lists of attributes of an answer.
func Many(answer Answer[[]Given]) ([]core.Attributes, error) {
	return Then(answer, func(given []Given) []core.Attributes {
		lists := make([]core.Attributes, len(given))
		for at, attributes := range given {
			lists[at] = Attributes(attributes)
		}
		return lists
	})
}

// Optional is an answer that may be absent.
func Optional[T any](answer Answer[witTypes.Option[T]]) (value T, there bool, err error) {
	option, err := Plain(answer)
	if err != nil || option.IsNone() {
		return value, false, err
	}
	return option.Some(), true, nil
}

// Error is a host's error.
func Error(err gonogo_plugin_types.Error) *core.Error {
	switch err.Tag() {
	case gonogo_plugin_types.Error_Denied:
		return &core.Error{Kind: core.Denied, Text: err.Denied()}
	case gonogo_plugin_types.Error_NotFound:
		return &core.Error{Kind: core.NotFound, Text: err.NotFound()}
	case gonogo_plugin_types.Error_Limit:
		return &core.Error{Kind: core.Limit, Text: err.Limit()}
	case gonogo_plugin_types.Error_Timeout:
		return &core.Error{Kind: core.Timeout, Text: err.Timeout()}
	case gonogo_plugin_types.Error_Io:
		return &core.Error{Kind: core.IO, Text: err.Io()}
	default:
		return &core.Error{Kind: core.Unsupported, Text: err.Unsupported()}
	}
}

// Attributes are named values of the host.
func Attributes(given Given) core.Attributes {
	attributes := make(core.Attributes, len(given))
	for _, named := range given {
		attributes[named.F0] = value(named.F1)
	}
	return attributes
}

func value(given gonogo_plugin_types.Value) any {
	switch given.Tag() {
	case gonogo_plugin_types.Value_Boolean:
		return given.Boolean()
	case gonogo_plugin_types.Value_Integer:
		return given.Integer()
	case gonogo_plugin_types.Value_Number:
		return given.Number()
	case gonogo_plugin_types.Value_Text:
		return given.Text()
	case gonogo_plugin_types.Value_Texts:
		return given.Texts()
	case gonogo_plugin_types.Value_Numbers:
		return given.Numbers()
	default:
		return Error(given.Failed())
	}
}

// Value is a value for the host. It panics on what the contract has no value for, which ends the check as unknown.
func Value(value any) gonogo_plugin_types.Value {
	plain, is := core.Plain(value)
	if !is {
		panic(fmt.Sprintf("the contract has no value for a %T", value))
	}
	switch plain := plain.(type) {
	case bool:
		return gonogo_plugin_types.MakeValueBoolean(plain)
	case int64:
		return gonogo_plugin_types.MakeValueInteger(plain)
	case float64:
		return gonogo_plugin_types.MakeValueNumber(plain)
	case string:
		return gonogo_plugin_types.MakeValueText(plain)
	case []string:
		return gonogo_plugin_types.MakeValueTexts(plain)
	case []float64:
		return gonogo_plugin_types.MakeValueNumbers(plain)
	default:
		return gonogo_plugin_types.MakeValueFailed(failed(plain.(*core.Error)))
	}
}

func failed(err *core.Error) gonogo_plugin_types.Error {
	switch err.Kind {
	case core.Denied:
		return gonogo_plugin_types.MakeErrorDenied(err.Text)
	case core.NotFound:
		return gonogo_plugin_types.MakeErrorNotFound(err.Text)
	case core.Limit:
		return gonogo_plugin_types.MakeErrorLimit(err.Text)
	case core.Timeout:
		return gonogo_plugin_types.MakeErrorTimeout(err.Text)
	case core.IO:
		return gonogo_plugin_types.MakeErrorIo(err.Text)
	default:
		return gonogo_plugin_types.MakeErrorUnsupported(err.Text)
	}
}

// Options are attributes for the host, in the order of their names: recordings know a call by them.
func Options(attributes core.Attributes) Given {
	given := make(Given, 0, len(attributes))
	for name, value := range attributes {
		given = append(given, witTypes.Tuple2[string, gonogo_plugin_types.Value]{F0: name, F1: Value(value)})
	}
	sort.Slice(given, func(i, j int) bool { return given[i].F0 < given[j].F0 })
	return given
}
