package core

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Attributes are named values: bool, int64, float64, string, []string, []float64, or *Error where the host asked and got no answer.
type Attributes map[string]any

// Wanted are the types that a value can be read as.
type Wanted interface {
	~bool | ~int | ~int64 | ~uint32 | ~uint64 | ~float64 | ~string | []string | []float64
}

// Get gives the value of that name, and whether this machine has one.
func Get[T Wanted](attributes Attributes, name string) (T, bool, error) {
	var value T
	given, there := attributes[name]
	if !there {
		return value, false, nil
	}
	if failed, is := given.(*Error); is {
		return value, false, failed
	}
	if !Read(given, reflect.ValueOf(&value).Elem()) {
		text := fmt.Sprintf("the host gives '%s' as %s, which is not %s", name, Show(given), Name(value))
		return value, false, &Error{Unsupported, text}
	}
	return value, true, nil
}

// Need gives the value of that name, which the check cannot do without.
func Need[T Wanted](attributes Attributes, name string) (T, error) {
	value, there, err := Get[T](attributes, name)
	if err == nil && !there {
		err = &Error{Unsupported, fmt.Sprintf("this machine does not tell '%s'", name)}
	}
	return value, err
}

// Read puts a value where one of a wanted type is to stand, and tells whether it is of that type.
func Read(given any, into reflect.Value) bool {
	switch given := given.(type) {
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(given)
			return true
		}
	case int64:
		switch into.Kind() {
		case reflect.Int, reflect.Int64:
			if !into.OverflowInt(given) {
				into.SetInt(given)
				return true
			}
		case reflect.Uint32, reflect.Uint64:
			if given >= 0 && !into.OverflowUint(uint64(given)) {
				into.SetUint(uint64(given))
				return true
			}
		case reflect.Float64:
			into.SetFloat(float64(given))
			return true
		}
	case float64:
		if into.Kind() == reflect.Float64 {
			into.SetFloat(given)
			return true
		}
	case string:
		if into.Kind() == reflect.String {
			into.SetString(given)
			return true
		}
	case []string:
		if into.Type() == reflect.TypeFor[[]string]() {
			into.Set(reflect.ValueOf(given))
			return true
		}
		// What a recording makes of a series without numbers.
		if len(given) == 0 && into.Type() == reflect.TypeFor[[]float64]() {
			into.Set(reflect.ValueOf([]float64{}))
			return true
		}
	case []float64:
		if into.Type() == reflect.TypeFor[[]float64]() {
			into.Set(reflect.ValueOf(given))
			return true
		}
	}
	return false
}

// Name is what a type is called in a message.
func Name(value any) string {
	if _, is := value.([]float64); is {
		return "a list of numbers"
	}
	switch reflect.TypeOf(value).Kind() {
	case reflect.Bool:
		return "a boolean"
	case reflect.Int, reflect.Int64:
		return "an integer"
	case reflect.Uint32, reflect.Uint64:
		return "an integer from 0"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a text"
	default:
		return "a list of texts"
	}
}

// Show is a value with its type, for a message.
func Show(value any) string {
	switch value := value.(type) {
	case bool:
		return fmt.Sprintf("Boolean(%t)", value)
	case int64:
		return fmt.Sprintf("Integer(%d)", value)
	case float64:
		return fmt.Sprintf("Number(%v)", value)
	case string:
		return "Text(" + strconv.Quote(value) + ")"
	case []string:
		quoted := make([]string, len(value))
		for at, text := range value {
			quoted[at] = strconv.Quote(text)
		}
		return "Texts([" + strings.Join(quoted, ", ") + "])"
	case []float64:
		shown := make([]string, len(value))
		for at, number := range value {
			shown[at] = fmt.Sprint(number)
		}
		return "Numbers([" + strings.Join(shown, ", ") + "])"
	default:
		return fmt.Sprint(value)
	}
}

// Plain turns what a check hands over into one of the contract's values, and tells whether there is one.
func Plain(value any) (any, bool) {
	switch value := value.(type) {
	case *Error, []string, []float64, nil:
		return value, value != nil
	case Error:
		return &value, true
	}
	reflected := reflect.ValueOf(value)
	switch reflected.Kind() {
	case reflect.Bool:
		return reflected.Bool(), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return reflected.Int(), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		// The largest integer of the contract stands for all that are larger.
		return int64(min(reflected.Uint(), 1<<63-1)), true
	case reflect.Float32, reflect.Float64:
		return reflected.Float(), true
	case reflect.String:
		return reflected.String(), true
	case reflect.Slice:
		return list(reflected)
	}
	return nil, false
}

// list is a slice of texts, or one of numbers, which is a series. Bytes are neither.
func list(slice reflect.Value) (any, bool) {
	var number func(reflect.Value) float64
	switch slice.Type().Elem().Kind() {
	case reflect.String:
		texts := make([]string, slice.Len())
		for at := range texts {
			texts[at] = slice.Index(at).String()
		}
		return texts, true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		number = func(item reflect.Value) float64 { return float64(item.Int()) }
	case reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		number = func(item reflect.Value) float64 { return float64(item.Uint()) }
	case reflect.Float32, reflect.Float64:
		number = reflect.Value.Float
	default:
		return nil, false
	}
	numbers := make([]float64, slice.Len())
	for at := range numbers {
		numbers[at] = number(slice.Index(at))
	}
	return numbers, true
}
